"""What ends a user's tokens at once: another password, suspension, another role, deletion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from grantctl.errors import GrantctlError
from grantctl.model import Role
from grantctl.operations.roles import set_role
from grantctl.operations.users import delete_users, set_password, update_user, verify_user_password
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
from grantctl.store.tables import UserRow
from tests.operations.credential_examples import (
    Desk,
    dry,
    session_token,
    user_id_of,
)
from tests.operations.directories import INTENT, events

BOB = "bob@example.com"
NEW_PASSWORD = "a new pass phrase"
BCRYPT = "$2b$04$nLTPXRRnrzOKbjalUsU.K.XK8fxn8/UIwCu.q4mlH42P6P8PoBG22"  # passwort


@pytest.fixture
def desk(ada_and_bob_with_keys: Database, tmp_path: Path) -> Desk:
    return Desk(ada_and_bob_with_keys, tmp_path / "keys")


def texts(desk: Desk) -> list[str]:
    """A JWT, an API key and a session of Open WebUI of bob's."""
    issued_at = int(datetime.now(UTC).timestamp())
    session = session_token(user_id_of(desk.database, BOB), iat=issued_at)
    return [desk.issue().text, desk.key().text, session]


def accepted(desk: Desk, found: list[str]) -> list[bool]:
    return [desk.verdict(text).is_active for text in found]


def row_of(database: Database, email: str = BOB) -> UserRow:
    with read_session(database) as session:
        row = session.exec(select(UserRow).where(UserRow.email == email)).one()
        session.expunge(row)
        return row


def alter(database: Database, **values: object) -> None:
    def work(session: Session) -> None:
        row = session.exec(select(UserRow).where(UserRow.email == BOB)).one()
        for name, value in values.items():
            setattr(row, name, value)

    change(database, work, dry_run=False)


ENDINGS: dict[str, tuple[Callable[[Database], object], list[bool]]] = {
    "password": (lambda one: set_password(one, INTENT, BOB, NEW_PASSWORD), [False] * 3),
    "suspension": (lambda one: set_role(one, INTENT, [BOB], Role.PENDING), [False] * 3),
    "role": (lambda one: set_role(one, INTENT, [BOB], Role.ADMIN), [False, True, False]),
    "deletion": (lambda one: delete_users(one, INTENT, [BOB]), [False] * 3),
    "same role": (lambda one: set_role(one, INTENT, [BOB], Role.USER), [True] * 3),
    "name": (lambda one: update_user(one, INTENT, BOB, name="Robert"), [True] * 3),
    "dry run": (lambda one: delete_users(one, dry(), [BOB]), [True] * 3),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_tokens_end_at_once_with_what_ends_them_and_others_live(desk: Desk, name: str) -> None:
    end, expected = ENDINGS[name]
    mine, others = texts(desk), desk.issue("ada@example.com").text
    assert accepted(desk, [*mine, others]) == [True] * 4
    end(desk.database)
    assert accepted(desk, [*mine, others]) == [*expected, True]


def test_by_policy_another_role_ends_nothing_and_another_password_no_key(desk: Desk) -> None:
    desk.policy("tokens.revoke_on_role_change", "false")
    desk.policy("tokens.revoke_keys_on_password_change", "false")
    found = texts(desk)
    set_role(desk.database, INTENT, [BOB], Role.ADMIN)
    assert accepted(desk, found) == [True] * 3
    set_password(desk.database, INTENT, BOB, NEW_PASSWORD)
    assert accepted(desk, found) == [False, True, False]
    set_role(desk.database, INTENT, [BOB], Role.PENDING)
    assert accepted(desk, found) == [False] * 3


def test_the_audit_entry_of_the_change_counts_what_it_ended(desk: Desk) -> None:
    texts(desk)
    set_password(desk.database, INTENT, BOB, NEW_PASSWORD)
    action, _, after = events(desk.database)[-1]
    assert (action, after["ended_tokens"]) == ("user.set_password", 2)
    set_password(desk.database, INTENT, BOB, NEW_PASSWORD)
    assert "ended_tokens" not in events(desk.database)[-1][2]
    desk.issue()
    delete_users(desk.database, INTENT, [BOB])
    assert events(desk.database)[-1][1]["ended_tokens"] == 1


def test_a_hash_that_is_made_anew_ends_nothing(desk: Desk) -> None:
    alter(desk.database, password_hash=BCRYPT)
    found = texts(desk)
    assert verify_user_password(desk.database, INTENT, BOB, "passwort")
    assert str(row_of(desk.database).password_hash).startswith("$argon2id$")
    assert accepted(desk, found) == [True] * 3


def test_a_change_that_fails_ends_nothing(desk: Desk) -> None:
    found = texts(desk)
    with pytest.raises(GrantctlError):
        delete_users(desk.database, INTENT, [BOB, "ada@example.com"])  # the last admin
    assert accepted(desk, found) == [True] * 3


def test_the_cut_is_exact_whatever_the_clocks_of_several_hosts_say(desk: Desk) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=5)
    early = desk.issue()
    alter(desk.database, tokens_revoked_at=ahead)  # as a host whose clock is ahead cut
    late = desk.issue()
    assert late.token.issued_at == ahead + timedelta(microseconds=1)
    assert accepted(desk, [early.text, late.text]) == [False, True]
    set_password(desk.database, INTENT, BOB, NEW_PASSWORD)
    assert row_of(desk.database).tokens_revoked_at == late.token.issued_at
    assert accepted(desk, [late.text, desk.issue().text]) == [False, True]
