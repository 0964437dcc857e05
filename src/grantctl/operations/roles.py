"""Roles: what each means, and who holds it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import select

from grantctl.model import Role
from grantctl.operations.policies import default_role
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


def list_roles(database: Database) -> list[RoleRecord]:
    """Every role. Raises DatabaseError."""
    with read_session(database) as session:
        counts = dict(session.exec(select(UserRow.role, func.count()).group_by(UserRow.role)).all())
        default = default_role(session)
        return [
            RoleRecord(role, meaning, int(counts.get(role.value, 0)), role is default)
            for role, meaning in MEANINGS.items()
        ]
