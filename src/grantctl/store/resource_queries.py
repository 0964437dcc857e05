"""The decision path's SQL about resources: one named constant a query, for both engines.

Owns the statements that `resource_reader` runs. Values are bound as `:name`; columns are listed in
the order of the fields that they fill. `CROSS JOIN … WHERE` fixes the order of a join, as in
`queries`.
"""

from __future__ import annotations

RESOURCE_PK = "SELECT pk FROM resources WHERE type = :type AND id = :id"

# The resource, its base, that one's base and so on, down to a depth; in a circle some come again.
CHAIN = """
WITH RECURSIVE chain(pk, depth) AS (
  SELECT pk, 0 FROM resources WHERE pk = :resource
  UNION ALL
  SELECT (SELECT r.base_pk FROM resources AS r WHERE r.pk = chain.pk), chain.depth + 1
  FROM chain WHERE chain.pk IS NOT NULL AND chain.depth < :deepest
)
SELECT r.pk, r.type, r.id, r.name, r.is_public,
       r.owner_pk, u.id, u.email, r.missing_owner, r.base_pk, r.missing_base
FROM chain CROSS JOIN resources AS r LEFT JOIN users AS u ON u.pk = r.owner_pk
WHERE r.pk = chain.pk
"""

GRANTS_OF_CHAIN = """
WITH RECURSIVE chain(pk, depth) AS (
  SELECT pk, 0 FROM resources WHERE pk = :resource
  UNION ALL
  SELECT (SELECT r.base_pk FROM resources AS r WHERE r.pk = chain.pk), chain.depth + 1
  FROM chain WHERE chain.pk IS NOT NULL AND chain.depth < :deepest
)
SELECT a.resource_pk, a.action, a.principal_type,
       a.user_pk, u.id, u.email, a.group_pk, g.id, g.name, a.missing_id
FROM (SELECT DISTINCT pk FROM chain) AS hops CROSS JOIN access_grants AS a
LEFT JOIN users AS u ON u.pk = a.user_pk LEFT JOIN groups AS g ON g.pk = a.group_pk
WHERE a.resource_pk = hops.pk
"""

POLICY = "SELECT value FROM policy_settings WHERE key = :policy"

# Admins, the owner, and to whom a grant of the action gives it: who else may not do it.
CANDIDATES_WITH_MEMBERSHIPS = """
WITH RECURSIVE granted(pk) AS (
  SELECT group_pk FROM access_grants
  WHERE resource_pk = :resource AND action = :action AND group_pk IS NOT NULL
  UNION
  SELECT g.pk FROM granted CROSS JOIN groups AS g WHERE g.parent_pk = granted.pk
)
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.pk IN (
  SELECT pk FROM users WHERE role = 'admin'
  UNION
  SELECT owner_pk FROM resources WHERE pk = :resource AND owner_pk IS NOT NULL
  UNION
  SELECT user_pk FROM access_grants
  WHERE resource_pk = :resource AND action = :action AND user_pk IS NOT NULL
  UNION
  SELECT c.user_pk FROM granted CROSS JOIN memberships AS c WHERE c.group_pk = granted.pk
)
ORDER BY u.pk
"""

# Resources of a type in the order of their ids, a row a grant and one for each without any.
RESOURCES_OF_TYPE = """
SELECT r.pk, r.type, r.id, r.name, r.is_public,
       r.owner_pk, o.id, o.email, r.missing_owner, r.base_pk, r.missing_base,
       a.resource_pk, a.action, a.principal_type,
       a.user_pk, u.id, u.email, a.group_pk, g.id, g.name, a.missing_id
FROM resources AS r LEFT JOIN users AS o ON o.pk = r.owner_pk
LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
LEFT JOIN users AS u ON u.pk = a.user_pk LEFT JOIN groups AS g ON g.pk = a.group_pk
WHERE r.type = :type
ORDER BY r.id
"""

# The same for those only that the user may reach: by their state, their owner, or a grant to the
# user, to everyone, or to a group that the user is or was in, directly or through a child.
REACHABLE_OF_TYPE = """
WITH RECURSIVE held(pk) AS (
  SELECT group_pk FROM memberships WHERE user_pk = :user
  UNION
  SELECT g.parent_pk FROM held CROSS JOIN groups AS g
  WHERE g.pk = held.pk AND g.parent_pk IS NOT NULL
)
SELECT r.pk, r.type, r.id, r.name, r.is_public,
       r.owner_pk, o.id, o.email, r.missing_owner, r.base_pk, r.missing_base,
       a.resource_pk, a.action, a.principal_type,
       a.user_pk, u.id, u.email, a.group_pk, g.id, g.name, a.missing_id
FROM resources AS r LEFT JOIN users AS o ON o.pk = r.owner_pk
LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
LEFT JOIN users AS u ON u.pk = a.user_pk LEFT JOIN groups AS g ON g.pk = a.group_pk
WHERE r.type = :type AND (
  r.is_public OR r.owner_pk = :user
  OR r.pk IN (SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone')
  OR r.pk IN (SELECT resource_pk FROM access_grants WHERE user_pk = :user)
  OR r.pk IN (
    SELECT c.resource_pk FROM held CROSS JOIN access_grants AS c WHERE c.group_pk = held.pk
  )
)
ORDER BY r.id
"""

HAS_TYPE = "SELECT 1 FROM resources WHERE type = :type LIMIT 1"

TYPES = "SELECT DISTINCT type FROM resources ORDER BY type"

REFS_OF_TYPE = "SELECT type, id FROM resources WHERE type = :type ORDER BY id"

# Names for shell completion and did-you-mean; `:upper` is what no name with the prefix reaches.
IDS_FROM = """
SELECT id FROM resources WHERE type = :type AND id >= :prefix AND id < :upper
ORDER BY id LIMIT :limit
"""
