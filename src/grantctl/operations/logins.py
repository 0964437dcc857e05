"""Logins: an e-mail address and a password for a token that lives shortly.

Owns the limit on wrong passwords, kept in the database for known and unknown addresses alike, and
the rule that every refusal is the same: one message, one exit code, and the work of exactly one
password hash. The count is kept though the login fails: its transaction ends before the error.

INVARIANT: whether a password counts is decided under the writers' lock, after it was verified: of
guesses made at once, none that comes after the one that locks succeeds.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from grantctl import credentials
from grantctl.errors import AuthenticationError, NotFoundError
from grantctl.model import Role, folded_email
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.token_endings import settings_of
from grantctl.operations.token_issue import Signers, TokenOrder, find_signer, issue_jwt
from grantctl.operations.token_rows import IssuedToken
from grantctl.operations.token_settings import TokenSettings
from grantctl.operations.user_rows import UserRecord, find_user_row, user_record
from grantctl.store.credential_tables import LoginFailureRow
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import UserRow

if TYPE_CHECKING:
    from grantctl.credentials.secret import HmacSecret

__all__ = ["Login", "clear_failures", "login"]

REFUSED = "the e-mail or the password is wrong"

# No refusal is quicker: bcrypt, of which imported hashes are, takes another time than argon2id,
# which stands in for the hash of nobody, and would tell who exists.
LEAST_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Login:
    """A user who proved who it is, and the token for it."""

    user: UserRecord
    issued: IssuedToken


class _Outcome(Enum):
    FAIL = "login.fail"
    LOCK = "login.lock"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A login under way. `fits`: the password was that of `password_hash`."""

    subject: str
    email: str
    password_hash: str | None = None
    fits: bool = False
    replacement: str | None = None


def login(
    database: Database,
    intent: Intent,
    email: str,
    password: str,
    *,
    secret: HmacSecret | None,
    keys: Path,
    scope: str | None = None,
    now: datetime | None = None,
) -> Login:
    """A token for the user of that address and password, for `login.ttl`.

    Raises AuthenticationError, in the same words whatever was wrong; GuardError where nothing can
    sign, before any password is looked at; DatabaseError. A dry run would be a way past the limit,
    so there is none.
    """
    began = time.monotonic()
    real = replace(intent, dry_run=False)
    signers = Signers(keys, secret)
    attempt = _verify(database, email, password, signers, now or datetime.now(UTC))

    def work(change: Change) -> Login | _Outcome:
        return _settle(replace(change, now=now or change.now), attempt, signers, scope)

    settled = perform(database, real, work)
    if isinstance(settled, Login):
        return settled
    time.sleep(max(0.0, began + LEAST_SECONDS - time.monotonic()))
    raise AuthenticationError(REFUSED)


def clear_failures(database: Database, intent: Intent, user: str) -> bool:
    """Let a user, or an address that nobody has, try again at once; whether there was a count.

    Raises NotFoundError where there is neither, AmbiguousError, DatabaseError.
    """

    def work(change: Change) -> bool:
        try:
            row = find_user_row(change.session, user)
            subject, kind, object_id = _subject(row.email or ""), "user", row.id
        except NotFoundError:
            subject = _subject(user)
            kind, object_id = "login", subject
            if change.session.get(LoginFailureRow, subject) is None:
                raise
        failures = change.session.get(LoginFailureRow, subject)
        if failures is None:
            return False
        change.session.delete(failures)
        change.record("login.clear", kind, object_id, before=_failure_facts(failures))
        return True

    return perform(database, intent, work)


def _verify(
    database: Database, email: str, password: str, signers: Signers, now: datetime
) -> _Attempt:
    """Do the work of one password hash, whoever the address belongs to.

    Where nobody's password is verified, or it is known that it could not count, a hash that fits
    nothing is verified in its place.
    """
    subject, normal = _subject(email), _normal(email)
    with read_session(database) as session:
        find_signer(session, signers)
        row = _user_of(session, normal)
        failures = session.get(LoginFailureRow, subject)
        is_locked = failures is not None and _is_locked(failures, now)
        password_hash = None if row is None else row.password_hash
    if is_locked or not password_hash or not _could_fit(password):
        credentials.passwords.verify_nobody(password)
        return _Attempt(subject, normal)
    fits, replacement = credentials.passwords.verify_password(password, password_hash)
    return _Attempt(subject, normal, password_hash, fits, replacement)


