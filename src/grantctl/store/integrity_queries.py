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

# Written past grantctl: what no foreign key would have let in.
ORPHAN_GRANTS = """
SELECT 'resource ' || a.resource_pk || ', ' || a.principal_type || ' '
  || coalesce(CAST(coalesce(a.user_pk, a.group_pk) AS TEXT), a.missing_id, '*')
FROM access_grants AS a
LEFT JOIN resources AS r ON r.pk = a.resource_pk
LEFT JOIN users AS u ON u.pk = a.user_pk LEFT JOIN groups AS g ON g.pk = a.group_pk
WHERE r.pk IS NULL OR (a.user_pk IS NOT NULL AND u.pk IS NULL)
  OR (a.group_pk IS NOT NULL AND g.pk IS NULL)
ORDER BY 1 LIMIT 100
"""

ORPHAN_RESOURCES = """
SELECT r.type || ':' || r.id
FROM resources AS r
LEFT JOIN users AS o ON o.pk = r.owner_pk LEFT JOIN resources AS b ON b.pk = r.base_pk
WHERE (r.owner_pk IS NOT NULL AND o.pk IS NULL) OR (r.base_pk IS NOT NULL AND b.pk IS NULL)
ORDER BY 1 LIMIT 100
"""

PUBLIC_WITH_GRANTS = """
SELECT r.type || ':' || r.id
FROM resources AS r
WHERE r.is_public AND EXISTS (SELECT 1 FROM access_grants AS a WHERE a.resource_pk = r.pk)
ORDER BY 1 LIMIT 100
"""

MISSING_OWNERS = """
SELECT type || ':' || id, missing_owner FROM resources WHERE missing_owner IS NOT NULL
ORDER BY 1 LIMIT 100
"""

DANGLING_GRANTS = """
SELECT r.type || ':' || r.id, count(*)
FROM access_grants AS a JOIN resources AS r ON r.pk = a.resource_pk
WHERE a.missing_id IS NOT NULL
GROUP BY r.type, r.id
ORDER BY 1 LIMIT 100
"""

MISSING_BASES = """
SELECT missing_base, count(*), min(type || ':' || id)
FROM resources WHERE missing_base IS NOT NULL
GROUP BY missing_base
ORDER BY 1 LIMIT 100
"""

BASES = "SELECT pk, type || ':' || id, base_pk FROM resources WHERE base_pk IS NOT NULL"
