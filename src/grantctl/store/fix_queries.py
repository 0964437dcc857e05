"""The SQL that finds what a fix could change: one named constant a query, by engine where it must.

Owns the statements that `fix_reader` runs. `:groups` is a JSON array of the pks of groups, which
each engine opens in its own words; `:now` is in microseconds since 1970, UTC.
"""

from __future__ import annotations

# Which groups set a permission true, or one under a category.
GIVING = """
SELECT f.group_pk, p.key
FROM permissions AS p CROSS JOIN group_permissions AS f
WHERE (p.key = :key OR substr(p.key, 1, :length) = :prefix)
  AND f.permission_pk = p.pk AND f.allowed
"""

_LISTED_SQLITE = """
WITH RECURSIVE listed(pk) AS (SELECT value FROM json_each(:groups))
"""

_LISTED_POSTGRES = """
WITH RECURSIVE listed(pk) AS (
  SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:groups AS json))
)
"""

# These groups, those first whose members hold fewest permissions that the user lacks.
_RANKED = """
, held(pk) AS (
  SELECT group_pk FROM memberships
  WHERE user_pk = :user AND (expires_at IS NULL OR expires_at > :now)
  UNION
  SELECT g.parent_pk FROM held CROSS JOIN groups AS g
  WHERE g.pk = held.pk AND g.parent_pk IS NOT NULL
), had(pk) AS (
  SELECT pk FROM permissions WHERE default_allowed
  UNION
  SELECT f.permission_pk FROM held CROSS JOIN group_permissions AS f
  WHERE f.group_pk = held.pk AND f.allowed
), reach(start, pk) AS (
  SELECT pk, pk FROM listed
  UNION
  SELECT reach.start, g.parent_pk FROM reach CROSS JOIN groups AS g
  WHERE g.pk = reach.pk AND g.parent_pk IS NOT NULL
)
SELECT g.pk, count(DISTINCT f.permission_pk) AS gained
FROM reach CROSS JOIN groups AS g
LEFT JOIN group_permissions AS f
  ON f.group_pk = reach.pk AND f.allowed AND f.permission_pk NOT IN (SELECT pk FROM had)
WHERE g.pk = reach.start
GROUP BY g.pk, g.name
ORDER BY gained, g.name, g.pk
LIMIT :limit
"""

_FLAGS = """
SELECT f.group_pk, p.key, f.allowed
FROM listed CROSS JOIN group_permissions AS f CROSS JOIN permissions AS p
WHERE f.group_pk = listed.pk AND p.pk = f.permission_pk
"""

# These groups, those first with fewest memberships, those of the groups below them included.
_SMALLEST = """
, under(start, pk) AS (
  SELECT pk, pk FROM listed
  UNION
  SELECT under.start, g.pk FROM under CROSS JOIN groups AS g WHERE g.parent_pk = under.pk
)
SELECT under.start, count(m.user_pk) AS size
FROM under LEFT JOIN memberships AS m ON m.group_pk = under.pk
GROUP BY under.start
ORDER BY size, under.start
LIMIT :limit
"""

RANKED_SQLITE = _LISTED_SQLITE + _RANKED
RANKED_POSTGRES = _LISTED_POSTGRES + _RANKED
SMALLEST_SQLITE = _LISTED_SQLITE + _SMALLEST
SMALLEST_POSTGRES = _LISTED_POSTGRES + _SMALLEST
FLAGS_SQLITE = _LISTED_SQLITE + _FLAGS
FLAGS_POSTGRES = _LISTED_POSTGRES + _FLAGS

OTHER_ADMINS = """
SELECT count(*) FROM (SELECT pk FROM users WHERE role = 'admin' AND pk <> :user LIMIT 1) AS others
"""

WAITING = "SELECT pk FROM resources WHERE missing_base = :missing ORDER BY pk"
