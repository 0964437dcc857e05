"""Policy settings: kept in the database, so that every host decides alike.

Owns their keys, defaults and validation. Each change takes effect at the next decision of every
process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from grantctl.errors import InvalidError
from grantctl.model import Role
from grantctl.operations.changes import Change, Intent, perform
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import PolicySettingRow

DEFAULT_ROLE_KEY = "users.default_role"
DEFAULT_ROLE = Role.PENDING  # specification, "Configuration Options": DEFAULT_USER_ROLE


@dataclass(frozen=True, slots=True)
class DefaultRole:
    """The role of every new user but the first, and whether somebody chose it."""

    role: Role
    is_set: bool


@dataclass(frozen=True, slots=True)
class DefaultRoleChange:
    """The default role after a change; `before` is text, for it may have been no role at all."""

    role: Role
    before: str


def default_role(session: Session) -> DefaultRole:
    """The role that new users get. Raises InvalidError where the stored one may not be it."""
    stored = _stored_default_role(session)
    if stored is None:
        return DefaultRole(DEFAULT_ROLE, is_set=False)
    try:
        return DefaultRole(_require_default_role(Role(stored)), is_set=True)
    except ValueError:
        raise InvalidError(
            f"the default role in the database is no role: `{stored[:80]}`",
            hint=f"grantctl roles default {DEFAULT_ROLE}",
        ) from None


def show_default_role(database: Database) -> DefaultRole:
    """The role that new users get. Raises InvalidError, DatabaseError."""
    with read_session(database) as session:
        return default_role(session)


def set_default_role(database: Database, intent: Intent, role: Role) -> DefaultRoleChange:
    """Decide which role new users get. Raises InvalidError for admin, DatabaseError."""
    _require_default_role(role)

    def work(change: Change) -> DefaultRoleChange:
        stored = _stored_default_role(change.session)
        before = DEFAULT_ROLE.value if stored is None else stored
        if stored != role.value:
            _write(change, DEFAULT_ROLE_KEY, role.value)
            change.record(
                "policy.set",
                "policy",
                DEFAULT_ROLE_KEY,
                before=None if stored is None else {"value": stored},
                after={"value": role.value},
            )
        return DefaultRoleChange(role, before)

    return perform(database, intent, work)


def _stored_default_role(session: Session) -> str | None:
    row = session.get(PolicySettingRow, DEFAULT_ROLE_KEY)
    return None if row is None else str(row.value)


def _require_default_role(role: Role) -> Role:
    """The role itself. Raises InvalidError for admin: signing up would be all it takes."""
    if role is Role.ADMIN:
        raise InvalidError(
            "the default role may not be `admin`: every new user would be allowed everything",
            hint="grantctl roles default user, and: grantctl users set-role USER admin",
        )
    return role


def _write(change: Change, key: str, value: Any) -> None:  # Any: the setting's own JSON type
    row = change.session.get(PolicySettingRow, key)
    if row is None:
        row = PolicySettingRow(
            key=key, value=value, updated_at=change.now, updated_by=change.intent.actor
        )
    row.value, row.updated_at, row.updated_by = value, change.now, change.intent.actor
    change.session.add(row)
