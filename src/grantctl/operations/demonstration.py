"""A small made-up organisation, to look at and to try things on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from grantctl.model import Role
from grantctl.operations import (
    access_grants,
    databases,
    flags,
    groups,
    memberships,
    policies,
    resources,
    users,
)
from grantctl.operations.changes import Intent
from grantctl.operations.grant_principals import Principals
from grantctl.store.database import Database
from grantctl.store.url import DatabaseUrl

_INTENT = Intent("demo", reason="the tour's organisation")

_USERS = (
    ("ada@example.com", "Ada Okafor", Role.ADMIN),
    ("bob@example.com", "Bob Lindqvist", Role.USER),
    ("chen@example.com", "Chen Wei", Role.USER),
    ("dana@example.com", "Dana Silva", Role.USER),
    ("eli@example.com", "Eli Novak", Role.PENDING),
)
_GROUPS = (
    ("staff", None),
    ("engineering", "staff"),
    ("interns", "engineering"),
    ("support", "staff"),
)
_MEMBERS = {
    "engineering": ["bob@example.com"],
    "interns": ["chen@example.com"],
    "support": ["dana@example.com", "eli@example.com"],
}
_FLAGS = {
    "staff": {"features.channels": True, "workspace.prompts": True},
    "engineering": {"workspace.tools": True, "chat.controls": True},
    "interns": {"workspace.tools": False, "features.web_search": False},
    "support": {"sharing.public_knowledge": True},
}
# name, owner, what it is made of, whether everyone may read it
_RESOURCES = {
    "model:llama3": ("Llama 3", None, None, True),
    "model:gpt-4o": ("GPT-4o", "ada@example.com", None, False),
    "model:helpdesk": ("Helpdesk", "dana@example.com", "model:gpt-4o", True),
}
INTERNSHIP = timedelta(days=90)


def make_organisation(url: DatabaseUrl) -> Database:
    """Make the database and fill it. Raises DatabaseError."""
    databases.create_database(url, _INTENT)
    database = Database(url)
    policies.set_default_role(database, _INTENT, Role.USER)
    for email, name, role in _USERS:
        users.create_user(database, _INTENT, email=email, name=name, role=role)
    for name, parent in _GROUPS:
        groups.create_group(database, _INTENT, name=name, parent=parent)
    expires_at = datetime.now(UTC) + INTERNSHIP
    for group, members in _MEMBERS.items():
        until = expires_at if group == "interns" else None
        memberships.add_members(database, _INTENT, group, members, expires_at=until)
    flags.set_flags(database, _INTENT, None, {"chat.controls": False, "features.channels": False})
    for group, values in _FLAGS.items():
        flags.set_flags(database, _INTENT, group, values)
    for reference, (name, owner, base, is_public) in _RESOURCES.items():
        resources.create_resource(
            database, _INTENT, reference, name=name, owner=owner, base=base, is_public=is_public
        )
    engineering = Principals(groups=("engineering",))
    access_grants.grant(database, _INTENT, ["model:gpt-4o"], "read", engineering)
    return database
