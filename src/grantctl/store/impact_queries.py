"""The SQL that counts whom a change reaches: one named constant a query, by engine where it must.

Owns the statements that `impact_reader` runs. Sets come as JSON arrays, which each engine opens in
its own words: `:within_groups` and `:within_users` are looked at, `:without_groups` and
`:without_users` are not meant, `:held_groups` are asked after. `:gates` are the numbers of sets
that must all be passed, whose groups and users are pairs of number and pk. Only users of `:role`
and `:other_role` count, and memberships that have not expired at `:now` (microseconds since 1970,
UTC).

A `+` keeps SQLite from looking up each group of a set for each user: a user has few memberships.
"""

from __future__ import annotations

PARENTS = "SELECT pk, parent_pk FROM groups"

GRANTING = """
SELECT f.group_pk FROM permissions AS p CROSS JOIN group_permissions AS f
WHERE p.key = :key AND f.permission_pk = p.pk AND f.allowed
"""

FLAGS_OF_GROUP = """
SELECT f.group_pk, p.key, f.allowed
FROM group_permissions AS f CROSS JOIN permissions AS p
WHERE f.group_pk = :group AND p.pk = f.permission_pk
"""

# What is granted to a group: the resource and the action.
GRANTED_TO_GROUP = """
SELECT a.resource_pk, a.action FROM access_grants AS a WHERE a.group_pk = :group
"""

# A resource and all that are made of it, directly or not.
MADE_OF = """
WITH RECURSIVE made(pk) AS (
  SELECT pk FROM resources WHERE pk = :resource
  UNION
  SELECT r.pk FROM made CROSS JOIN resources AS r WHERE r.base_pk = made.pk
)
SELECT pk FROM made
"""

# The memberships of everybody who is looked at, a user's together; one row for who has none.
MEMBERSHIPS_SQLITE = """
SELECT u.pk, u.role, m.group_pk
FROM (
  SELECT c.user_pk AS pk
  FROM json_each(:within_groups) AS w CROSS JOIN memberships AS c
  WHERE c.group_pk = w.value AND (c.expires_at IS NULL OR c.expires_at > :now)
  UNION
  SELECT value FROM json_each(:within_users)
) AS looked_at CROSS JOIN users AS u
LEFT JOIN memberships AS m
  ON m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
WHERE u.pk = looked_at.pk AND u.role IN (:role, :other_role)
ORDER BY u.pk
"""

MEMBERSHIPS_POSTGRES = """
SELECT u.pk, u.role, m.group_pk
FROM users AS u LEFT JOIN memberships AS m
  ON m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
WHERE u.pk IN (
  SELECT c.user_pk
  FROM json_array_elements_text(CAST(:within_groups AS json)) AS w(value)
  CROSS JOIN memberships AS c
  WHERE c.group_pk = CAST(w.value AS bigint) AND (c.expires_at IS NULL OR c.expires_at > :now)
  UNION
  SELECT CAST(k.value AS bigint)
  FROM json_array_elements_text(CAST(:within_users AS json)) AS k(value)
) AND u.role IN (:role, :other_role)
ORDER BY u.pk
"""

EVERYBODYS_MEMBERSHIPS = """
SELECT u.pk, u.role, m.group_pk
FROM users AS u LEFT JOIN memberships AS m
  ON m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
WHERE u.role IN (:role, :other_role)
ORDER BY u.pk
"""

ROLES = "SELECT role, count(*) FROM users GROUP BY role"

ROLES_OF_MEMBERS_SQLITE = """
SELECT u.role, count(*)
FROM (
  SELECT DISTINCT c.user_pk AS pk
  FROM json_each(:within_groups) AS w CROSS JOIN memberships AS c
  WHERE c.group_pk = w.value AND (c.expires_at IS NULL OR c.expires_at > :now)
) AS looked_at CROSS JOIN users AS u
WHERE u.pk = looked_at.pk
GROUP BY u.role
"""

ROLES_OF_MEMBERS_POSTGRES = """
SELECT u.role, count(*)
FROM users AS u
WHERE u.pk IN (
  SELECT c.user_pk
  FROM json_array_elements_text(CAST(:within_groups AS json)) AS w(value)
  CROSS JOIN memberships AS c
  WHERE c.group_pk = CAST(w.value AS bigint) AND (c.expires_at IS NULL OR c.expires_at > :now)
)
GROUP BY u.role
"""

# Memberships in some groups, of whoever is of the role.
HELD_SQLITE = """
SELECT m.user_pk, m.group_pk
FROM memberships AS m
WHERE +m.group_pk IN (SELECT value FROM json_each(:held_groups))
  AND (m.expires_at IS NULL OR m.expires_at > :now)
  AND m.user_pk NOT IN (SELECT pk FROM users WHERE role <> :role)
ORDER BY m.user_pk
"""

HELD_POSTGRES = """
SELECT m.user_pk, m.group_pk
FROM memberships AS m
WHERE m.group_pk IN (
  SELECT CAST(k.value AS bigint)
  FROM json_array_elements_text(CAST(:held_groups AS json)) AS k(value)
)
  AND (m.expires_at IS NULL OR m.expires_at > :now)
  AND m.user_pk NOT IN (SELECT pk FROM users WHERE role <> :role)
ORDER BY m.user_pk
"""

