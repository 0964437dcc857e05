"""Users and groups that the tests of groups make, and what they read back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from sqlmodel import Session, col, insert, select

from grantctl.model import Role
from grantctl.operations import groups, users
from grantctl.operations.changes import Intent
from grantctl.operations.pages import PageRequest
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
from grantctl.store.tables import (
    AuditEventRow,
    GroupPermissionRow,
    GroupRow,
    PermissionRow,
    UserRow,
)

INTENT = Intent("tester", reason="a test")
NOW = datetime.now(UTC)
DRY_RUN = Intent("tester", dry_run=True)
EVERYTHING = PageRequest(None)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def make_users(database: Database, *names: str) -> None:
    """Users called so, at example.com; the first one of the database becomes admin."""
    for name in names:
        users.create_user(database, INTENT, email=f"{name}@example.com", name=name, role=Role.USER)


def make_many_users(database: Database, count: int) -> list[str]:
    """Users u0, u1, … by their ids, made at once."""
    now = datetime.now(UTC)
    ids = [f"u{number}" for number in range(count)]

    def seed(session: Session) -> None:
        rows = [
            {
                "id": id,
                "email": f"{id}@example.com",
                "name": f"User {id}",
                "role": "user",
                "created_at": now,
                "updated_at": now,
            }
            for id in ids
        ]
        session.exec(insert(UserRow), params=rows)

    change(database, seed, dry_run=False)
    return ids


def make_groups(database: Database, *names: str) -> None:
    """Groups, each below the one named before it behind a slash: `company`, `company/backend`."""
    for path in names:
        above, _, name = path.rpartition("/")
        parent = above.rpartition("/")[2] or None
        groups.create_group(database, INTENT, name=name, parent=parent)


def write_group(database: Database, id: str, name: str, parent: str | None = None) -> None:
    """A group as a foreign writer may make it, of any id and name."""

    def write(session: Session) -> None:
        now = datetime.now(UTC)
        above = session.exec(select(GroupRow.pk).where(GroupRow.id == parent)).first()
        session.add(
            GroupRow(
                id=id, name=name, description="", parent_pk=above, created_at=now, updated_at=now
            )
        )

    change(database, write, dry_run=False)


def set_flags(database: Database, group: str, **flags: bool) -> None:
    """Set flags of a group; `chat__share` stands for `chat.share`."""

    def write(session: Session) -> None:
        group_pk = session.exec(select(GroupRow.pk).where(GroupRow.name == group)).one()
        for name, allowed in flags.items():
            key = name.replace("__", ".")
            pk = session.exec(select(PermissionRow.pk).where(PermissionRow.key == key)).one()
            session.add(GroupPermissionRow(group_pk=group_pk, permission_pk=pk, allowed=allowed))

    change(database, write, dry_run=False)


def paths(database: Database) -> list[str]:
    """Every group as `company/backend`."""
    page = groups.list_groups(database, EVERYTHING, now=datetime.now(UTC))
    return ["/".join(one.name for one in listed.group.path) for listed in page.items]


def counts(database: Database, now: datetime = NOW) -> dict[str, tuple[int, int]]:
    """How many members every group has, and how many with those below it."""
    page = groups.list_groups(database, EVERYTHING, now=now)
    return {one.group.name: (one.members.direct, one.members.effective) for one in page.items}


def audit(database: Database, actions: Iterable[str] = ("group.",)) -> list[AuditEventRow]:
    """The audit entries whose actions begin so, the oldest first."""
    with read_session(database) as session:
        rows = session.exec(select(AuditEventRow).order_by(col(AuditEventRow.pk))).all()
        session.expunge_all()
    return [row for row in rows if row.action.startswith(tuple(actions))]


def settled(text: str) -> str:
    """The text with every generated id and time replaced."""
    return _TIME.sub("TIME", _UUID.sub("ID", text))
