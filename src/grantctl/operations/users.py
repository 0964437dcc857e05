"""Users: made, changed, approved, suspended, deleted.

Owns the guards: the first user becomes admin, one admin stays, e-mails have no twins. All are decided
inside the transaction, under the writers' lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from grantctl.credentials.passwords import hash_password, verify_password
from grantctl.errors import ConflictError, GuardError, InvalidError, NotFoundError
from grantctl.model import MAX_NAME_LENGTH, Role, normalize_email, require_text
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.operations.policies import default_role
from grantctl.store.database import Database
from grantctl.store.session import read_session, reader_of
from grantctl.store.tables import MembershipRow, UserRow


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
        return self.email or self.id


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """A new user, and whether it became admin because it is the first."""

    user: UserRecord
    is_first: bool


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What a change of role did to one user."""

    user: UserRecord
    before: Role

    @property
    def is_changed(self) -> bool:
        return self.before is not self.user.role


def list_users(
    database: Database,
    request: PageRequest,
    *,
    role: Role | None = None,
    group: str | None = None,
    text: str | None = None,
) -> Page[UserRecord]:
    """Users in the order of their making, direct members only where a group is named.

    `text` is looked for in e-mail and name, whatever its case. Raises NotFoundError, UsageError,
    DatabaseError.
    """
    with read_session(database) as session:
        query = select(UserRow).where(col(UserRow.pk) > request.after).order_by(col(UserRow.pk))
        if role is not None:
            query = query.where(UserRow.role == role.value)
        if group is not None:
            found = reader_of(session).find_group(group)
            members = select(MembershipRow.user_pk).where(MembershipRow.group_pk == found.pk)
            query = query.where(col(UserRow.pk).in_(members))
        if text:
            part = text.lower()
            query = query.where(
                or_(
                    col(UserRow.email).contains(part, autoescape=True),
                    func.lower(UserRow.name).contains(part, autoescape=True),
                )
            )
        if request.limit is not None:
            query = query.limit(request.limit + 1)
        return cut([(row.pk, user_record(row)) for row in session.exec(query)], request)


def show_user(database: Database, reference: str) -> UserRecord:
    """One user. Raises NotFoundError, AmbiguousError, DatabaseError."""
    with read_session(database) as session:
        return user_record(find_user_row(session, reference))


def create_user(
    database: Database,
    intent: Intent,
    *,
    email: str,
    name: str | None = None,
    role: Role | None = None,
    password: str | None = None,
) -> CreatedUser:
    """Make a user. The first one becomes admin; later ones get `role`, else the default role.

    The name is the part of the e-mail before the @ where none is given. Raises InvalidError,
    ConflictError for an e-mail that is taken, DatabaseError.
    """
    email = normalize_email(email)
    local_part = email.partition("@")[0][:MAX_NAME_LENGTH]
    name = require_text(
        local_part if name is None else name, what="a name", longest=MAX_NAME_LENGTH
    )
    password_hash = None if password is None else hash_password(password)

    def work(change: Change) -> CreatedUser:
        session = change.session
        is_first = session.exec(select(UserRow.pk).limit(1)).first() is None
        _require_free_email(session, email)
        given = Role.ADMIN if is_first else role or default_role(session)
        row = UserRow(
            id=str(uuid4()),
            email=email,
            name=name,
            role=given.value,
            password_hash=password_hash,
            created_at=change.now,
            updated_at=change.now,
        )
        session.add(row)
        session.flush()
        change.record("user.create", "user", row.id, after=_facts(row))
        return CreatedUser(user_record(row), is_first)

    return perform(database, intent, work)


def update_user(
    database: Database,
    intent: Intent,
    reference: str,
    *,
    email: str | None = None,
    name: str | None = None,
) -> UserRecord:
    """Change a user's e-mail or name. Raises NotFoundError, InvalidError, ConflictError."""
    if email is None and name is None:
        raise InvalidError("nothing to change", hint="--email ADDRESS or --name NAME")
    email = None if email is None else normalize_email(email)
    if name is not None:
        require_text(name, what="a name", longest=MAX_NAME_LENGTH)

    def work(change: Change) -> UserRecord:
        row = find_user_row(change.session, reference)
        before = _facts(row)
        if email is not None and email != row.email:
            _require_free_email(change.session, email)
            row.email = email
        if name is not None:
            row.name = name
        _save(change, row, "user.update", before)
        return user_record(row)

    return perform(database, intent, work)


