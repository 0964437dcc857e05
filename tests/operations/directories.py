"""Small directories for the tests of operations, and what an audit log says of a change."""

from __future__ import annotations

from typing import Any

from grantctl.model import Role
from grantctl.operations.audit import list_events
from grantctl.operations.changes import Intent
from grantctl.operations.pages import PageRequest
from grantctl.operations.users import create_user, list_users
from grantctl.store.database import Database

INTENT = Intent("tester", reason="a test")
DRY = Intent("tester", dry_run=True)
ALL = PageRequest(None)


def add_user(database: Database, name: str, role: Role = Role.USER) -> str:
    """Make `name@example.com`; the e-mail address."""
    email = f"{name}@example.com"
    create_user(database, INTENT, email=email, name=name.title(), role=role)
    return email


def roles_of(database: Database) -> dict[str, str]:
    """Every user's role, by the part of the e-mail before the @."""
    users = list_users(database, ALL).items
    return {str(user.email).partition("@")[0]: user.role.value for user in users}


def labels(database: Database, **filters: object) -> list[str]:
    found = list_users(database, ALL, **filters)  # type: ignore[arg-type]  # one filter a test
    return [user.label for user in found.items]


def events(database: Database) -> list[tuple[str, Any, Any]]:
    """(action, before, after) of every change but the making of the database, the first first."""
    found = list_events(database, ALL).items
    changes = [one for one in reversed(found) if one.action != "database.init"]
    return [(one.action, one.before, one.after) for one in changes]
