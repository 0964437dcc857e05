"""A directory of a size at which a planner begins to care."""

from __future__ import annotations

from typing import Any

from grantctl.store.connection import Connection, open_writing
from grantctl.store.url import DatabaseUrl

USERS, GROUPS, HELD, RESOURCES = 1000, 100, 3, 2000

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
_RESOURCE = """
INSERT INTO resources (type, id, name, is_public, owner_pk, base_pk, created_at, updated_at)
VALUES (:type, :id, :id, :public, :owner, :base, 1, 1)
"""
_GRANT = """
INSERT INTO access_grants (resource_pk, action, principal_type, user_pk, group_pk)
VALUES (:resource, :action, :kind, :user, :group)
"""


def fill(url: DatabaseUrl) -> None:
    """Users with three groups each, groups under one another, five flags a group, two thousand
    resources with six grants each; analysed.
    """
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
    _fill_resources(connection, users, groups)


def _fill_resources(connection: Connection, users: list[int], groups: list[int]) -> None:
    for one in range(RESOURCES):
        base = one // 2 if one % 2 and one > 1 else None
        connection.run(
            _RESOURCE,
            {
                "type": ("model", "tool", "knowledge")[one % 3],
                "id": f"r-{one}",
                "public": one % 5 == 0,
                "owner": users[one % USERS],
                "base": base,
            },
        )
    grants: list[dict[str, Any]] = []
    for at, resource in enumerate(_pks(connection, "resources")):
        for step in range(6):
            is_user = step % 2 == 0
            user, group = users[(at * 13 + step * 7) % USERS], groups[(at * 3 + step * 11) % GROUPS]
            grants.append(
                {
                    "resource": resource,
                    "action": "write" if step > 3 else "read",
                    "kind": "user" if is_user else "group",
                    "user": user if is_user else None,
                    "group": None if is_user else group,
                }
            )
    connection.run_many(_GRANT, grants)


def _pks(connection: Connection, table: str) -> list[int]:
    return [pk for (pk,) in connection.rows(f"SELECT pk FROM {table} ORDER BY pk")]
