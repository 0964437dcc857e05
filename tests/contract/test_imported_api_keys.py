"""Imported API keys authenticate as Open WebUI's own look-up says, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from grantctl.evaluation.token_facts import TokenKind
from grantctl.model import Role
from grantctl.operations.attaching import find_database, import_openwebui
from grantctl.operations.authentication import authenticate
from grantctl.operations.changes import Intent
from grantctl.operations.flags import set_flags
from grantctl.operations.pages import PageRequest
from grantctl.operations.roles import set_role
from grantctl.operations.tokens import list_tokens, revoke_tokens
from grantctl.operations.users import list_users
from grantctl.store.database import Database
from tests.interop.sources import VERSIONS, answers, fixture_url
from tests.operations.credential_examples import SECRET, all_text, session_token

INTENT = Intent("tester")
NOW = datetime.now(UTC)
# A key that ended in 2017. Open WebUI never looks at `expires_at`; what is kept here counts.
EXPIRED = {"90b4397b-c041-48c3-8ef8"}


def asked(version: str) -> list[tuple[str, str | None]]:
    rows = answers(version)["auth"]["get_user_by_api_key"]
    return [(key, user) for key, user in rows if key]


def answered(database: Database, version: str) -> list[tuple[str, str | None]]:
    """(key, user) as ours; the reference finds users whatever their role and the key's end."""
    found: list[tuple[str, str | None]] = []
    with database.reader() as reader:
        for key, _ in asked(version):
            verdict = authenticate(reader, key, secret=None, now=NOW)
            reason = verdict.reason.value
            if verdict.user is not None:
                found.append((key, verdict.user.id))
            elif reason in ("user_pending", "expired"):
                assert verdict.token is not None
                is_ended = verdict.token.user_id.startswith(tuple(EXPIRED))
                assert (reason == "expired") <= is_ended
                found.append((key, verdict.token.user_id))
            else:
                assert reason in ("unknown_token", "malformed")
                found.append((key, None))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_imported_key_stands_for_the_user_that_open_webui_finds(
    database: Database, version: str
) -> None:
    report = import_openwebui(database.url, fixture_url(version), actor="tester")
    set_flags(database, INTENT, None, {"features.api_keys": True})
    assert answered(database, version) == asked(version)
    keys = [key for key, user in asked(version) if user]
    assert report.tallies["api keys"].created == len(keys)
    text = all_text(database)
    assert not [key for key in keys if key in text]
    for record in list_tokens(database, PageRequest(None), kind=TokenKind.API_KEY).items:
        assert (record.token.name, record.token.source) == ("Open WebUI", "openwebui")
        assert record.token.id.startswith("owui-")


def test_the_keys_of_an_attached_database_are_known_too() -> None:
    database = find_database(f"openwebui+{fixture_url('0.12.4')}")
    with database.reader() as reader:
        reasons = {
            authenticate(reader, key, secret=None, now=NOW).reason.value
            for key, user in asked("0.12.4")
            if user
        }
    assert reasons <= {"ok", "user_pending", "expired", "api_keys_not_permitted"}


def test_a_key_that_was_revoked_here_stays_so_when_it_is_imported_again(
    database: Database,
) -> None:
    import_openwebui(database.url, fixture_url("0.12.4"), actor="tester")
    ids = [one.token.id for one in list_tokens(database, PageRequest(None)).items]
    revoke_tokens(database, INTENT, ids)
    again = import_openwebui(database.url, fixture_url("0.12.4"), actor="tester")
    assert (again.tallies["api keys"].created, again.tallies["api keys"].unchanged) == (0, len(ids))
    with database.reader() as reader:
        for key, _ in asked("0.12.4"):
            assert not authenticate(reader, key, secret=None, now=NOW).is_active


def test_an_import_that_changes_a_role_ends_tokens_as_a_command_does(database: Database) -> None:
    import_openwebui(database.url, fixture_url("0.12.4"), actor="tester")
    users = list_users(database, PageRequest(None)).items
    pending = next(one for one in users if one.role is Role.PENDING)
    same = next(one for one in users if one.role is Role.USER)
    set_role(database, INTENT, [pending.id], Role.USER)
    later = int((datetime.now(UTC) + timedelta(seconds=2)).timestamp())
    texts = [session_token(one.id, iat=later) for one in (pending, same)]

    def reasons() -> list[str]:
        moment = datetime.now(UTC) + timedelta(seconds=5)
        with database.reader() as reader:
            return [
                authenticate(reader, text, secret=SECRET, now=moment).reason.value for text in texts
            ]

    assert reasons() == ["ok", "ok"]
    import_openwebui(database.url, fixture_url("0.12.4"), actor="tester")
    assert reasons() == ["user_pending", "ok"]
    set_role(database, INTENT, [same.id], Role.ADMIN)
    import_openwebui(database.url, fixture_url("0.12.4"), actor="tester")
    with database.reader() as reader:
        for one in (pending, same):
            holder = reader.tokens.holder(one.id)
            assert holder is not None
            assert holder.tokens_revoked_at is not None
            assert holder.tokens_revoked_at >= NOW
