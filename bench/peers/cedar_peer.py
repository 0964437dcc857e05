"""cedarpy: Cedar's engine, which keeps nothing and is handed the entities of each question.

They are read by one hand-written statement a question, so that it answers as freshly as the others.
The policies are parsed once.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from time import time_ns

import cedarpy

from bench.measuring import Ask

WHO = "cedarpy, entities by SQL"

# Groups are children of the permissions that they give, so that `in` is the whole question.
_POLICIES = """
permit (principal, action, resource)
  when { principal in resource || resource.isDefault || principal.role == "admin" };
forbid (principal, action, resource) when { principal.role == "pending" };
"""

_ENTITIES = """
SELECT u.role, p.default_allowed, m.group_pk, f.allowed
FROM users AS u CROSS JOIN permissions AS p
LEFT JOIN memberships AS m
  ON m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
LEFT JOIN group_permissions AS f ON f.group_pk = m.group_pk AND f.permission_pk = p.pk
WHERE u.id = ? AND p.key = ?
"""


def load(path: Path) -> Ask:
    """The engine over an open file."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    policies = cedarpy.PolicySet.from_str(_POLICIES)

    def ask(user: str, key: str) -> bool:
        rows = connection.execute(_ENTITIES, (time_ns() // 1000, user, key)).fetchall()
        request = {
            "principal": f'User::"{user}"',
            "action": 'Action::"use"',
            "resource": f'Permission::"{key}"',
            "context": {},
        }
        entities = json.dumps(_entities(user, key, rows))
        return bool(cedarpy.is_authorized(request, policies, entities).allowed)

    return ask


def _entities(
    user: str, key: str, rows: list[tuple[str, int, int | None, int | None]]
) -> list[dict[str, object]]:
    permission = {"type": "Permission", "id": key}
    groups = [(str(group), allowed) for _, _, group, allowed in rows if group is not None]
    return [
        {"uid": permission, "attrs": {"isDefault": bool(rows[0][1])}, "parents": []},
        {
            "uid": {"type": "User", "id": user},
            "attrs": {"role": rows[0][0]},
            "parents": [{"type": "Group", "id": group} for group, _ in groups],
        },
        *(_group(group, [permission] if allowed else []) for group, allowed in groups),
    ]


def _group(group: str, parents: list[dict[str, str]]) -> dict[str, object]:
    return {"uid": {"type": "Group", "id": group}, "attrs": {}, "parents": parents}
