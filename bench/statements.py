"""The floor's SQL: one statement a question, with indexes for it and values bound.

Owns the statements for permissions and for lists. They know roles, expiry, defaults and direct
memberships; `NESTED_CHECK` follows parents as well.
"""

from __future__ import annotations

# The order of the joins is fixed: SQLite would look at the flags of all groups first.
CHECK = """
SELECT CASE u.role WHEN 'pending' THEN 0 WHEN 'admin' THEN 1 ELSE p.default_allowed OR EXISTS (
  SELECT 1 FROM memberships AS m CROSS JOIN group_permissions AS f
  WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
    AND f.group_pk = m.group_pk AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u CROSS JOIN permissions AS p WHERE u.id = ? AND p.key = ?
"""

NESTED_CHECK = """
SELECT CASE u.role WHEN 'pending' THEN 0 WHEN 'admin' THEN 1 ELSE p.default_allowed OR EXISTS (
  WITH RECURSIVE held(pk) AS (
    SELECT group_pk FROM memberships AS m
    WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
    UNION
    SELECT g.parent_pk FROM held CROSS JOIN groups AS g
    WHERE g.pk = held.pk AND g.parent_pk IS NOT NULL
  )
  SELECT 1 FROM held CROSS JOIN group_permissions AS f
  WHERE f.group_pk = held.pk AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u CROSS JOIN permissions AS p WHERE u.id = ? AND p.key = ?
"""

POSTGRES_CHECK = """
SELECT CASE u.role WHEN 'pending' THEN false WHEN 'admin' THEN true
  ELSE p.default_allowed OR EXISTS (
    SELECT 1 FROM memberships AS m JOIN group_permissions AS f ON f.group_pk = m.group_pk
    WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > %s)
      AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u, permissions AS p WHERE u.id = %s AND p.key = %s
"""

# Whoever is neither an admin nor in a group that gives it lacks a permission that no default gives.
WHO_CAN = """
SELECT u.email FROM users AS u
WHERE u.role = 'admin' OR u.role = 'user' AND EXISTS (
  SELECT 1 FROM memberships AS m CROSS JOIN group_permissions AS f
  WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
    AND f.group_pk = m.group_pk AND f.allowed
    AND f.permission_pk = (SELECT pk FROM permissions WHERE key = ? AND NOT default_allowed)
)
"""

# What a user may do to resources of a type by owning them, by a grant, or by a group's.
REACHED = """
SELECT r.type || ':' || r.id FROM resources AS r WHERE r.pk IN (
  SELECT o.pk FROM users AS u CROSS JOIN resources AS o
  WHERE u.email = ?1 AND o.owner_pk = u.pk
  UNION ALL
  SELECT g.resource_pk FROM users AS u CROSS JOIN access_grants AS g
  WHERE u.email = ?1 AND g.user_pk = u.pk AND g.action = ?2
  UNION ALL
  SELECT g.resource_pk FROM users AS u CROSS JOIN memberships AS m CROSS JOIN access_grants AS g
  WHERE u.email = ?1 AND m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?3)
    AND g.group_pk = m.group_pk AND g.action = ?2
) AND r.type = ?4
"""

# The same of an admin, who may do everything to every resource.
ALL_OF_TYPE = """
SELECT r.type || ':' || r.id FROM resources AS r WHERE r.type = ?
"""