def _settle(
    change: Change, attempt: _Attempt, signers: Signers, scope: str | None
) -> Login | _Outcome:
    """What comes of it, by what the database says now."""
    settings = settings_of(change)
    _forget_old(change, settings)
    row = _user_of(change.session, attempt.email)
    failures = change.session.get(LoginFailureRow, attempt.subject)
    is_locked = failures is not None and _is_locked(failures, change.now)
    if (
        row is None
        or is_locked
        or not attempt.fits
        or row.password_hash != attempt.password_hash
        or row.role == Role.PENDING
    ):
        return _count_failure(change, attempt, row, failures, settings)
    if failures is not None:
        change.session.delete(failures)
    if attempt.replacement is not None:
        row.password_hash = attempt.replacement
        change.session.add(row)
    order = TokenOrder("login", min(settings.login_ttl, settings.max_ttl), scope)
    issued = issue_jwt(change, row, order, signers, action="login.succeed")
    return Login(user_record(row), issued)


def _count_failure(
    change: Change,
    attempt: _Attempt,
    row: UserRow | None,
    failures: LoginFailureRow | None,
    settings: TokenSettings,
) -> _Outcome:
    """Count it, and lock the address where it is one too many; what comes meanwhile is not counted.

    The audit entry names the user if there is one, else the hash of the address: a mistyped one may
    be a password.
    """
    outcome = _Outcome.FAIL
    if failures is None:
        failures = LoginFailureRow(subject=attempt.subject, count=0, first_at=change.now)
    if not _is_locked(failures, change.now):
        if failures.locked_until is not None:  # its lock has ended: it counts anew
            failures.count, failures.first_at, failures.locked_until = 0, change.now, None
        failures.count += 1
        if failures.count >= settings.login_max_failures:
            failures.locked_until = change.now + settings.login_lockout
            outcome = _Outcome.LOCK
        change.session.add(failures)
        change.session.flush()
    kind, object_id = ("login", attempt.subject) if row is None else ("user", row.id)
    change.record(outcome.value, kind, object_id, after=_failure_facts(failures))
    return outcome


def _forget_old(change: Change, settings: TokenSettings) -> None:
    """Counts that count no more, of whatever address."""
    first_at, locked_until = col(LoginFailureRow.first_at), col(LoginFailureRow.locked_until)
    change.session.exec(
        delete(LoginFailureRow).where(
            first_at <= change.now - settings.login_window,
            or_(locked_until.is_(None), locked_until <= change.now),
        )
    )


def _is_locked(failures: LoginFailureRow, now: datetime) -> bool:
    return failures.locked_until is not None and now < failures.locked_until


def _could_fit(password: str) -> bool:
    """Whether verifying it is work at all; what is too long or no text is refused before."""
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        return False
    return 0 < len(raw) <= credentials.passwords.MAX_PASSWORD_BYTES and b"\0" not in raw


def _user_of(session: Session, email: str) -> UserRow | None:
    if "\0" in email or any("\ud800" <= one <= "\udfff" for one in email):
        return None
    return session.exec(select(UserRow).where(UserRow.email == email)).first()


def _normal(email: str) -> str:
    """The address as it is kept, of whatever text."""
    return folded_email(email.strip())


def _subject(email: str) -> str:
    return hashlib.sha256(_normal(email).encode(errors="surrogatepass")).hexdigest()


def _failure_facts(failures: LoginFailureRow) -> dict[str, Any]:
    locked_until = failures.locked_until
    return {
        "failures": failures.count,
        "locked_until": None if locked_until is None else locked_until.isoformat(),
    }
