"""Roles: what each means, who holds it, and giving it.

Owns the guard that one admin stays, decided inside the transaction under the writers' lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from grantctl.errors import GuardError
from grantctl.model import Role
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.pages import Page, PageRequest
from grantctl.operations.policies import default_role
from grantctl.operations.token_endings import end_tokens, settings_of
from grantctl.operations.user_rows import (
    UserRecord,
    find_user_rows,
    page_of_users,
    save_user,
    user_facts,
    user_record,
)
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import UserRow

# Specification, "User Roles and Status".
MEANINGS = {
    Role.ADMIN: "is allowed everything, whatever the permissions say",
    Role.USER: "is allowed what a group or the default allows",
    Role.PENDING: "is denied everything until approved",
}


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """A role, how many users hold it, and whether new users get it."""

    role: Role
    meaning: str
    user_count: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class RoleDetail:
    """A role with some of those who hold it."""

    record: RoleRecord
    holders: Page[UserRecord]


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What a change of role did to one user."""

    user: UserRecord
    before: Role

    @property
    def is_changed(self) -> bool:
        return self.before is not self.user.role


def list_roles(database: Database) -> list[RoleRecord]:
    """Every role. Raises InvalidError for a broken default role, DatabaseError."""
    with read_session(database) as session:
        return _records(session)


def show_role(database: Database, role: Role, request: PageRequest) -> RoleDetail:
    """One role with its holders, in the order of their making. Raises UsageError, DatabaseError."""
    with read_session(database) as session:
        record = next(one for one in _records(session) if one.role is role)
        holders = page_of_users(session, [col(UserRow.role) == role.value], request)
        return RoleDetail(record, holders)


def set_role(
    database: Database, intent: Intent, references: Sequence[str], role: Role
) -> list[RoleChange]:
    """Give users a role; all of them or none.

    Raises NotFoundError, AmbiguousError, GuardError where no admin would be left.
    """

    def work(change: Change) -> list[RoleChange]:
        rows = find_user_rows(change.session, references)
        return [change_role(change, row, role) for row in rows]

    return perform(database, intent, work)


def approve_users(
    database: Database, intent: Intent, references: Sequence[str]
) -> list[RoleChange]:
    """Let pending users in, as `user`; others keep their role. All of them or none.

    Raises NotFoundError, AmbiguousError.
    """

    def work(change: Change) -> list[RoleChange]:
        rows = find_user_rows(change.session, references)
        return [
            change_role(change, row, Role.USER if row.role == Role.PENDING else Role(row.role))
            for row in rows
        ]

    return perform(database, intent, work)


def change_role(change: Change, row: UserRow, role: Role) -> RoleChange:
    """Give one user a role within a change, which ends its tokens.

    Raises GuardError for the last admin.
    """
    before = Role(row.role)
    if before is not role:
        if before is Role.ADMIN:
            require_another_admin(change.session, row)
        facts = user_facts(row)
        row.role = role.value
        ended = _end_tokens(change, row, role)
        save_user(change, row, "user.set_role", facts, ended_tokens=ended)
    return RoleChange(user_record(row), before)


def _end_tokens(change: Change, row: UserRow, role: Role) -> int:
    """Suspending ends all tokens for good, another role only the JWTs, and only by policy."""
    if role is Role.PENDING:
        return end_tokens(change, row, "its user was suspended", api_keys=True)
    if settings_of(change).revoke_on_role_change:
        return end_tokens(change, row, "its user was given another role", api_keys=False)
    return 0


def require_another_admin(session: Session, row: UserRow) -> None:
    """Raise GuardError where this admin is the only one."""
    others = select(UserRow.pk).where(UserRow.role == Role.ADMIN.value, UserRow.pk != row.pk)
    if session.exec(others.limit(1)).first() is None:
        raise GuardError(
            f"`{row.email or row.id}` is the last admin and must stay one",
            hint="make another first: grantctl users set-role USER admin",
        )


def _records(session: Session) -> list[RoleRecord]:
    counts = dict(session.exec(select(UserRow.role, func.count()).group_by(UserRow.role)).all())
    default = default_role(session).role
    return [
        RoleRecord(role, meaning, int(counts.get(role.value, 0)), role is default)
        for role, meaning in MEANINGS.items()
    ]
