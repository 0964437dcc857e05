"""API keys of Open WebUI: from both places, hashed, and never told of."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.interop.sources import (
    ADA,
    VERSIONS,
    Fields,
    answers,
    check_invariants,
    fixture_url,
    make,
    read,
    told,
)

from grantctl.credentials.api_keys import hash_api_key
from grantctl.interop.directory import FindingKind, ForeignApiKey, ForeignDirectory

KEY = "sk-" + "0123456789abcdef" * 2
BOB = {**ADA, "id": "bob", "email": "bob@example.com", "created_at": 8}
ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED


def of_keys(tmp_path: Path, *rows: Fields) -> ForeignDirectory:
    path = make(tmp_path / "webui.db", "0.12.4", users=(ADA, BOB), api_keys=rows)
    directory = read(path)
    check_invariants(directory)
    assert not [text for text in (repr(directory),) if KEY in text]
    return directory


def row(key: object = KEY, user: object = "ada", **fields: object) -> Fields:
    return {"user_id": user, "key": key, "created_at": 9, **fields}


def test_a_key_is_read_from_its_table(tmp_path: Path) -> None:
    directory = of_keys(tmp_path, row())
    assert directory.api_keys == (
        ForeignApiKey(
            user_id="ada",
            key_hash=hash_api_key(KEY),
            hint="sk-0123…",
            created_at=datetime.fromtimestamp(9, UTC),
            expires_at=None,
        ),
    )
    assert told(directory, "api key") == []


def test_a_key_is_read_from_its_user_s_row_where_there_is_no_table(tmp_path: Path) -> None:
    users = ({**ADA, "api_key": KEY}, {**BOB, "api_key": None})
    directory = read(make(tmp_path / "webui.db", "0.6.5", users=users))
    check_invariants(directory)
    assert [(one.user_id, one.key_hash) for one in directory.api_keys] == [
        ("ada", hash_api_key(KEY))
    ]
    assert directory.api_keys[0].created_at == datetime.fromtimestamp(7, UTC)


def test_where_both_places_are_there_the_table_counts(tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.12.4", api_keys=[row()])
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE user ADD COLUMN api_key TEXT")
        connection.execute("UPDATE user SET api_key = 'sk-old'")
    connection.close()
    assert [one.key_hash for one in read(path).api_keys] == [hash_api_key(KEY)]


def test_without_any_place_there_are_none(tmp_path: Path) -> None:
    assert read(make(tmp_path / "webui.db", "0.6.40")).api_keys == ()


def test_the_end_of_a_key_is_kept_and_told(tmp_path: Path) -> None:
    directory = of_keys(tmp_path, row(expires_at=1500000000))
    assert directory.api_keys[0].expires_at == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
    reason = "its end, 2017-07-14 02:40 UTC, counts here; Open WebUI takes no notice of it"
    assert told(directory, "api key") == [(ADAPTED, "ada", reason)]


@pytest.mark.parametrize("end", ["soon", -5, b"\xff", float("inf")])
def test_an_end_that_makes_no_sense_is_left_out(tmp_path: Path, end: object) -> None:
    directory = of_keys(tmp_path, row(expires_at=end))
    assert directory.api_keys[0].expires_at is None
    reason = "the time of its end makes no sense: kept without one"
    assert told(directory, "api key") == [(ADAPTED, "ada", reason)]


@pytest.mark.parametrize(
    ("fields", "owner", "reason"),
    [
        (row(user="ghost"), "ghost", "there is no user `ghost`: left out"),
        (row(user=None), "", "there is no user ``: left out"),
        (row(b"sk-\xff"), "ada", "its bytes are not UTF-8: left out"),
        (row("SK-0123"), "ada", "it does not begin with `sk-`, so Open WebUI refuses it: left out"),
        (row("sk-a b"), "ada", "it holds characters that no request can: left out"),
        (row("sk-"), "ada", "it holds characters that no request can: left out"),
        (row("sk-" + "x" * 999), "ada", "it holds characters that no request can: left out"),
    ],
)
def test_a_key_that_could_not_be_used_is_left_out(
    tmp_path: Path, fields: Fields, owner: str, reason: str
) -> None:
    directory = of_keys(tmp_path, fields)
    assert directory.api_keys == ()
    assert told(directory, "api key") == [(REJECTED, owner, reason)]


def test_rows_without_a_key_are_passed_over(tmp_path: Path) -> None:
    directory = of_keys(tmp_path, row(None), row(""))
    assert (directory.api_keys, told(directory, "api key")) == ((), [])


def test_a_key_of_two_users_is_the_elder_one_s(tmp_path: Path) -> None:
    directory = of_keys(tmp_path, row(user="bob", created_at=10), row())
    assert [one.user_id for one in directory.api_keys] == ["ada"]
    reason = "user `ada` has the same key, made before: left out"
    assert told(directory, "api key") == [(REJECTED, "bob", reason)]


def test_of_a_short_key_nothing_is_shown(tmp_path: Path) -> None:
    directory = of_keys(tmp_path, row("sk-abcd"))
    assert directory.api_keys[0].hint == "sk-…"
    reason = "it is shorter than those that Open WebUI makes: replace it soon"
    assert told(directory, "api key") == [(ADAPTED, "ada", reason)]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_key_of_a_release_s_own_database_is_its_user_s(version: str) -> None:
    asked = answers(version)["auth"]["get_user_by_api_key"]
    expected = {hash_api_key(key): user for key, user in asked if key and user}
    directory = read(fixture_url(version))
    assert {one.key_hash: one.user_id for one in directory.api_keys} == expected
    assert not [key for key, user in asked if key and user and key in repr(directory)]
