"""Rows of users: found by what a person calls them, shown as plain values, and saved.

Owns these values, and the audit entry of a changed row. Leaves what may be changed, and the guards,
to `users` and `roles`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from grantctl.errors import NotFoundError
from grantctl.model import Role
from grantctl.operations.changes import Change
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.store.session import reader_of
from grantctl.store.tables import UserRow


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user as lists show one; times are aware UTC."""

    id: str
    email: str | None
    name: str
    role: Role
    has_password: bool
    created_at: datetime
    updated_at: datetime

    @property
    def label(self) -> str:
        """What a person calls this user: the e-mail address, else the id."""
        return self.email or self.id


def find_user_row(session: Session, reference: str) -> UserRow:
    """The user of that id, e-mail or unique name. Raises NotFoundError, AmbiguousError."""
    row = session.get(UserRow, reader_of(session).find_user(reference).pk)
    if row is None:
        raise NotFoundError(f"no user `{reference[:80]}`", hint="grantctl users list")
    return row


def find_user_rows(session: Session, references: Iterable[str]) -> list[UserRow]:
    """These users in this order, each once, however often and by whatever it is named.

    Raises NotFoundError, AmbiguousError.
    """
    rows = [find_user_row(session, reference) for reference in dict.fromkeys(references)]
    return list({row.pk: row for row in rows}.values())


def page_of_users(
    session: Session, query: SelectOfScalar[UserRow], request: PageRequest
) -> Page[UserRecord]:
    """The users of a query in the order of their making. Raises UsageError for a wrong cursor."""
    query = query.where(col(UserRow.pk) > request.after).order_by(col(UserRow.pk))
    if request.limit is not None:
        query = query.limit(request.limit + 1)
    return cut([(row.pk, user_record(row)) for row in session.exec(query)], request)


def user_record(row: UserRow) -> UserRecord:
    """The plain value of a row."""
    return UserRecord(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        has_password=bool(row.password_hash),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def user_facts(row: UserRow) -> dict[str, Any]:
    """What the audit log keeps of a user: no hash, only whether there is one."""
    return {
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "has_password": bool(row.password_hash),
    }


def save_user(change: Change, row: UserRow, action: str, before: dict[str, Any]) -> None:
    """Write the changed row and its audit entry; `before` is what `user_facts` said of it."""
    row.updated_at = change.now
    change.session.add(row)
    change.session.flush()
    change.record(action, "user", row.id, before=before, after=user_facts(row))
