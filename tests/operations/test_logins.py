"""Logins: the same refusal and the same work whatever is wrong, and only so many of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from grantctl import credentials
from grantctl.errors import AuthenticationError, ExitCode, GuardError, NotFoundError
from grantctl.model import Role
from grantctl.operations.logins import Login, clear_failures, login
from grantctl.operations.policies import set_policy
from grantctl.operations.users import create_user, set_password
from grantctl.store.credential_tables import LoginFailureRow
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
from grantctl.store.tables import UserRow
from tests.databases import prepared
from tests.operations.credential_examples import PASSWORD, SECRET, all_text, dry
from tests.operations.directories import INTENT, add_user, events

ADA, PAM, EVE, OLD, NOBODY = (
    f"{name}@example.com" for name in ("ada", "pam", "eve", "old", "nobody")
)
BCRYPT = "$2b$04$nLTPXRRnrzOKbjalUsU.K.XK8fxn8/UIwCu.q4mlH42P6P8PoBG22"  # passwort
WRONG = "wrong password 1"
NOW = datetime.now(UTC)


@prepared
def office(database: Database) -> None:
    """Ada has a password, pam too but is pending, eve has none, old one of bcrypt's."""
    create_user(database, INTENT, email=ADA, password=PASSWORD)
    create_user(database, INTENT, email=PAM, role=Role.PENDING, password=PASSWORD)
    add_user(database, "eve")
    add_user(database, "old")

    def work(session: Any) -> None:
        session.exec(select(UserRow).where(UserRow.email == OLD)).one().password_hash = BCRYPT

    change(database, work, dry_run=False)


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every hash that was verified against, in order."""
    seen: list[str] = []
    for name in ("_fits_argon2", "_fits_bcrypt"):
        real = getattr(credentials.passwords, name)

        def counted(raw: bytes, found: Any, real: Any = real) -> bool:
            seen.append(found[0])
            return bool(real(raw, found))

        monkeypatch.setattr(credentials.passwords, name, counted)
    yield seen


def attempt(
    database: Database, email: str, password: str, *, at: timedelta = timedelta(0), **named: Any
) -> Login:
    options = {"secret": SECRET, "keys": Path("none"), "now": NOW + at, **named}
    return login(database, INTENT, email, password, **options)


def fails(database: Database, email: str, password: str = WRONG, **named: Any) -> None:
    with pytest.raises(AuthenticationError) as error:
        attempt(database, email, password, **named)
    assert str(error.value) == "the e-mail or the password is wrong"
    assert (error.value.exit_code, error.value.hint) == (ExitCode.NO, None)
    assert error.value.code == "unauthenticated"


def actions(database: Database) -> list[str]:
    return [action for action, _, _ in events(database) if action.startswith("login")]


def counts(database: Database) -> list[int]:
    with read_session(database) as session:
        return list(session.exec(select(LoginFailureRow.count)))


def test_a_login_issues_a_token_that_lives_shortly(office: Database) -> None:
    done = attempt(office, "  ADA@example.com ", PASSWORD)
    token = done.issued.token
    assert (done.user.email, token.name, token.user_id) == (ADA, "login", done.user.id)
    assert token.expires_at is not None
    assert timedelta(minutes=14) < token.expires_at - NOW <= timedelta(minutes=15)
    assert actions(office) == ["login.succeed"]
    assert PASSWORD not in repr(done)
    assert done.issued.text not in repr(done)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADA, WRONG),
        (PAM, PASSWORD),
        (PAM, WRONG),
        (EVE, WRONG),
        (NOBODY, WRONG),
        ("not an e-mail", WRONG),
        ("a\0b\ud800", WRONG),
        (OLD, WRONG),
    ],
)
def test_every_refusal_is_the_same_and_is_the_work_of_one_hash(
    office: Database, hashings: list[str], email: str, password: str
) -> None:
    fails(office, email, password)
    assert len(hashings) == 1
    assert counts(office) == [1]
    assert actions(office) == ["login.fail"]


@pytest.mark.parametrize("password", ["", "x" * 1025, "a\0bcdefgh", "\ud800aaaaaaaa"])
def test_what_can_be_no_password_is_no_work_for_anybody(
    office: Database, hashings: list[str], password: str
) -> None:
    for email in (ADA, NOBODY, EVE):
        fails(office, email, password)
    assert hashings == []


@pytest.mark.parametrize("email", [ADA, NOBODY, PAM])
def test_too_many_wrong_passwords_lock_known_and_unknown_addresses_alike(
    office: Database, hashings: list[str], email: str
) -> None:
    for _ in range(5):
        fails(office, email)
    assert actions(office) == ["login.fail"] * 4 + ["login.lock"]
    for password in (WRONG, PASSWORD):
        fails(office, email.upper(), password, at=timedelta(minutes=14))
    assert len(hashings) == 7
    assert counts(office) == [5]
    if email == ADA:
        attempt(office, ADA, PASSWORD, at=timedelta(minutes=15))
        assert counts(office) == []
    else:
        fails(office, email, PASSWORD, at=timedelta(minutes=15))
        assert counts(office) == [1]


def test_the_limits_are_those_of_the_settings(office: Database) -> None:
    set_policy(office, INTENT, "login.max_failures", "2")
    set_policy(office, INTENT, "login.window", "1h")
    set_policy(office, INTENT, "login.lockout", "2h")
    set_policy(office, INTENT, "login.ttl", "1m")
    fails(office, ADA)
    fails(office, ADA, at=timedelta(minutes=59))
    fails(office, ADA, PASSWORD, at=timedelta(hours=2, minutes=58))
    done = attempt(office, ADA, PASSWORD, at=timedelta(hours=2, minutes=59))
    assert done.issued.token.expires_at is not None
    assert done.issued.token.expires_at - NOW <= timedelta(hours=3)


def test_old_failures_are_forgotten_of_everybody(office: Database) -> None:
    for _ in range(4):
        fails(office, ADA)
    fails(office, NOBODY)
    fails(office, ADA, at=timedelta(minutes=15))
    assert counts(office) == [1]


def test_a_success_starts_the_count_anew(office: Database) -> None:
    for _ in range(2):
        for _ in range(4):
            fails(office, ADA)
        attempt(office, ADA, PASSWORD)
    assert counts(office) == []


def test_a_dry_run_is_no_way_past_the_limit(office: Database) -> None:
    with pytest.raises(AuthenticationError):
        login(office, dry(), ADA, WRONG, secret=SECRET, keys=Path("none"))
    assert counts(office) == [1]


def test_a_guess_that_comes_after_the_one_that_locks_does_not_succeed(
    office: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = credentials.passwords.verify_password

    def slow(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Others fail while this one is verified."""
        found = real(password, password_hash)
        monkeypatch.setattr(credentials.passwords, "verify_password", real)
        for _ in range(5):
            fails(office, ADA)
        return found

    monkeypatch.setattr(credentials.passwords, "verify_password", slow)
    fails(office, ADA, PASSWORD)


