"""The SQL of `doctor`: one named constant a query, for both engines unless its name says which.

Every query counts, or names the first few of what it counts (`count(*) OVER ()` is how many there
are in all); none is asked once a user. Each reads a table or an index once at most: what recurses
through groups keeps each group once. Times are microseconds since 1970, UTC.
"""

from __future__ import annotations

NOW_ON_POSTGRES = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"

NEWEST_EVENT = "SELECT max(at) FROM audit_events"

VERIFYING_KEYS = """
SELECT kid, state FROM signing_keys WHERE state IN ('active', 'passive') ORDER BY pk
"""

PRUNABLE_TOKENS = "SELECT count(*) FROM tokens WHERE expires_at <= :before"

PENDING_USERS = """
SELECT coalesce(email, id), count(*) OVER ()
FROM users WHERE role = 'pending' AND created_at <= :before
ORDER BY created_at, pk LIMIT 5
"""

# What restricts is no right: where it alone is true by default, nobody may anything by default.
OPEN_DEFAULTS = "SELECT count(*) FROM permissions WHERE default_allowed AND NOT restricts"

USERS_WITHOUT_GROUPS = """
SELECT coalesce(u.email, u.id), count(*) OVER ()
FROM users AS u
WHERE u.role = 'user' AND NOT EXISTS (
  SELECT 1 FROM memberships AS m
  WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
)
ORDER BY u.pk LIMIT 5
"""

# A group is filled by a member of its own, or by one of a group below it.
GROUPS_WITHOUT_MEMBERS = """
WITH RECURSIVE filled(pk) AS (
  SELECT g.pk FROM groups AS g
  WHERE EXISTS (
    SELECT 1 FROM memberships AS m
    WHERE m.group_pk = g.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
  )
  UNION
  SELECT g.parent_pk FROM filled CROSS JOIN groups AS g
  WHERE g.pk = filled.pk AND g.parent_pk IS NOT NULL
)
SELECT g.name, g.id, count(*) OVER ()
FROM groups AS g LEFT JOIN filled AS f ON f.pk = g.pk
WHERE f.pk IS NULL
ORDER BY g.name, g.id LIMIT 5
"""

# A group gives what it sets true or is granted, and what the groups above it give. One that others
# lie below may be there for their order alone.
GROUPS_WITHOUT_EFFECT = """
WITH RECURSIVE giving(pk) AS (
  SELECT group_pk FROM group_permissions WHERE allowed
  UNION
  SELECT group_pk FROM access_grants WHERE group_pk IS NOT NULL
  UNION
  SELECT g.pk FROM giving CROSS JOIN groups AS g WHERE g.parent_pk = giving.pk
)
SELECT g.name, g.id, count(*) OVER ()
FROM groups AS g LEFT JOIN giving AS f ON f.pk = g.pk
WHERE f.pk IS NULL AND NOT EXISTS (SELECT 1 FROM groups AS c WHERE c.parent_pk = g.pk)
ORDER BY g.name, g.id LIMIT 5
"""

# `+` keeps SQLite from grouping by an index that lacks the time: a look-up for each membership.
EXPIRED_MEMBERSHIPS = """
SELECT g.name, g.id, count(*) OVER (), e.expired, sum(e.expired) OVER ()
FROM (
  SELECT +m.group_pk AS group_pk, count(*) AS expired
  FROM memberships AS m WHERE m.expires_at <= :now
  GROUP BY +m.group_pk
) AS e CROSS JOIN groups AS g
WHERE g.pk = e.group_pk
ORDER BY g.name, g.id LIMIT 5
"""

# SQLite keeps whatever was written; Postgres knows booleans.
BROKEN_FLAGS_ON_SQLITE = """
SELECT object, count(*) OVER () FROM (
  SELECT 'default of ' || key AS object FROM permissions
  WHERE typeof(default_allowed) <> 'integer' OR default_allowed NOT IN (0, 1)
  UNION ALL
  SELECT p.key || ' of group ' || g.name
  FROM group_permissions AS f CROSS JOIN permissions AS p CROSS JOIN groups AS g
  WHERE (typeof(f.allowed) <> 'integer' OR f.allowed NOT IN (0, 1))
    AND p.pk = f.permission_pk AND g.pk = f.group_pk
) AS broken
ORDER BY 1 LIMIT 5
"""

DEFAULTS = "SELECT pk, key, default_allowed FROM permissions ORDER BY key"

FLAGS = "SELECT group_pk, permission_pk, allowed FROM group_permissions"

# Which groups users are in directly, each combination once: of a million users there are few. The
# primary key brings a user's memberships in order, so that one combination has one spelling.
COMBINATIONS_ON_SQLITE = """
SELECT DISTINCT held FROM (
  SELECT group_concat(m.group_pk) AS held
  FROM memberships AS m
  WHERE (m.expires_at IS NULL OR m.expires_at > :now)
    AND m.user_pk NOT IN (SELECT pk FROM users WHERE role = 'admin')
  GROUP BY m.user_pk
) AS combinations
"""

COMBINATIONS_ON_POSTGRES = """
SELECT DISTINCT held FROM (
  SELECT string_agg(CAST(m.group_pk AS text), ',' ORDER BY m.group_pk) AS held
  FROM memberships AS m
  WHERE (m.expires_at IS NULL OR m.expires_at > :now)
    AND m.user_pk NOT IN (SELECT pk FROM users WHERE role = 'admin')
  GROUP BY m.user_pk
) AS combinations
"""

# As text on both engines: what a driver makes of broken JSON is an error of its own.
POLICIES = "SELECT key, CAST(value AS text) FROM policy_settings ORDER BY key"

GROUP_NAME = "SELECT name FROM groups WHERE id = :group"
