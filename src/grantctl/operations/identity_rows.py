"""Rows of identities: which user a subject of an issuer stands for.

Owns finding, making and ending one, with its audit entry. Leaves who may be given which to
`identities` and to logins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from grantctl.model import MAX_ID_LENGTH, MAX_NAME_LENGTH, require_text
from grantctl.operations.changes import Change
from grantctl.store.identity_tables import IdentityRow
from grantctl.store.tables import UserRow


@dataclass(frozen=True, slots=True)
class IdentityRecord:
    """A subject of an issuer, as `users show` shows it. Times are aware UTC."""

    issuer: str
    subject: str
    created_at: datetime
    created_by: str
    last_login_at: datetime | None


def require_identity(issuer: str, subject: str) -> None:
    """Raise InvalidError unless a row could hold them; both are compared exactly."""
    require_text(issuer, what="an issuer", longest=MAX_NAME_LENGTH)
    require_text(subject, what="a subject", longest=MAX_ID_LENGTH)


def find_identity(session: Session, issuer: str, subject: str) -> IdentityRow | None:
    """The row of exactly this subject of exactly this issuer."""
    query = select(IdentityRow).where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
    return session.exec(query).first()


def add_identity(change: Change, user: UserRow, issuer: str, subject: str) -> IdentityRow:
    """Make one, of which there is none yet."""
    row = IdentityRow(
        user_pk=user.pk,
        issuer=issuer,
        subject=subject,
        created_at=change.now,
        created_by=change.intent.actor,
    )
    change.session.add(row)
    change.session.flush()
    change.record("identity.link", "user", user.id, after=_facts(row))
    return row


def remove_identity(change: Change, user: UserRow, row: IdentityRow) -> None:
    """End it."""
    change.record("identity.unlink", "user", user.id, before=_facts(row))
    change.session.delete(row)
    change.session.flush()


def read_identities(session: Session, user_pk: int) -> tuple[IdentityRecord, ...]:
    """Those of one user, by issuer and subject."""
    rows = session.exec(select(IdentityRow).where(IdentityRow.user_pk == user_pk))
    records = (
        IdentityRecord(row.issuer, row.subject, row.created_at, row.created_by, row.last_login_at)
        for row in rows
    )
    return tuple(sorted(records, key=lambda one: (one.issuer, one.subject)))


def _facts(row: IdentityRow) -> dict[str, Any]:
    return {"issuer": row.issuer, "subject": row.subject}