def set_role(
    database: Database, intent: Intent, references: list[str], role: Role
) -> list[RoleChange]:
    """Give users a role; all of them or none.

    Raises NotFoundError, AmbiguousError, GuardError where no admin would be left.
    """

    def work(change: Change) -> list[RoleChange]:
        rows = [find_user_row(change.session, reference) for reference in dict.fromkeys(references)]
        return [change_role(change, row, role) for row in rows]

    return perform(database, intent, work)


def approve_users(database: Database, intent: Intent, references: list[str]) -> list[RoleChange]:
    """Let pending users in, as `user`; others keep their role. Raises NotFoundError."""

    def work(change: Change) -> list[RoleChange]:
        rows = [find_user_row(change.session, reference) for reference in dict.fromkeys(references)]
        return [
            change_role(change, row, Role.USER)
            if row.role == Role.PENDING
            else RoleChange(user_record(row), Role(row.role))
            for row in rows
        ]

    return perform(database, intent, work)


def change_role(change: Change, row: UserRow, role: Role) -> RoleChange:
    """Give one user a role within a change. Raises GuardError for the last admin."""
    before = Role(row.role)
    if before is not role:
        if before is Role.ADMIN:
            _require_another_admin(change.session, row)
        facts = _facts(row)
        row.role = role.value
        _save(change, row, "user.set_role", facts)
    return RoleChange(user_record(row), before)


def set_password(database: Database, intent: Intent, reference: str, password: str) -> UserRecord:
    """Give a user a password. Raises NotFoundError, InvalidError for one that is too short."""
    password_hash = hash_password(password)

    def work(change: Change) -> UserRecord:
        row = find_user_row(change.session, reference)
        before = _facts(row)
        row.password_hash = password_hash
        _save(change, row, "user.set_password", before)
        return user_record(row)

    return perform(database, intent, work)


def verify_user_password(database: Database, intent: Intent, reference: str, password: str) -> bool:
    """Whether this is the user's password; a hash of weaker make is replaced if it is.

    Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    with read_session(database) as session:
        stored = find_user_row(session, reference).password_hash
    fits, replacement = verify_password(password, stored)
    if fits and replacement is not None:

        def work(change: Change) -> None:
            row = find_user_row(change.session, reference)
            if row.password_hash == stored:
                before = _facts(row)
                row.password_hash = replacement
                _save(change, row, "user.upgrade_password_hash", before)

        perform(database, intent, work)
    return fits


def delete_users(database: Database, intent: Intent, references: list[str]) -> list[UserRecord]:
    """Delete users with their memberships; all of them or none.

    Raises NotFoundError, GuardError where no admin would be left.
    """

    def work(change: Change) -> list[UserRecord]:
        deleted = []
        for reference in dict.fromkeys(references):
            row = find_user_row(change.session, reference)
            if row.role == Role.ADMIN:
                _require_another_admin(change.session, row)
            deleted.append(user_record(row))
            change.record("user.delete", "user", row.id, before=_facts(row))
            change.session.delete(row)
            change.session.flush()
        return deleted

    return perform(database, intent, work)


def find_user_row(session: Session, reference: str) -> UserRow:
    """The user of that id, e-mail or unique name. Raises NotFoundError, AmbiguousError."""
    row = session.get(UserRow, reader_of(session).find_user(reference).pk)
    if row is None:
        raise NotFoundError(f"no user `{reference}`", hint="grantctl users list")
    return row


def user_record(row: UserRow) -> UserRecord:
    """The plain value of a row."""
    return UserRecord(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _require_free_email(session: Session, email: str) -> None:
    holder = session.exec(select(UserRow).where(UserRow.email == email)).first()
    if holder is not None:
        raise ConflictError(
            f"`{email}` is taken by another user", hint=f"grantctl users show {holder.id}"
        )


def _require_another_admin(session: Session, row: UserRow) -> None:
    others = select(UserRow.pk).where(UserRow.role == Role.ADMIN.value, UserRow.pk != row.pk)
    if session.exec(others.limit(1)).first() is None:
        raise GuardError(
            f"`{row.email or row.id}` is the last admin and must stay one",
            hint="make another first: grantctl users set-role USER admin",
        )


def _save(change: Change, row: UserRow, action: str, before: dict[str, Any]) -> None:
    row.updated_at = change.now
    change.session.add(row)
    change.session.flush()
    change.record(action, "user", row.id, before=before, after=_facts(row))


def _facts(row: UserRow) -> dict[str, Any]:
    return {
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "has_password": row.password_hash is not None,
    }
