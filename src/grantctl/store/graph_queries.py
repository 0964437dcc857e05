"""The SQL about what lies around a group or a permission: one named constant a query.

Owns the statements that `graph_reader` runs, for both engines; values are bound as `:name`, joins
written as in `queries`. What `limit` cuts off is decided by keys, so that both engines show alike.
"""

from __future__ import annotations

# Those whose membership counts at a time, in microseconds since 1970.
MEMBER_COUNT = """
SELECT count(*) FROM memberships
WHERE group_pk = :group AND (expires_at IS NULL OR expires_at > :now)
"""

MEMBERS = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM memberships AS m CROSS JOIN users AS u
WHERE m.group_pk = :group AND (m.expires_at IS NULL OR m.expires_at > :now) AND u.pk = m.user_pk
ORDER BY m.user_pk
LIMIT :limit
"""

FLAGS_OF_GROUP = """
SELECT f.group_pk, p.key, f.allowed
FROM group_permissions AS f CROSS JOIN permissions AS p
WHERE f.group_pk = :group AND p.pk = f.permission_pk
"""

GRANT_COUNT = "SELECT count(*) FROM access_grants WHERE group_pk = :group"

GRANTS_OF_GROUP = """
SELECT r.type, r.id, r.name, a.action
FROM access_grants AS a CROSS JOIN resources AS r
WHERE a.group_pk = :group AND r.pk = a.resource_pk
ORDER BY a.resource_pk, a.pk
LIMIT :limit
"""