def test_a_password_that_was_changed_meanwhile_does_not_count(
    office: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = credentials.passwords.verify_password

    def slow(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        found = real(password, password_hash)
        set_password(office, INTENT, ADA, "another password 2")
        return found

    monkeypatch.setattr(credentials.passwords, "verify_password", slow)
    fails(office, ADA, PASSWORD)


def test_without_anything_to_sign_with_no_password_is_looked_at(
    office: Database, hashings: list[str]
) -> None:
    for email in (ADA, NOBODY):
        with pytest.raises(GuardError):
            attempt(office, email, PASSWORD, secret=None)
    assert (hashings, counts(office)) == ([], [])


def test_an_old_hash_is_replaced_and_ends_no_token(office: Database) -> None:
    attempt(office, OLD, "passwort")
    attempt(office, OLD, "passwort")
    with read_session(office) as session:
        row = session.exec(select(UserRow).where(UserRow.email == OLD)).one()
        assert str(row.password_hash).startswith("$argon2id$")
        assert row.tokens_revoked_at is None


def test_an_admin_can_clear_a_count(office: Database) -> None:
    for email in (ADA, NOBODY):
        for _ in range(5):
            fails(office, email)
    assert clear_failures(office, INTENT, "ada")
    assert not clear_failures(office, INTENT, ADA)
    attempt(office, ADA, PASSWORD)
    assert clear_failures(office, INTENT, NOBODY.upper())
    with pytest.raises(NotFoundError):
        clear_failures(office, INTENT, NOBODY)
    assert actions(office).count("login.clear") == 2


def test_neither_passwords_nor_unknown_addresses_are_kept(office: Database) -> None:
    secret = "hunter2-typed-as-an-address"
    fails(office, secret)
    fails(office, ADA, secret)
    done = attempt(office, ADA, PASSWORD)
    text = all_text(office)
    for one in (secret, PASSWORD, WRONG, done.issued.text):
        assert one not in text
