"""The SQL of quick lists of resources: one named constant a question.

Owns the statements that `resource_lists` runs; where there are two, the first is for SQLite and the
second for Postgres. Values are bound as `:name`, `:groups` being every group that the user holds;
columns are listed in the order in which they are read.
"""

from __future__ import annotations

IDS_OF_TYPE = "SELECT id FROM resources WHERE type = :type ORDER BY id"

# Every resource of a type with each action that its grants name, but for those that are built in.
ACTIONS_OF_TYPE = """
SELECT r.pk, r.id, a.action FROM resources AS r LEFT JOIN access_grants AS a
  ON a.resource_pk = r.pk AND a.action <> :read AND a.action <> :write
WHERE r.type = :type ORDER BY r.id
"""

# Some of the resources that come into question, whatever the action, or all where there are fewer
# than `:most`: those that are found by an index first. `+` has SQLite read the table from end to
# end for the public ones, which no index has, rather than in the order of the ids.
CANDIDATES = (
    """
SELECT pk FROM resources WHERE owner_pk = :user
UNION ALL
SELECT resource_pk FROM access_grants WHERE user_pk = :user
UNION ALL
SELECT a.resource_pk FROM json_each(:groups) AS held CROSS JOIN access_grants AS a
WHERE a.group_pk = held.value
UNION ALL
SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone'
UNION ALL
SELECT pk FROM resources WHERE is_public AND +type = :type
LIMIT :most
""",
    """
SELECT pk FROM resources WHERE owner_pk = :user
UNION ALL
SELECT resource_pk FROM access_grants WHERE user_pk = :user
UNION ALL
SELECT resource_pk FROM access_grants WHERE group_pk = ANY (:groups)
UNION ALL
SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone'
UNION ALL
SELECT pk FROM resources WHERE is_public AND type = :type
LIMIT :most
""",
)

# These resources, and for each whether it is public, is the user's, and has a grant of the action
# to the user; and its base, or the reference of a missing one.
THESE = (
    """
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.pk IN (
  SELECT resource_pk FROM access_grants
  WHERE user_pk = :user AND action = :action AND principal_type = 'user'
  UNION ALL
  SELECT a.resource_pk FROM json_each(:groups) AS held CROSS JOIN access_grants AS a
  WHERE a.group_pk = held.value AND a.action = :action AND a.principal_type = 'group'
  UNION ALL
  SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone' AND action = :action
), r.base_pk, r.missing_base
FROM json_each(:candidates) AS asked CROSS JOIN resources AS r
WHERE r.pk = asked.value AND r.type = :type ORDER BY r.id
""",
    """
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.pk IN (
  SELECT resource_pk FROM access_grants
  WHERE user_pk = :user AND action = :action AND principal_type = 'user'
  UNION ALL
  SELECT resource_pk FROM access_grants
  WHERE group_pk = ANY (:groups) AND action = :action AND principal_type = 'group'
  UNION ALL
  SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone' AND action = :action
), r.base_pk, r.missing_base
FROM resources AS r WHERE r.pk = ANY (:candidates) AND r.type = :type ORDER BY r.id
""",
)

# The same of every resource of the type that comes into question.
ONE_ACTION = (
    """
WITH granted(pk) AS (
  SELECT resource_pk FROM access_grants
  WHERE user_pk = :user AND action = :action AND principal_type = 'user'
  UNION ALL
  SELECT a.resource_pk FROM json_each(:groups) AS held CROSS JOIN access_grants AS a
  WHERE a.group_pk = held.value AND a.action = :action AND a.principal_type = 'group'
  UNION ALL
  SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone' AND action = :action
)
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.pk IN (SELECT pk FROM granted),
       r.base_pk, r.missing_base
FROM resources AS r
WHERE r.type = :type
  AND (r.is_public OR r.owner_pk = :user OR r.pk IN (SELECT pk FROM granted))
ORDER BY r.id
""",
    """
WITH granted(pk) AS (
  SELECT resource_pk FROM access_grants
  WHERE user_pk = :user AND action = :action AND principal_type = 'user'
  UNION ALL
  SELECT resource_pk FROM access_grants
  WHERE group_pk = ANY (:groups) AND action = :action AND principal_type = 'group'
  UNION ALL
  SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone' AND action = :action
)
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.pk IN (SELECT pk FROM granted),
       r.base_pk, r.missing_base
FROM resources AS r
WHERE r.type = :type
  AND (r.is_public OR r.owner_pk = :user OR r.pk IN (SELECT pk FROM granted))
ORDER BY r.id
""",
)

# The same two with a row for each grant, whatever its action, and whether it is one to the user.
THESE_WITH_GRANTS = (
    """
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.base_pk, r.missing_base, a.action,
       a.principal_type = 'everyone' OR (a.principal_type = 'user' AND a.user_pk = :user)
       OR (a.principal_type = 'group'
           AND a.group_pk IN (SELECT value FROM json_each(:groups)))
FROM json_each(:candidates) AS asked CROSS JOIN resources AS r
LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
WHERE r.pk = asked.value AND r.type = :type ORDER BY r.id
""",
    """
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.base_pk, r.missing_base, a.action,
       a.principal_type = 'everyone' OR (a.principal_type = 'user' AND a.user_pk = :user)
       OR (a.principal_type = 'group' AND a.group_pk = ANY (:groups))
FROM resources AS r LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
WHERE r.pk = ANY (:candidates) AND r.type = :type ORDER BY r.id
""",
)

EVERY_ACTION = (
    """
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.base_pk, r.missing_base, a.action,
       a.principal_type = 'everyone' OR (a.principal_type = 'user' AND a.user_pk = :user)
       OR (a.principal_type = 'group'
           AND a.group_pk IN (SELECT value FROM json_each(:groups)))
FROM resources AS r LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
WHERE r.type = :type AND (
  r.is_public OR r.owner_pk = :user OR r.pk IN (
    SELECT resource_pk FROM access_grants WHERE user_pk = :user
    UNION ALL
    SELECT c.resource_pk FROM json_each(:groups) AS held CROSS JOIN access_grants AS c
    WHERE c.group_pk = held.value
    UNION ALL
    SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone'
  )
)
ORDER BY r.id
""",
    """
SELECT r.pk, r.id, r.is_public, r.owner_pk = :user, r.base_pk, r.missing_base, a.action,
       a.principal_type = 'everyone' OR (a.principal_type = 'user' AND a.user_pk = :user)
       OR (a.principal_type = 'group' AND a.group_pk = ANY (:groups))
FROM resources AS r LEFT JOIN access_grants AS a ON a.resource_pk = r.pk
WHERE r.type = :type AND (
  r.is_public OR r.owner_pk = :user OR r.pk IN (
    SELECT resource_pk FROM access_grants WHERE user_pk = :user
    UNION ALL
    SELECT resource_pk FROM access_grants WHERE group_pk = ANY (:groups)
    UNION ALL
    SELECT resource_pk FROM access_grants WHERE principal_type = 'everyone'
  )
)
ORDER BY r.id
""",
)
