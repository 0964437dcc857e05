"""The audit log: who changed what, when, and why. Only ever read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from grantctl.errors import NotFoundError
from grantctl.operations.chunks import in_chunks
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import AuditEventRow, GroupRow, UserRow


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One change. `before` and `after` are what the change made of the object, as JSON.

    `object` is what a person calls it: a user's e-mail or a group's name, as it is now, or, where
    it was deleted, as the entry tells it; a resource's `TYPE:ID`; a token's user and name; else
    the id.
    """

    number: int
    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    object: str
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
        rows = session.exec(query).all()
        names = _names_now(session, rows)
        return cut([(row.pk, _event(row, names)) for row in rows], request)


def show_event(database: Database, number: int) -> AuditEvent:
    """One change. Raises NotFoundError, DatabaseError."""
    with read_session(database) as session:
        row = session.get(AuditEventRow, number) if 0 < number < 2**63 else None
        if row is None:
            raise NotFoundError(f"no audit entry `{number}`", hint="grantctl audit list")
        return _event(row, _names_now(session, [row]))


def _names_now(session: Session, rows: Sequence[AuditEventRow]) -> dict[tuple[str, str], str]:
    """What the users and groups of these entries are called, by type and id."""
    names: dict[tuple[str, str], str] = {}
    for type_, id_column, name_column in (
        ("user", col(UserRow.id), func.coalesce(UserRow.email, UserRow.id)),
        ("group", col(GroupRow.id), col(GroupRow.name)),
    ):
        ids = {row.object_id for row in rows if row.object_type == type_}
        if type_ == "user":
            ids |= {user for user in map(_token_user, rows) if user is not None}
        for part in in_chunks(sorted(ids)):
            found = session.exec(select(id_column, name_column).where(id_column.in_(part)))
            names |= {(type_, id_): str(name) for id_, name in found}
    return names


def _token_user(row: AuditEventRow) -> str | None:
    """The id of the user whose token an entry is about."""
    facts = row.after if isinstance(row.after, dict) else row.before
    user = facts.get("user") if row.object_type == "token" and isinstance(facts, dict) else None
    return user if isinstance(user, str) else None


def _event(row: AuditEventRow, names: Mapping[tuple[str, str], str]) -> AuditEvent:
    told = [facts for facts in (row.before, row.after) if isinstance(facts, dict)]
    told_names = (facts.get("email") or facts.get("name") for facts in told)
    is_named_by_id = row.object_type == "resource"  # `TYPE:ID` is what a person calls it
    told_name = row.object_id if is_named_by_id else next(filter(None, told_names), row.object_id)
    holder = _token_user(row)
    if holder is not None:
        told_name = f"{names.get(('user', holder), holder)}: {told_name}"
    return AuditEvent(
        number=row.pk,
        at=row.at,
        actor=row.actor,
        action=row.action,
        object_type=row.object_type,
        object_id=row.object_id,
        object=names.get((row.object_type, row.object_id), str(told_name)),
        before=row.before,
        after=row.after,
        reason=row.reason,
    )
