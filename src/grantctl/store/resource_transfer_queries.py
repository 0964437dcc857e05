"""The SQL that takes resources out and in: one named constant a statement, for both engines.

Owns what an export and an import of resources run. What is looked up for many values at once takes
them as one JSON array, which each engine opens in its own words. Times are microseconds since 1970,
UTC.
"""

from __future__ import annotations

# A row a grant, and one for each resource without any; code-point order on both engines.
EXPORTED = """
SELECT r.type, r.id, r.name, r.is_public, o.id, r.missing_owner, b.type, b.id, r.missing_base,
       g.action, g.principal_type, u.id, p.id, g.missing_id
FROM resources AS r
LEFT JOIN users AS o ON o.pk = r.owner_pk
LEFT JOIN resources AS b ON b.pk = r.base_pk
LEFT JOIN access_grants AS g ON g.resource_pk = r.pk
LEFT JOIN users AS u ON u.pk = g.user_pk
LEFT JOIN groups AS p ON p.pk = g.group_pk
WHERE CAST(:type AS text) IS NULL OR r.type = CAST(:type AS text)
ORDER BY r.type, r.id
"""

RESOURCES_SQLITE = """
SELECT r.type, r.id, r.pk, r.name, r.is_public, r.owner_pk, r.missing_owner,
       b.type, b.id, r.missing_base
FROM json_each(:values) AS k CROSS JOIN resources AS r
LEFT JOIN resources AS b ON b.pk = r.base_pk
WHERE r.type = json_extract(k.value, '$[0]') AND r.id = json_extract(k.value, '$[1]')
"""

RESOURCES_POSTGRES = """
SELECT r.type, r.id, r.pk, r.name, r.is_public, r.owner_pk, r.missing_owner,
       b.type, b.id, r.missing_base
FROM json_array_elements(CAST(:values AS json)) AS k(value) CROSS JOIN resources AS r
LEFT JOIN resources AS b ON b.pk = r.base_pk
WHERE r.type = k.value ->> 0 AND r.id = k.value ->> 1
"""

GRANTS_SQLITE = """
SELECT g.resource_pk, g.pk, g.action, g.principal_type, g.user_pk, g.group_pk, g.missing_id
FROM json_each(:values) AS k CROSS JOIN access_grants AS g
WHERE g.resource_pk = k.value
"""

GRANTS_POSTGRES = """
SELECT g.resource_pk, g.pk, g.action, g.principal_type, g.user_pk, g.group_pk, g.missing_id
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN access_grants AS g
WHERE g.resource_pk = CAST(k.value AS bigint)
"""

USERS_SQLITE = """
SELECT u.id, u.pk FROM json_each(:values) AS k CROSS JOIN users AS u WHERE u.id = k.value
"""

USERS_POSTGRES = """
SELECT u.id, u.pk
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN users AS u
WHERE u.id = k.value
"""

GROUPS_SQLITE = """
SELECT g.id, g.pk FROM json_each(:values) AS k CROSS JOIN groups AS g WHERE g.id = k.value
"""

GROUPS_POSTGRES = """
SELECT g.id, g.pk
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN groups AS g
WHERE g.id = k.value
"""

MISSING_BASES = """
SELECT DISTINCT missing_base FROM resources WHERE missing_base IS NOT NULL
"""

HIGHEST_RESOURCE = "SELECT max(pk) FROM resources"

# Keys for new resources, which so many others then cannot get.
NEXT_RESOURCES_POSTGRES = """
SELECT nextval(pg_get_serial_sequence('resources', 'pk')) FROM generate_series(1, :count)
"""

INSERT_RESOURCES_SQLITE = """
INSERT INTO resources (pk, type, id, name, is_public, owner_pk, missing_owner, missing_base,
  created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

COPY_RESOURCES = """
COPY resources (pk, type, id, name, is_public, owner_pk, missing_owner, missing_base,
  created_at, updated_at)
FROM STDIN
"""

UPDATE_RESOURCE = """
UPDATE resources SET name = :name, is_public = :is_public, owner_pk = :owner_pk,
  missing_owner = :missing_owner, base_pk = NULL, missing_base = :missing_base, updated_at = :now
WHERE pk = :pk
"""

RESOLVE_BASE = """
UPDATE resources SET base_pk = :pk, missing_base = NULL WHERE missing_base = :missing_base
"""

DELETE_GRANT = "DELETE FROM access_grants WHERE pk = :pk"

INSERT_GRANTS_SQLITE = """
INSERT INTO access_grants (resource_pk, action, principal_type, user_pk, group_pk, missing_id)
VALUES (?, ?, ?, ?, ?, ?)
"""

COPY_GRANTS = """
COPY access_grants (resource_pk, action, principal_type, user_pk, group_pk, missing_id) FROM STDIN
"""

# 64 MiB, where a grant's place in the indexes is anywhere: the usual 2 MiB are written again and
# again.
LARGER_CACHE_SQLITE = "PRAGMA cache_size = -65536"
