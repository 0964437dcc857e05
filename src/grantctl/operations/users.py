"""Users: made, listed, changed and deleted.

Owns two guards: the first user becomes admin, e-mails have no twins. Both are decided inside the
transaction, under the writers' lock. Leaves roles, and the last admin, to `roles`, and deleting to
`user_deletion`, whose names it offers too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from shlex import quote
from uuid import uuid4

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from grantctl import credentials
from grantctl.errors import ConflictError
from grantctl.model import MAX_NAME_LENGTH, Role, folded_email, normalize_email, require_text
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.default_group import join_default_group
from grantctl.operations.group_tree import counts_at
from grantctl.operations.pages import Page, PageRequest
from grantctl.operations.policies import default_role
from grantctl.operations.searching import has_text, require_search
from grantctl.operations.token_endings import end_tokens, settings_of
from grantctl.operations.user_deletion import DeletedUser, delete_users
from grantctl.operations.user_rows import (
    UserDetail,
    UserRecord,
    find_user_row,
    page_of_users,
    read_detail,
    save_user,
    user_facts,
    user_record,
)
from grantctl.store.database import Database
from grantctl.store.session import read_session, reader_of
from grantctl.store.tables import MembershipRow, UserRow

__all__ = [
    "CreatedUser",
    "DeletedUser",
    "create_user",
    "delete_users",
    "list_users",
    "set_password",
    "show_user",
    "update_user",
    "verify_user_password",
]


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """A new user, and whether it became admin because it is the first."""

    user: UserRecord
    is_first: bool


def list_users(
    database: Database,
    request: PageRequest,
    *,
    role: Role | None = None,
    group: str | None = None,
    text: str | None = None,
    now: datetime | None = None,
) -> Page[UserRecord]:
    """Users in the order of their making.

    Where a group is named, its direct members only, without those whose membership has expired at
    `now`, by default this moment. `text` is looked for in e-mail and name, whatever its case.
    Raises NotFoundError, InvalidError, UsageError, DatabaseError.
    """
    if text is not None:
        require_search(text)
    with read_session(database) as session:
        conditions: list[ColumnElement[bool]] = []
        if role is not None:
            conditions.append(col(UserRow.role) == role.value)
        if group is not None:
            found = reader_of(session).find_group(group)
            members = select(MembershipRow.user_pk).where(
                MembershipRow.group_pk == found.pk, counts_at(now or datetime.now(UTC))
            )
            conditions.append(col(UserRow.pk).in_(members))
        if text is not None:
            conditions.append(_has_text(session, text))
        return page_of_users(session, conditions, request)


def _has_text(session: Session, text: str) -> ColumnElement[bool]:
    email = folded_email(text)
    is_in_email = col(UserRow.email).contains(email, autoescape=True)
    return or_(is_in_email, has_text(session, UserRow.name, text))


def show_user(database: Database, reference: str, *, now: datetime) -> UserDetail:
    """One user with its groups. Raises NotFoundError, AmbiguousError, DatabaseError."""
    with read_session(database) as session:
        return read_detail(session, find_user_row(session, reference), now)


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
    All are put into the default group, if there is one.

    The name is the part of the e-mail before the @ where none is given. Raises InvalidError,
    ConflictError for an e-mail that is taken, DatabaseError.
    """
    email = normalize_email(email)
    name = email.partition("@")[0][:MAX_NAME_LENGTH] if name is None else name
    require_text(name, what="a name", longest=MAX_NAME_LENGTH)
    password_hash = None if password is None else credentials.passwords.hash_password(password)

    def work(change: Change) -> CreatedUser:
        session = change.session
        is_first = session.exec(select(UserRow.pk).limit(1)).first() is None
        _require_free_email(session, email)
        given = Role.ADMIN if is_first else role or default_role(session).role
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
        change.record("user.create", "user", row.id, after=user_facts(row))
        join_default_group(change, row)
        return CreatedUser(user_record(row), is_first)

    return perform(database, intent, work)


def update_user(
    database: Database,
    intent: Intent,
    reference: str,
    *,
    email: str | None = None,
    name: str | None = None,
) -> UserDetail:
    """Change a user's e-mail or name; nothing is written where both are so already.

    Raises NotFoundError, AmbiguousError, InvalidError, ConflictError for an e-mail that is taken.
    """
    email = None if email is None else normalize_email(email)
    if name is not None:
        require_text(name, what="a name", longest=MAX_NAME_LENGTH)

    def work(change: Change) -> UserDetail:
        row = find_user_row(change.session, reference)
        before = user_facts(row)
        if email is not None and email != row.email:
            _require_free_email(change.session, email)
            row.email = email
        if name is not None:
            row.name = name
        if user_facts(row) != before:
            save_user(change, row, "user.update", before)
        return read_detail(change.session, row, change.now)

    return perform(database, intent, work)


def set_password(database: Database, intent: Intent, reference: str, password: str) -> UserDetail:
    """Give a user a password, which ends its JWTs, and by policy its API keys.

    Raises NotFoundError, AmbiguousError, InvalidError for a password that may not be one.
    """
    password_hash = credentials.passwords.hash_password(password)

    def work(change: Change) -> UserDetail:
        row = find_user_row(change.session, reference)
        before = user_facts(row)
        row.password_hash = password_hash
        ends_keys = settings_of(change).revoke_keys_on_password_change
        ended = end_tokens(change, row, "its user's password was changed", api_keys=ends_keys)
        save_user(change, row, "user.set_password", before, ended_tokens=ended)
        return read_detail(change.session, row, change.now)

    return perform(database, intent, work)


def verify_user_password(database: Database, intent: Intent, reference: str, password: str) -> bool:
    """Whether this is the user's password; a hash of weaker make is replaced if it is.

    Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    with read_session(database) as session:
        stored = find_user_row(session, reference)
        user_id, password_hash = stored.id, stored.password_hash
    fits, replacement = credentials.passwords.verify_password(password, password_hash)
    if fits and replacement is not None:

        def work(change: Change) -> None:
            row = find_user_row(change.session, user_id)
            if row.password_hash == password_hash:
                before = user_facts(row)
                row.password_hash = replacement
                save_user(change, row, "user.upgrade_password_hash", before)

        perform(database, intent, work)
    return fits


def _require_free_email(session: Session, email: str) -> None:
    holder = session.exec(select(UserRow).where(UserRow.email == email)).first()
    if holder is not None:
        raise ConflictError(
            f"`{email}` is taken by another user", hint=f"grantctl users show {quote(holder.id)}"
        )
