"""The SQL of readings under assumptions: one named constant a query.

Owns the statements that `assumed_reader` runs where those of `queries` and `resource_queries` do
not reach far enough. Lists of pks are one JSON array, which each engine opens in its own words.
"""

from __future__ import annotations

# A group and all above it.
GROUPS_ABOVE = """
WITH RECURSIVE above(pk) AS (
  SELECT pk FROM groups WHERE pk = :group
  UNION
  SELECT g.parent_pk FROM above CROSS JOIN groups AS g
  WHERE g.pk = above.pk AND g.parent_pk IS NOT NULL
)
SELECT g.pk, g.id, g.name, g.parent_pk
FROM above CROSS JOIN groups AS g
WHERE g.pk = above.pk
"""

FLAGS_ABOVE = """
WITH RECURSIVE above(pk) AS (
  SELECT pk FROM groups WHERE pk = :group
  UNION
  SELECT g.parent_pk FROM above CROSS JOIN groups AS g
  WHERE g.pk = above.pk AND g.parent_pk IS NOT NULL
)
SELECT f.group_pk, p.key, f.allowed
FROM above CROSS JOIN group_permissions AS f CROSS JOIN permissions AS p
WHERE f.group_pk = above.pk AND p.pk = f.permission_pk
"""

# Admins and the direct members of these groups, with all of their memberships.
MEMBERS_SQLITE = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.pk IN (
  SELECT pk FROM users WHERE role = 'admin'
  UNION
  SELECT c.user_pk FROM json_each(:groups) AS k CROSS JOIN memberships AS c
  WHERE c.group_pk = k.value
)
ORDER BY u.pk
"""

MEMBERS_POSTGRES = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.pk IN (
  SELECT pk FROM users WHERE role = 'admin'
  UNION
  SELECT c.user_pk
  FROM json_array_elements_text(CAST(:groups AS json)) AS k(value) CROSS JOIN memberships AS c
  WHERE c.group_pk = CAST(k.value AS bigint)
)
ORDER BY u.pk
"""

# Resources of a type in the order of their ids, a row a grant and one for each without any: those
# that one of these users may reach, who hold these groups.
REACHABLE_SQLITE = """
SELECT r.pk, r.type, r.id, r.name, r.is_public,
       r.owner_pk, o.id, o.email, r.missing_owner, r.base_pk, r.missing_base,
       a.resource_pk, a.action, a.principal_type,
       a.user_pk, u.id, u.email, a.group_pk, g.id, g.name, a.missing_id
FROM resources AS r LEFT JOIN users AS o ON o.pk = r.owner_pk
LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
LEFT JOIN users AS u ON u.pk = a.user_pk LEFT JOIN groups AS g ON g.pk = a.group_pk
WHERE r.type = :type AND (
  r.is_public
  OR r.owner_pk IN (SELECT value FROM json_each(:users))
  OR r.pk IN (SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone')
  OR r.pk IN (
    SELECT c.resource_pk FROM json_each(:users) AS k CROSS JOIN access_grants AS c
    WHERE c.user_pk = k.value
  )
  OR r.pk IN (
    SELECT c.resource_pk FROM json_each(:groups) AS k CROSS JOIN access_grants AS c
    WHERE c.group_pk = k.value
  )
)
ORDER BY r.id
"""

REACHABLE_POSTGRES = """
SELECT r.pk, r.type, r.id, r.name, r.is_public,
       r.owner_pk, o.id, o.email, r.missing_owner, r.base_pk, r.missing_base,
       a.resource_pk, a.action, a.principal_type,
       a.user_pk, u.id, u.email, a.group_pk, g.id, g.name, a.missing_id
FROM resources AS r LEFT JOIN users AS o ON o.pk = r.owner_pk
LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
LEFT JOIN users AS u ON u.pk = a.user_pk LEFT JOIN groups AS g ON g.pk = a.group_pk
WHERE r.type = :type AND (
  r.is_public
  OR r.owner_pk IN (
    SELECT CAST(k.value AS bigint)
    FROM json_array_elements_text(CAST(:users AS json)) AS k(value)
  )
  OR r.pk IN (SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone')
  OR r.pk IN (
    SELECT c.resource_pk
    FROM json_array_elements_text(CAST(:users AS json)) AS k(value) CROSS JOIN access_grants AS c
    WHERE c.user_pk = CAST(k.value AS bigint)
  )
  OR r.pk IN (
    SELECT c.resource_pk
    FROM json_array_elements_text(CAST(:groups AS json)) AS k(value) CROSS JOIN access_grants AS c
    WHERE c.group_pk = CAST(k.value AS bigint)
  )
)
ORDER BY r.id
"""
