"""The settings about tokens: their defaults, what each may be, and lengths of time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.operations.durations import duration_text, parse_duration
from grantctl.operations.policies import get_policy, set_policy
from grantctl.operations.policy_settings import SETTINGS
from grantctl.operations.policy_values import stored_value, value_text
from grantctl.operations.token_settings import TokenSettings, read_token_settings
from grantctl.store.database import Database
from tests.operations.directories import INTENT

DEFAULTS = TokenSettings(
    api_keys_enabled=True,
    issuer="grantctl",
    audience="grantctl",
    default_ttl=timedelta(hours=1),
    max_ttl=timedelta(days=32),
    leeway_seconds=0,
    revoke_on_role_change=True,
    revoke_keys_on_password_change=True,
    accept_openwebui_sessions=True,
    login_ttl=timedelta(minutes=15),
    login_max_failures=5,
    login_window=timedelta(minutes=15),
    login_lockout=timedelta(minutes=15),
)


def read(database: Database) -> TokenSettings:
    with database.reader() as reader:
        return read_token_settings(reader.tokens)


def test_without_anything_the_defaults_hold(database: Database) -> None:
    assert read(database) == DEFAULTS
    for setting in SETTINGS.values():
        assert setting.read(stored_value(setting.default)) == setting.default
        assert setting.parse(value_text(setting.default)) == setting.default


def test_what_is_set_is_read_back_as_it_was_written(database: Database) -> None:
    for key, text, value in (
        ("tokens.issuer", "https://id.example.com/é", "https://id.example.com/é"),
        ("tokens.default_ttl", " 90m ", "90m"),
        ("tokens.leeway_seconds", "60", 60),
        ("tokens.accept_openwebui_sessions", "FALSE", False),
        ("login.max_failures", "100", 100),
    ):
        assert set_policy(database, INTENT, key, text).policy.value == value
        assert get_policy(database, key).value == value
    found = read(database)
    assert (found.issuer, found.default_ttl) == (
        "https://id.example.com/é",
        timedelta(minutes=90),
    )
    assert (found.leeway_seconds, found.accept_openwebui_sessions) == (60, False)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("api_keys.enabled", "yes"),
        ("api_keys.enabled", "1"),
        ("tokens.leeway_seconds", "61"),
        ("tokens.leeway_seconds", "-1"),
        ("tokens.leeway_seconds", "1.0"),
        ("tokens.leeway_seconds", "²"),
        ("tokens.leeway_seconds", "1" * 5000),
        ("tokens.max_ttl", "367d"),
        ("tokens.max_ttl", "59s"),
        ("tokens.max_ttl", "1 h"),
        ("tokens.default_ttl", "0s"),
        ("tokens.default_ttl", "3600"),
        ("tokens.issuer", ""),
        ("tokens.issuer", " x"),
        ("tokens.issuer", "a\nb"),
        ("tokens.audience", "x" * 201),
        ("login.max_failures", "0"),
        ("login.max_failures", "101"),
        ("login.lockout", "25h"),
    ],
)
def test_what_a_setting_may_not_be_is_refused_with_what_it_may(
    database: Database, key: str, text: str
) -> None:
    with pytest.raises(InvalidError) as error:
        set_policy(database, INTENT, key, text)
    assert error.value.message == f"`{key}` may not be `{text[:80]}`"
    assert error.value.hint
    assert read(database) == DEFAULTS


@pytest.mark.parametrize("text", ["", "1", "h", "1y", "-1h", "1.5h", "١h", "1hh", "9999999999w"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_duration(text)


@given(st.integers(min_value=1, max_value=10**8))
def test_a_length_is_written_as_it_is_read(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(duration_text(length)) == length
