"""pycasbin with its fast enforcer, which looks only at the policies of the asked permission.

It holds all of its policies and links in memory, and sees no later change until it is loaded again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from time import time_ns

import casbin

from bench.measuring import Ask

WHO = "pycasbin (FastEnforcer)"

_MODEL = """
[request_definition]
r = sub, obj, act

[policy_definition]
p = sub, obj, act

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
_USE = "use"
_INDEXED_FIELDS = (1, 2)  # object and action: the fast model takes two, not one
_EVERYONE = "role:user"
_ADMINS = "role:admin"


def load(path: Path, users: Collection[str]) -> Ask:
    """An enforcer with every group's flags, and the memberships of these users only.

    All memberships of a large directory would take minutes to load.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        lines = [
            *(f"p, {subject}, {key}, {_USE}" for subject, key in _policies(connection)),
            *(f"g, {user}, {group}" for user, group in _links(connection, users)),
        ]
    model = casbin.FastModel(_INDEXED_FIELDS)
    model.load_model_from_text(_MODEL)
    adapter = casbin.StringAdapter("\n".join(lines))
    enforcer = casbin.FastEnforcer(model, adapter, cache_key_order=_INDEXED_FIELDS)

    def ask(user: str, key: str) -> bool:
        return bool(enforcer.enforce(user, key, _USE))

    return ask


def _policies(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    flags = connection.execute(
        "SELECT 'group:' || f.group_pk, p.key FROM group_permissions AS f"
        " JOIN permissions AS p ON p.pk = f.permission_pk WHERE f.allowed"
    )
    defaults = connection.execute("SELECT key FROM permissions WHERE default_allowed")
    keys = connection.execute("SELECT key FROM permissions")
    return [
        *flags.fetchall(),
        *((_EVERYONE, key) for (key,) in defaults),
        *((_ADMINS, key) for (key,) in keys),
    ]


def _links(connection: sqlite3.Connection, users: Collection[str]) -> list[tuple[str, str]]:
    roles = "SELECT role FROM users WHERE id = ? AND role <> 'pending'"
    groups = (
        "SELECT 'group:' || m.group_pk FROM users AS u JOIN memberships AS m ON m.user_pk = u.pk"
        " WHERE u.id = ? AND u.role = 'user' AND (m.expires_at IS NULL OR m.expires_at > ?)"
    )
    now = time_ns() // 1000
    links: list[tuple[str, str]] = []
    for user in users:
        links.extend((user, f"role:{role}") for (role,) in connection.execute(roles, (user,)))
        links.extend((user, group) for (group,) in connection.execute(groups, (user, now)))
    return links
