"""The SQL of quick answers: one named constant a question.

Owns the statements that `quick` and `directory_cache` run. Values are bound as `:name`; columns are
listed in the order in which they are read. `CROSS JOIN … WHERE` fixes the order of the join.
"""

from __future__ import annotations

# A number that is another one after any commit of somebody else's (SQLite alone).
DATA_VERSION = "PRAGMA data_version"

# Up to 32 MB of the file are kept, which spares large databases a call of the system for each page.
PAGE_CACHE = "PRAGMA cache_size = -32000"

# The user's role, and a row for each group that it is in directly; one without any otherwise.
MEMBER_BY_ID = """
SELECT u.role, m.group_pk, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.id = :reference
"""

MEMBER_BY_EMAIL = """
SELECT u.role, m.group_pk, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.email = :reference
"""

# The same for many users; for SQLite, then for Postgres. Groups stand in one text, since each row
# that is handed over costs; `!` is in place of one that the user leaves some day (see the next).
MEMBERS_BY_IDS = (
    """
SELECT u.role, u.pk, u.id, (
  SELECT group_concat(CASE WHEN m.expires_at IS NULL THEN m.group_pk ELSE '!' END)
  FROM memberships AS m WHERE m.user_pk = u.pk
)
FROM json_each(:values) AS asked CROSS JOIN users AS u
WHERE u.id = asked.value
""",
    """
SELECT u.role, u.pk, u.id, (
  SELECT string_agg(CASE WHEN m.expires_at IS NULL THEN m.group_pk::text ELSE '!' END, ',')
  FROM memberships AS m WHERE m.user_pk = u.pk
)
FROM users AS u WHERE u.id = ANY (:values)
""",
)

GROUPS_OF_USERS = (
    """
SELECT m.user_pk, m.group_pk, m.expires_at
FROM json_each(:values) AS asked CROSS JOIN memberships AS m
WHERE m.user_pk = asked.value
""",
    "SELECT user_pk, group_pk, expires_at FROM memberships WHERE user_pk = ANY (:values)",
)

# The user, and a row for each group that it is or was in directly; one without any otherwise.
PERSON_BY_ID = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.id = :reference
"""

PERSON_BY_EMAIL = """
SELECT u.pk, u.id, u.email, u.name, u.role,
       m.group_pk, m.source, m.added_by, m.added_at, m.expires_at
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.email = :reference
"""

GROUP = "SELECT pk, id, name, parent_pk FROM groups WHERE pk = :group"

FLAGS_OF_GROUP = """
SELECT f.group_pk, p.key, f.allowed
FROM group_permissions AS f CROSS JOIN permissions AS p
WHERE f.group_pk = :group AND p.pk = f.permission_pk
"""

# Every group that has one above it. A group is above only where there is such a group.
CHILDREN = """
SELECT parent_pk, pk FROM groups WHERE parent_pk IS NOT NULL
"""

# What each group, of those that there are, says of a permission.
FLAGS_OF_LEAF = """
SELECT f.group_pk, p.key, f.allowed
FROM permissions AS p CROSS JOIN group_permissions AS f CROSS JOIN groups AS g
WHERE p.key = :key AND f.permission_pk = p.pk AND g.pk = f.group_pk
"""

# The snapshot of the statement: which transactions are over, so what it sees (Postgres alone). Not
# told by a standby, which leaves out those that are not over.
SNAPSHOT = """
SELECT pg_current_snapshot()::text WHERE NOT pg_is_in_recovery()
"""

# The user's role and groups, as in MEMBER_BY_ID, with the statement's snapshot (Postgres alone).
MEMBER_IN_SNAPSHOT = """
SELECT u.role, m.group_pk, m.expires_at,
       (SELECT pg_current_snapshot()::text WHERE NOT pg_is_in_recovery())
