"""Policy settings: kept in the database, so that every host decides alike.

Owns reading, setting and unsetting them. Each change takes effect at the next decision of every
process. Leaves what a value may be to `policy_settings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session

from grantctl.model import Role
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.policy_settings import (
    DEFAULT_GROUP,
    DEFAULT_ROLE,
    DEFAULT_ROLE_KEY,
    PolicyValue,
    find_setting,
    require_default_role,
)
from grantctl.operations.policy_values import stored_value
from grantctl.store.database import Database
from grantctl.store.session import read_session, reader_of
from grantctl.store.tables import PolicySettingRow

__all__ = [
    "DEFAULT_ROLE",
    "DEFAULT_ROLE_KEY",
    "DefaultRole",
    "DefaultRoleChange",
    "Policy",
    "PolicyChange",
    "default_role",
    "get_policy",
    "read_policy",
    "set_default_role",
    "set_policy",
    "show_default_role",
    "unset_policy",
    "write_policy",
]


@dataclass(frozen=True, slots=True)
class Policy:
    """A setting as it is, and whether somebody chose it."""

    key: str
    value: PolicyValue
    is_set: bool


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A setting after a change. `before` is what was stored, whatever that was; the default where
    nothing was.
    """

    policy: Policy
    before: Any


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


def get_policy(database: Database, key: str) -> Policy:
    """One setting. Raises NotFoundError, InvalidError for a broken value, DatabaseError."""
    find_setting(key)
    with read_session(database) as session:
        return read_policy(session, key)


def set_policy(database: Database, intent: Intent, key: str, text: str) -> PolicyChange:
    """Decide a setting; a group is named by id or name, and must exist.

    Raises NotFoundError, AmbiguousError, InvalidError, DatabaseError.
    """
    value = find_setting(key).parse(text)

    def work(change: Change) -> PolicyChange:
        if key == DEFAULT_GROUP and value:
            return write_policy(change, key, reader_of(change.session).find_group(text).id)
        return write_policy(change, key, value)

    return perform(database, intent, work)


def unset_policy(database: Database, intent: Intent, key: str) -> PolicyChange:
    """Let a setting be the default again. Raises NotFoundError, DatabaseError."""
    default = find_setting(key).default

    def work(change: Change) -> PolicyChange:
        row = change.session.get(PolicySettingRow, key)
        before = stored_value(default) if row is None else row.value
        if row is not None:
            change.session.delete(row)
            change.record("policy.unset", "policy", key, before={"value": before})
        return PolicyChange(Policy(key, default, is_set=False), before)

    return perform(database, intent, work)


def default_role(session: Session) -> DefaultRole:
    """The role that new users get. Raises InvalidError where the stored one may not be it."""
    policy = read_policy(session, DEFAULT_ROLE_KEY)
    return DefaultRole(Role(str(policy.value)), policy.is_set)


def show_default_role(database: Database) -> DefaultRole:
    """The role that new users get. Raises InvalidError, DatabaseError."""
    with read_session(database) as session:
        return default_role(session)


def set_default_role(database: Database, intent: Intent, role: Role) -> DefaultRoleChange:
    """Decide which role new users get. Raises InvalidError for admin, DatabaseError."""
    value = require_default_role(role).value
    changed = perform(
        database, intent, lambda change: write_policy(change, DEFAULT_ROLE_KEY, value)
    )
    return DefaultRoleChange(role, str(changed.before))


def read_policy(session: Session, key: str) -> Policy:
    """One setting, as the session sees it. Raises NotFoundError, InvalidError."""
    setting, row = find_setting(key), session.get(PolicySettingRow, key)
    if row is None:
        return Policy(key, setting.default, is_set=False)
    return Policy(key, setting.read(row.value), is_set=True)


def write_policy(
    change: Change, key: str, value: PolicyValue, *, seed: str | None = None
) -> PolicyChange:
    """Write a setting within a change; `seed`: who said so, where nobody decided it."""
    row, wanted = change.session.get(PolicySettingRow, key), stored_value(value)
    found = stored_value(find_setting(key).default) if row is None else row.value
    if row is None or (type(found), found) != (type(wanted), wanted):
        before = None if row is None else {"value": found}
        if row is None:
            row = PolicySettingRow(
                key=key, value=wanted, updated_at=change.now, updated_by=change.intent.actor
            )
        row.value, row.updated_at, row.updated_by = wanted, change.now, change.intent.actor
        flag_modified(row, "value")  # true for a stored 1 would not look like a change
        change.session.add(row)
        after = {"value": wanted} if seed is None else {"value": wanted, "seed": seed}
        change.record("policy.set", "policy", key, before=before, after=after)
    return PolicyChange(Policy(key, value, is_set=True), found)
