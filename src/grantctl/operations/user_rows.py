"""Rows of users: found by what a person calls them, shown as plain values, and saved.

Owns these values, and the audit entry of a changed row. Leaves what may be changed, and the guards,
to `users` and `roles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from grantctl.errors import NotFoundError
from grantctl.model import Role, Source
from grantctl.operations.changes import Change
from grantctl.operations.chunks import in_chunks
from grantctl.operations.identity_rows import IdentityRecord, read_identities
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.operations.resolving import find_users
from grantctl.store.session import reader_of
from grantctl.store.tables import GroupRow, MembershipRow, UserRow

# Columns, for a page of rows as objects takes four times as long. Any: select() names the types of
# four columns at most.
_RECORD_COLUMNS: tuple[Any, ...] = (
    UserRow.pk,
    UserRow.id,
    UserRow.email,
    UserRow.name,
    UserRow.role,
    UserRow.password_hash,
    UserRow.created_at,
    UserRow.updated_at,
)


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


@dataclass(frozen=True, slots=True)
class DirectMembership:
    """A group that a user is in directly. Times are aware UTC."""

    group_id: str
    group_name: str
    source: Source
    added_by: str | None
    added_at: datetime | None
    expires_at: datetime | None
    is_expired: bool


@dataclass(frozen=True, slots=True)
class UserDetail:
    """A user with the groups that it is in directly, expired memberships too, by group name, and
    its identities at a provider.
    """

    user: UserRecord
    memberships: tuple[DirectMembership, ...] = ()
    identities: tuple[IdentityRecord, ...] = ()


def find_user_row(session: Session, reference: str) -> UserRow:
    """The user of that id, e-mail or unique name. Raises NotFoundError, AmbiguousError."""
    row = session.get(UserRow, reader_of(session).find_user(reference).pk)
    if row is None:
        raise NotFoundError(f"no user `{reference[:80]}`", hint="grantctl users list")
    return row


def find_user_rows(session: Session, references: Sequence[str]) -> list[UserRow]:
    """These users in this order, each once, however often and by whatever it is named.

    Raises NotFoundError that names every one that there is not, AmbiguousError.
    """
    pks = [user.pk for user in find_users(session, references)]
    rows: dict[int, UserRow] = {}
    for part in in_chunks(pks):
        found = session.exec(select(UserRow).where(col(UserRow.pk).in_(part)))
        rows |= {row.pk: row for row in found}
    return [rows[pk] for pk in pks]


def page_of_users(
    session: Session, conditions: Sequence[ColumnElement[bool]], request: PageRequest
) -> Page[UserRecord]:
    """The users for whom all of this is so, in the order of their making.

    Raises UsageError for a wrong cursor.
    """
    query = select(*_RECORD_COLUMNS).where(col(UserRow.pk) > request.after, *conditions)
    query = query.order_by(col(UserRow.pk))
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


def read_detail(session: Session, row: UserRow, now: datetime) -> UserDetail:
    """The user with its memberships and identities; `now` tells which memberships have ended."""
    query = (
        select(MembershipRow, GroupRow)
        .where(MembershipRow.user_pk == row.pk)
        .where(GroupRow.pk == MembershipRow.group_pk)
    )
    memberships = (_membership(one, group, now) for one, group in session.exec(query))
    by_name = sorted(memberships, key=lambda one: (one.group_name, one.group_id))
    identities = read_identities(session, row.pk)
    return UserDetail(user_record(row), tuple(by_name), identities)


def _membership(row: MembershipRow, group: GroupRow, now: datetime) -> DirectMembership:
    return DirectMembership(
        group_id=group.id,
        group_name=group.name,
        source=Source(row.source),
        added_by=row.added_by,
        added_at=row.added_at,
        expires_at=row.expires_at,
        is_expired=row.expires_at is not None and row.expires_at <= now,
    )


def user_facts(row: UserRow) -> dict[str, Any]:
    """What the audit log keeps of a user: no hash, only whether there is one."""
    return {
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "has_password": bool(row.password_hash),
    }


def save_user(
    change: Change, row: UserRow, action: str, before: dict[str, Any], *, ended_tokens: int = 0
) -> None:
    """Write the changed row and its audit entry; `before` is what `user_facts` said of it.

    `ended_tokens`: how many tokens the change ended; the entry tells it where there are any.
    """
    row.updated_at = change.now
    change.session.add(row)
    change.session.flush()
    ended = {"ended_tokens": ended_tokens} if ended_tokens else {}
    change.record(action, "user", row.id, before=before, after=user_facts(row) | ended)
