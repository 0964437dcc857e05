"""The SQL of `db check`: one named constant a query, for both engines."""

from __future__ import annotations

# Compares indexes with their tables, which `quick_check` does not: a wrong index is a wrong answer.
INTEGRITY_CHECK = "PRAGMA integrity_check(20)"

BROKEN_REFERENCES = "PRAGMA foreign_key_check"

COUNT_USERS = "SELECT count(*) FROM users"

ORPHAN_MEMBERSHIPS = """
SELECT 'user ' || m.user_pk || ', group ' || m.group_pk
FROM memberships AS m
LEFT JOIN users AS u ON u.pk = m.user_pk LEFT JOIN groups AS g ON g.pk = m.group_pk
WHERE u.pk IS NULL OR g.pk IS NULL
ORDER BY 1 LIMIT 100
"""

ORPHAN_FLAGS = """
SELECT 'group ' || f.group_pk || ', permission ' || f.permission_pk
FROM group_permissions AS f
LEFT JOIN groups AS g ON g.pk = f.group_pk LEFT JOIN permissions AS p ON p.pk = f.permission_pk
WHERE g.pk IS NULL OR p.pk IS NULL
ORDER BY 1 LIMIT 100
"""

ORPHAN_PARENTS = """
SELECT g.name FROM groups AS g LEFT JOIN groups AS p ON p.pk = g.parent_pk
WHERE g.parent_pk IS NOT NULL AND p.pk IS NULL
ORDER BY 1 LIMIT 100
"""

UNKNOWN_GATES = """
SELECT p.key, p.gated_by FROM permissions AS p LEFT JOIN permissions AS g ON g.key = p.gated_by
WHERE p.gated_by IS NOT NULL AND g.pk IS NULL
ORDER BY 1
"""

KEYS = "SELECT key FROM permissions"

PARENTS = "SELECT pk, id, name, parent_pk FROM groups"

ROLES = "SELECT role, count(*) FROM users GROUP BY role"
