"""Policy settings: kept in the database, so that every host decides alike.

Owns their keys, defaults and validation. Each change takes effect at the next decision of every
process.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from grantctl.model import Role, parse_role
from grantctl.operations.changes import Change, Intent, perform
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import PolicySettingRow

DEFAULT_ROLE_KEY = "users.default_role"
DEFAULT_ROLE = Role.PENDING  # specification, "Configuration Options": DEFAULT_USER_ROLE


def default_role(session: Session) -> Role:
    """The role of every new user but the first."""
    row = session.get(PolicySettingRow, DEFAULT_ROLE_KEY)
    return DEFAULT_ROLE if row is None else parse_role(str(row.value))


def show_default_role(database: Database) -> Role:
    """The role of every new user but the first. Raises DatabaseError."""
    with read_session(database) as session:
        return default_role(session)


def set_default_role(database: Database, intent: Intent, role: Role) -> tuple[Role, Role]:
    """Decide which role new users get; the roles before and after. Raises DatabaseError."""

    def work(change: Change) -> tuple[Role, Role]:
        before = default_role(change.session)
        if before is not role:
            _write(change, DEFAULT_ROLE_KEY, role.value)
            change.record(
                "policy.set",
                "policy",
                DEFAULT_ROLE_KEY,
                before={"value": before.value},
                after={"value": role.value},
            )
        return before, role

    return perform(database, intent, work)


def _write(change: Change, key: str, value: Any) -> None:  # Any: the setting's own JSON type
    row = change.session.get(PolicySettingRow, key)
    if row is None:
        row = PolicySettingRow(
            key=key, value=value, updated_at=change.now, updated_by=change.intent.actor
        )
    row.value, row.updated_at, row.updated_by = value, change.now, change.intent.actor
    change.session.add(row)
