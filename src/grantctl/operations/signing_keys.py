"""Signing keys: made, replaced, ended, and their public parts handed out.

Owns the states of keys and the guard that one key at most is active, decided under the writers'
lock. Leaves the files of the private parts to `key_files`: a file is always there before the row
that names it, so that a crash leaves a file too many and never one too few.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from grantctl import credentials
from grantctl.errors import GuardError, NotFoundError
from grantctl.evaluation.token_facts import KeyState, SigningKeyFacts
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.key_files import NewKey, made_key, make_key
from grantctl.store.credential_tables import SigningKeyRow, TokenRow
from grantctl.store.database import Database
from grantctl.store.session import read_session

DEFAULT_ALGORITHM = "EdDSA"

_MAX_ECHO = 80
_LIST_HINT = "grantctl tokens keys list"


def generate_key(
    database: Database,
    intent: Intent,
    *,
    keys: Path,
    algorithm: str = DEFAULT_ALGORITHM,
    activate: bool = False,
) -> SigningKeyFacts:
    """Make a key, its private part in a file of the folder `keys`.

    It signs from now on where no other key does, or if `activate` says so; the other one then only
    verifies. Else it waits as a passive one. Raises InvalidError, GuardError, DatabaseError.
    """

    def work(change: Change, new: NewKey) -> SigningKeyFacts:
        active = _active(change.session)
        if active is None or activate:
            _put_aside(change, active, KeyState.PASSIVE)
            return _add(change, new, KeyState.ACTIVE)
        return _add(change, new, KeyState.PASSIVE)

    with made_key(keys, algorithm, is_kept=not intent.dry_run) as new:
        return perform(database, intent, lambda change: work(change, new))


def rotate_key(
    database: Database, intent: Intent, *, keys: Path, algorithm: str | None = None
) -> SigningKeyFacts:
    """Sign with a new key from now on; what the old one signed still verifies.

    The algorithm stays what it is where none is named. Raises InvalidError, GuardError,
    DatabaseError.
    """
    chosen = algorithm or _algorithm_now(database)

    def work(change: Change, new: NewKey) -> SigningKeyFacts:
        _put_aside(change, _active(change.session), KeyState.PASSIVE)
        return _add(change, new, KeyState.ACTIVE, action="key.rotate")

    with made_key(keys, chosen, is_kept=not intent.dry_run) as new:
        return perform(database, intent, lambda change: work(change, new))


def retire_key(database: Database, intent: Intent, kid: str) -> SigningKeyFacts:
    """Let a passive key verify no more. Retiring a key that has ended is no error.

    Raises NotFoundError, GuardError for the active key, DatabaseError.
    """

    def work(change: Change) -> SigningKeyFacts:
        row = _find(change.session, kid)
        if row.state == KeyState.ACTIVE:
            raise GuardError(
                f"the key `{row.kid}` is the active one", hint="first: grantctl tokens keys rotate"
            )
        if row.state == KeyState.PASSIVE:
            _put_aside(change, row, KeyState.RETIRED, action="key.retire")
        return _facts(row)

    return perform(database, intent, work)


def revoke_key(
    database: Database, intent: Intent, kid: str, *, keys: Path
) -> tuple[SigningKeyFacts, SigningKeyFacts | None]:
    """Refuse all that a key signed, from now on and for ever: its private part is not private.

    Where it was the active one, a new key of the same algorithm signs in its place: the second of
    what is answered. Its tokens are revoked with it. Raises NotFoundError, GuardError,
    DatabaseError.
    """
    made: list[NewKey] = []

    def work(change: Change) -> tuple[SigningKeyFacts, SigningKeyFacts | None]:
        row, replacement = _find(change.session, kid), None
        was_active = row.state == KeyState.ACTIVE
        if row.state != KeyState.REVOKED:
            _put_aside(change, row, KeyState.REVOKED, action="key.revoke")
            _revoke_tokens(change, row)
        if was_active:
            made.append(make_key(keys, row.algorithm, is_kept=not intent.dry_run))
            replacement = _add(change, made[-1], KeyState.ACTIVE)
        return _facts(row), replacement

    try:
        revoked, replacement = perform(database, intent, work)
    except BaseException:
        for new in made:
            new.discard()
        raise
    for new in made[:-1]:  # of attempts that another transaction made fail
        new.discard()
    return revoked, replacement


def list_keys(database: Database) -> list[SigningKeyFacts]:
    """Every key, the newest first. Raises DatabaseError."""
    with read_session(database) as session:
        rows = session.exec(select(SigningKeyRow).order_by(col(SigningKeyRow.pk).desc()))
        return [_facts(row) for row in rows]


def export_keys(database: Database) -> dict[str, Any]:
    """The public parts of what verifies, as a JWK Set (RFC 7517, 5). Raises DatabaseError."""
    verifying = (KeyState.ACTIVE, KeyState.PASSIVE)
    return {"keys": [dict(one.public_jwk) for one in list_keys(database) if one.state in verifying]}


def _algorithm_now(database: Database) -> str:
    with read_session(database) as session:
        active = _active(session)
        return DEFAULT_ALGORITHM if active is None else active.algorithm


def _active(session: Session) -> SigningKeyRow | None:
    query = select(SigningKeyRow).where(SigningKeyRow.state == KeyState.ACTIVE.value)
    return session.exec(query).first()


def _find(session: Session, kid: str) -> SigningKeyRow:
    row = None
    if credentials.jwk.is_kid(kid):
        row = session.exec(select(SigningKeyRow).where(SigningKeyRow.kid == kid)).first()
    if row is None:
        raise NotFoundError(f"no signing key `{kid[:_MAX_ECHO]}`", hint=_LIST_HINT)
    return row


def _put_aside(
    change: Change, row: SigningKeyRow | None, state: KeyState, *, action: str | None = None
) -> None:
    """Give a key another state; the audit entry is this one's where an action is named."""
    if row is None:
        return
    before = _audited(row)
    row.state = state.value
    row.ended_at = None if state is KeyState.PASSIVE else change.now
    change.session.add(row)
    change.session.flush()  # before another one becomes active: the index allows one
    if action is not None:
        change.record(action, "signing_key", row.kid, before=before, after=_audited(row))


def _add(
    change: Change, new: NewKey, state: KeyState, *, action: str = "key.generate"
) -> SigningKeyFacts:
    row = SigningKeyRow(
        kid=new.kid,
        algorithm=new.algorithm,
        public_jwk=dict(new.public_jwk),
        state=state.value,
        created_at=change.now,
        created_by=change.intent.actor,
    )
    change.session.add(row)
    change.session.flush()
    change.record(action, "signing_key", row.kid, after=_audited(row))
    return _facts(row)


def _revoke_tokens(change: Change, row: SigningKeyRow) -> None:
    change.session.exec(
        update(TokenRow)
        .where(col(TokenRow.key_kid) == row.kid, col(TokenRow.revoked_at).is_(None))
        .values(
            revoked_at=change.now,
            revoked_by=change.intent.actor,
            revoke_reason="its signing key was revoked",
        )
    )


def _audited(row: SigningKeyRow) -> dict[str, str]:
    return {"algorithm": row.algorithm, "state": row.state}


def _facts(row: SigningKeyRow) -> SigningKeyFacts:
    ended_at: datetime | None = row.ended_at
    return SigningKeyFacts(
        kid=row.kid,
        algorithm=row.algorithm,
        public_jwk=row.public_jwk,
        state=KeyState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
        ended_at=ended_at,
    )