USERS_SQLITE = """
SELECT u.pk, u.id, u.email, u.name, u.role
FROM json_each(:within_users) AS w CROSS JOIN users AS u WHERE u.pk = w.value
"""

USERS_POSTGRES = """
SELECT u.pk, u.id, u.email, u.name, u.role
FROM json_array_elements_text(CAST(:within_users AS json)) AS w(value) CROSS JOIN users AS u
WHERE u.pk = CAST(w.value AS bigint)
"""

_SETS_ON_SQLITE = """
WITH within_groups(pk) AS MATERIALIZED (SELECT value FROM json_each(:within_groups)),
within_users(pk) AS MATERIALIZED (SELECT value FROM json_each(:within_users)),
without_groups(pk) AS MATERIALIZED (SELECT value FROM json_each(:without_groups)),
without_users(pk) AS MATERIALIZED (SELECT value FROM json_each(:without_users)),
gates(gate) AS MATERIALIZED (SELECT value FROM json_each(:gates)),
gate_groups(gate, pk) AS MATERIALIZED (
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:gate_groups)
),
gate_users(gate, pk) AS MATERIALIZED (
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:gate_users)
)
"""

_SETS_ON_POSTGRES = """
WITH within_groups(pk) AS MATERIALIZED (
  SELECT CAST(k.value AS bigint)
  FROM json_array_elements_text(CAST(:within_groups AS json)) AS k(value)
),
within_users(pk) AS MATERIALIZED (
  SELECT CAST(k.value AS bigint)
  FROM json_array_elements_text(CAST(:within_users AS json)) AS k(value)
),
without_groups(pk) AS MATERIALIZED (
  SELECT CAST(k.value AS bigint)
  FROM json_array_elements_text(CAST(:without_groups AS json)) AS k(value)
),
without_users(pk) AS MATERIALIZED (
  SELECT CAST(k.value AS bigint)
  FROM json_array_elements_text(CAST(:without_users AS json)) AS k(value)
),
gates(gate) AS MATERIALIZED (
  SELECT CAST(k.value AS bigint) FROM json_array_elements_text(CAST(:gates AS json)) AS k(value)
),
gate_groups(gate, pk) AS MATERIALIZED (
  SELECT CAST(k.value ->> 0 AS bigint), CAST(k.value ->> 1 AS bigint)
  FROM json_array_elements(CAST(:gate_groups AS json)) AS k(value)
),
gate_users(gate, pk) AS MATERIALIZED (
  SELECT CAST(k.value ->> 0 AS bigint), CAST(k.value ->> 1 AS bigint)
  FROM json_array_elements(CAST(:gate_users AS json)) AS k(value)
)
"""

_COUNTED = "SELECT count(*)"
_NAMED = "SELECT u.pk, u.id, u.email, u.name, u.role"

_EVERYBODY = """
FROM users AS u
WHERE u.role IN (:role, :other_role)
"""

_MEMBERS = """
FROM (
  SELECT m.user_pk AS pk FROM within_groups AS w CROSS JOIN memberships AS m
  WHERE m.group_pk = w.pk AND (m.expires_at IS NULL OR m.expires_at > :now)
  UNION
  SELECT pk FROM within_users
) AS looked_at CROSS JOIN users AS u
WHERE u.pk = looked_at.pk AND u.role IN (:role, :other_role)
"""

_MEANT = """
AND u.pk NOT IN (SELECT pk FROM without_users)
AND NOT EXISTS (
  SELECT 1 FROM memberships AS m
  WHERE m.user_pk = u.pk AND +m.group_pk IN (SELECT pk FROM without_groups)
    AND (m.expires_at IS NULL OR m.expires_at > :now)
)
AND NOT EXISTS (
  SELECT 1 FROM gates AS g
  WHERE (g.gate, u.pk) NOT IN (SELECT gate, pk FROM gate_users)
    AND NOT EXISTS (
      SELECT 1 FROM memberships AS m
      WHERE m.user_pk = u.pk AND (g.gate, +m.group_pk) IN (SELECT gate, pk FROM gate_groups)
        AND (m.expires_at IS NULL OR m.expires_at > :now)
    )
)
"""

_FIRST = "ORDER BY u.pk LIMIT :limit"

COUNT_OF_ALL_SQLITE = _SETS_ON_SQLITE + _COUNTED + _EVERYBODY + _MEANT
COUNT_OF_ALL_POSTGRES = _SETS_ON_POSTGRES + _COUNTED + _EVERYBODY + _MEANT
COUNT_OF_MEMBERS_SQLITE = _SETS_ON_SQLITE + _COUNTED + _MEMBERS + _MEANT
COUNT_OF_MEMBERS_POSTGRES = _SETS_ON_POSTGRES + _COUNTED + _MEMBERS + _MEANT
FIRST_OF_ALL_SQLITE = _SETS_ON_SQLITE + _NAMED + _EVERYBODY + _MEANT + _FIRST
FIRST_OF_ALL_POSTGRES = _SETS_ON_POSTGRES + _NAMED + _EVERYBODY + _MEANT + _FIRST
FIRST_OF_MEMBERS_SQLITE = _SETS_ON_SQLITE + _NAMED + _MEMBERS + _MEANT + _FIRST
FIRST_OF_MEMBERS_POSTGRES = _SETS_ON_POSTGRES + _NAMED + _MEMBERS + _MEANT + _FIRST
