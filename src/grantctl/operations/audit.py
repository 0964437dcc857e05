"""The audit log: who changed what, when, and why. Only ever read here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from grantctl.errors import NotFoundError
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import AuditEventRow


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One change. `before` and `after` are what the change made of the object, as JSON."""

    number: int
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    before: Any
    after: Any
    reason: str | None


def list_events(
    database: Database,
    request: PageRequest,
    *,
    actor: str | None = None,
    action: str | None = None,
    object_id: str | None = None,
) -> Page[AuditEvent]:
    """Changes, the newest first. `action` may be its beginning: `user` or `user.create`.

    Raises UsageError, DatabaseError.
    """
    with read_session(database) as session:
        query = select(AuditEventRow).order_by(col(AuditEventRow.pk).desc())
        if request.cursor is not None:
            query = query.where(col(AuditEventRow.pk) < request.after)
        if actor is not None:
            query = query.where(AuditEventRow.actor == actor)
        if action is not None:
            query = query.where(col(AuditEventRow.action).startswith(action, autoescape=True))
        if object_id is not None:
            query = query.where(AuditEventRow.object_id == object_id)
        if request.limit is not None:
            query = query.limit(request.limit + 1)
        return cut([(row.pk, _event(row)) for row in session.exec(query)], request)


def show_event(database: Database, number: int) -> AuditEvent:
    """One change. Raises NotFoundError, DatabaseError."""
    with read_session(database) as session:
        row = session.get(AuditEventRow, number) if 0 < number < 2**63 else None
        if row is None:
            raise NotFoundError(f"no audit entry `{number}`", hint="grantctl audit list")
        return _event(row)


def _event(row: AuditEventRow) -> AuditEvent:
    return AuditEvent(
        number=row.pk,
        at=row.at,
        actor=row.actor,
        action=row.action,
        object_type=row.object_type,
        object_id=row.object_id,
        before=row.before,
        after=row.after,
        reason=row.reason,
    )
