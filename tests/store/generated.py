"""A directory of a size at which a planner begins to care."""

from __future__ import annotations

from typing import Any

from grantctl.store.connection import Connection, open_writing
from grantctl.store.url import DatabaseUrl

USERS, GROUPS, HELD = 1000, 100, 3

_USER = """
INSERT INTO users (id, email, name, role, created_at, updated_at)
VALUES (:id, :email, :name, 'user', 1, 1)
"""
_GROUP = """
INSERT INTO groups (id, name, description, parent_pk, created_at, updated_at)
VALUES (:id, :name, '', :parent, 1, 1)
"""
_MEMBERSHIP = """
INSERT INTO memberships (user_pk, group_pk, source) VALUES (:user, :group, 'manual')
"""
_FLAG = """
INSERT INTO group_permissions (group_pk, permission_pk, allowed) VALUES (:group, :permission, :on)
"""


def fill(url: DatabaseUrl) -> None:
    """Users with three groups each, groups under one another, five flags a group; analysed."""
    connection = open_writing(url)
    try:
        with connection.writing():
            _fill(connection)
        connection.run("ANALYZE")
    finally:
        connection.close()


def _fill(connection: Connection) -> None:
    connection.run_many(
        _USER,
        [
            {"id": f"user-{one}", "email": f"user{one}@example.com", "name": f"User {one}"}
            for one in range(USERS)
        ],
    )
    for one in range(GROUPS):
        parent = _pks(connection, "groups")[one // 3] if one else None
        connection.run(_GROUP, {"id": f"group-{one}", "name": f"Group {one}", "parent": parent})
    users, groups = _pks(connection, "users"), _pks(connection, "groups")
    permissions = _pks(connection, "permissions")
    pairs = {
        (user, groups[(at * 7 + step * 31) % GROUPS])
        for at, user in enumerate(users)
        for step in range(HELD)
    }
    connection.run_many(
        _MEMBERSHIP, [{"user": user, "group": group} for user, group in sorted(pairs)]
    )
    flags: list[dict[str, Any]] = [
        {"group": group, "permission": permission, "on": (group + permission) % 3 > 0}
        for at, group in enumerate(groups)
        for permission in permissions[at % 7 :: 7]
    ]
    connection.run_many(_FLAG, flags)


def _pks(connection: Connection, table: str) -> list[int]:
    return [pk for (pk,) in connection.rows(f"SELECT pk FROM {table} ORDER BY pk")]
