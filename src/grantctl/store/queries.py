"""The decision path's SQL: one named constant a query, for both engines.

Owns the statements that `reader` runs. Values are bound as `:name`; columns are listed in the order
of the fields that they fill. `CROSS JOIN … WHERE` fixes the order of the join: SQLite would put a
filter over all groups first otherwise. For the same reason the next group above is a subquery of
its own: as a join, SQLite reads every group for a Bloom filter first, once it has statistics.
"""

from __future__ import annotations

REVISION = "SELECT version_num FROM grantctl_revision"

USER_BY_REFERENCE = """
SELECT pk, id, email, name, role, 0 AS rank FROM users WHERE id = :reference
UNION ALL
SELECT pk, id, email, name, role, 1 AS rank FROM users WHERE email = :email
UNION ALL
SELECT * FROM (
  SELECT pk, id, email, name, role, 2 AS rank FROM users WHERE name = :reference LIMIT 6
) AS by_name
"""

GROUP_BY_REFERENCE = """
SELECT pk, id, name, parent_pk, 0 AS rank FROM groups WHERE id = :reference
UNION ALL
SELECT * FROM (
  SELECT pk, id, name, parent_pk, 1 AS rank FROM groups WHERE name = :reference LIMIT 6
) AS by_name
"""

# The permission of that key and the one that gates it.
PERMISSION_WITH_GATE = """
SELECT key, default_allowed, description, restricts, gated_by FROM permissions
WHERE key = :key OR key = (SELECT gated_by FROM permissions WHERE key = :key)
"""

CATALOGUE = """
SELECT key, default_allowed, description, restricts, gated_by FROM permissions
"""

# Every group that a user is in, directly or through a child; the membership where there is one.
HELD_GROUPS = """
WITH RECURSIVE held(pk) AS (
  SELECT group_pk FROM memberships WHERE user_pk = :user
  UNION
  SELECT (SELECT g.parent_pk FROM groups AS g WHERE g.pk = held.pk)
  FROM held WHERE held.pk IS NOT NULL
)
SELECT g.pk, g.id, g.name, g.parent_pk,
       m.user_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM memberships AS m CROSS JOIN groups AS g
WHERE m.user_pk = :user AND g.pk = m.group_pk
UNION ALL
SELECT g.pk, g.id, g.name, g.parent_pk, NULL, NULL, NULL, NULL, NULL
FROM held CROSS JOIN groups AS g
WHERE g.pk = held.pk AND NOT EXISTS (
  SELECT 1 FROM memberships AS m WHERE m.user_pk = :user AND m.group_pk = held.pk
)
"""

HELD_FLAGS_OF_TWO = """
WITH RECURSIVE held(pk) AS (
  SELECT group_pk FROM memberships WHERE user_pk = :user
  UNION
  SELECT (SELECT g.parent_pk FROM groups AS g WHERE g.pk = held.pk)
  FROM held WHERE held.pk IS NOT NULL
)
SELECT f.group_pk, p.key, f.allowed
FROM permissions AS p CROSS JOIN held CROSS JOIN group_permissions AS f
WHERE p.key IN (:key, :gate) AND f.group_pk = held.pk AND f.permission_pk = p.pk
"""

HELD_FLAGS = """
WITH RECURSIVE held(pk) AS (
  SELECT group_pk FROM memberships WHERE user_pk = :user
  UNION
  SELECT (SELECT g.parent_pk FROM groups AS g WHERE g.pk = held.pk)
  FROM held WHERE held.pk IS NOT NULL
)
SELECT f.group_pk, p.key, f.allowed
FROM held CROSS JOIN group_permissions AS f CROSS JOIN permissions AS p
WHERE f.group_pk = held.pk AND p.pk = f.permission_pk
"""

# Groups that set a permission true: for advice.
GRANTING_GROUPS = """
SELECT p.key, g.pk, g.id, g.name, g.parent_pk
FROM permissions AS p CROSS JOIN group_permissions AS f CROSS JOIN groups AS g
WHERE (p.key = :key OR substr(p.key, 1, :length) = :prefix)
  AND f.permission_pk = p.pk AND f.allowed AND g.pk = f.group_pk
ORDER BY g.name, g.pk
LIMIT 200
"""

# Names of groups, and the user's e-mail, that find something else first, or several.
TAKEN_NAMES = """
SELECT name FROM groups GROUP BY name HAVING count(*) > 1
UNION
SELECT g.name FROM groups AS g CROSS JOIN groups AS other
WHERE other.id = g.name AND other.pk <> g.pk
UNION
SELECT u.email FROM users AS u CROSS JOIN users AS other
WHERE u.pk = :user AND other.id = u.email AND other.pk <> u.pk
"""

ALL_GROUPS = """
SELECT pk, id, name, parent_pk FROM groups
"""

FLAGS_OF_KEY = """
SELECT f.group_pk, p.key, f.allowed
FROM permissions AS p CROSS JOIN group_permissions AS f
WHERE (p.key = :key OR substr(p.key, 1, :length) = :prefix) AND f.permission_pk = p.pk
"""

# A row a membership, and one for each user without any.
USERS_WITH_MEMBERSHIPS = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
ORDER BY u.pk
"""

USERS_OF_ROLE_WITH_MEMBERSHIPS = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.role = :role
ORDER BY u.pk
"""

# The same as of all users for those only to whom a group or their role may give the permission.
CANDIDATES_WITH_MEMBERSHIPS = """
WITH RECURSIVE granting(pk) AS (
  SELECT f.group_pk FROM permissions AS p CROSS JOIN group_permissions AS f
  WHERE (p.key = :key OR substr(p.key, 1, :length) = :prefix)
    AND f.permission_pk = p.pk AND f.allowed
  UNION
  SELECT g.pk FROM granting CROSS JOIN groups AS g WHERE g.parent_pk = granting.pk
)
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.pk IN (
  SELECT pk FROM users WHERE role = 'admin'
  UNION
  SELECT c.user_pk FROM granting CROSS JOIN memberships AS c WHERE c.group_pk = granting.pk
)
ORDER BY u.pk
"""

# Members of a group, directly or through a group below it, with all of their memberships.
MEMBERS_WITH_MEMBERSHIPS = """
WITH RECURSIVE below(pk) AS (
  SELECT pk FROM groups WHERE pk = :group
  UNION
  SELECT g.pk FROM below CROSS JOIN groups AS g WHERE g.parent_pk = below.pk
)
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.pk IN (
  SELECT c.user_pk FROM below CROSS JOIN memberships AS c WHERE c.group_pk = below.pk
)
ORDER BY u.pk
"""

ALL_FLAGS = """
SELECT f.group_pk, p.key, f.allowed
FROM group_permissions AS f CROSS JOIN permissions AS p
WHERE p.pk = f.permission_pk
"""

# Names for shell completion and did-you-mean; `:upper` is what no name with the prefix reaches.
EMAILS_FROM = """
SELECT email FROM users WHERE email >= :prefix AND email < :upper ORDER BY email LIMIT :limit
"""

USER_NAMES_FROM = """
SELECT name FROM users WHERE name >= :prefix AND name < :upper ORDER BY name LIMIT :limit
"""

GROUP_NAMES_FROM = """
SELECT name FROM groups WHERE name >= :prefix AND name < :upper ORDER BY name LIMIT :limit
"""

TABLE_NAMES_SQLITE = """
SELECT name FROM sqlite_master WHERE type = 'table'
"""

TABLE_NAMES_POSTGRES = """
SELECT relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n
  ON n.oid = c.relnamespace
WHERE n.nspname = ANY (current_schemas(false)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