FROM users AS u LEFT JOIN memberships AS m ON m.user_pk = u.pk
WHERE u.pk = coalesce(
  (SELECT pk FROM users WHERE id = :reference), (SELECT pk FROM users WHERE email = :email)
)
"""

# All that one verdict needs (Postgres alone): a row for each leaf that is asked for, with whether
# any group that the user holds now sets it true. The range is that of all keys under a category.
# Groups above are looked for only where one of the user's has one.
ONE_VERDICT = """
SELECT (SELECT version_num FROM grantctl_revision), u.role, p.key, p.default_allowed,
  EXISTS (
    SELECT 1 FROM memberships AS m JOIN groups AS g ON g.pk = m.group_pk
    JOIN group_permissions AS f ON f.group_pk = m.group_pk
    WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
      AND f.permission_pk = p.pk AND f.allowed
  ) OR CASE WHEN EXISTS (
    SELECT 1 FROM memberships AS m JOIN groups AS g ON g.pk = m.group_pk
    WHERE m.user_pk = u.pk AND g.parent_pk IS NOT NULL
  ) THEN EXISTS (
    WITH RECURSIVE held(pk) AS (
      SELECT m.group_pk FROM memberships AS m
      WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
      UNION
      SELECT g.parent_pk FROM held JOIN groups AS g ON g.pk = held.pk
      WHERE g.parent_pk IS NOT NULL
    )
    SELECT 1 FROM held JOIN groups AS g ON g.pk = held.pk
    JOIN group_permissions AS f ON f.group_pk = held.pk
    WHERE f.permission_pk = p.pk AND f.allowed
  ) ELSE false END,
  (SELECT pg_current_snapshot()::text WHERE NOT pg_is_in_recovery())
FROM users AS u CROSS JOIN permissions AS p
WHERE u.pk = coalesce(
    (SELECT pk FROM users WHERE id = :reference), (SELECT pk FROM users WHERE email = :email)
  ) AND (p.key = :key OR (p.key >= :first AND p.key < :beyond))
"""

GENERIC_PLANS = "SET plan_cache_mode = force_generic_plan"

# Every user in the order of their making, and whether it is in one of these groups directly now;
# for SQLite, then for Postgres. A time that is none counts for nothing. `+` has SQLite look at the
# few groups of a user, and not for each of the many that are given.
USERS_IN_GROUPS = (
    """
SELECT coalesce(nullif(u.email, ''), u.id), u.role, EXISTS (
  SELECT 1 FROM memberships AS m
  WHERE m.user_pk = u.pk AND +m.group_pk IN (SELECT value FROM json_each(:values))
    AND (m.expires_at IS NULL OR (typeof(m.expires_at) = 'integer' AND m.expires_at > :now))
)
FROM users AS u ORDER BY u.pk
""",
    """
SELECT coalesce(nullif(u.email, ''), u.id), u.role, EXISTS (
  SELECT 1 FROM memberships AS m
  WHERE m.user_pk = u.pk AND m.group_pk = ANY (:values)
    AND (m.expires_at IS NULL OR m.expires_at > :now)
)
FROM users AS u ORDER BY u.pk
""",
)

# The same of those only who are in one of them, or have a role that may decide.
CANDIDATES_IN_GROUPS = (
    """
SELECT coalesce(nullif(u.email, ''), u.id), u.role, EXISTS (
  SELECT 1 FROM memberships AS m
  WHERE m.user_pk = u.pk AND +m.group_pk IN (SELECT value FROM json_each(:values))
    AND (m.expires_at IS NULL OR (typeof(m.expires_at) = 'integer' AND m.expires_at > :now))
)
FROM users AS u
WHERE u.pk IN (
  SELECT pk FROM users WHERE role = 'admin'
  UNION
  SELECT c.user_pk FROM json_each(:values) AS asked CROSS JOIN memberships AS c
  WHERE c.group_pk = asked.value
)
ORDER BY u.pk
""",
    """
SELECT coalesce(nullif(u.email, ''), u.id), u.role, EXISTS (
  SELECT 1 FROM memberships AS m
  WHERE m.user_pk = u.pk AND m.group_pk = ANY (:values)
    AND (m.expires_at IS NULL OR m.expires_at > :now)
)
FROM users AS u
WHERE u.pk IN (
  SELECT pk FROM users WHERE role = 'admin'
  UNION
  SELECT user_pk FROM memberships WHERE group_pk = ANY (:values)
)
ORDER BY u.pk
""",
)

USERS = "SELECT coalesce(nullif(email, ''), id), role FROM users ORDER BY pk"

COUNT_GROUPS = "SELECT count(*) FROM groups"
