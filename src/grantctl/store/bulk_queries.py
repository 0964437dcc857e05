"""The SQL of the bulk imports: one named constant a statement.

Owns what an import of users and of memberships runs. What is looked up for many values at once
takes them as one JSON array, which each engine opens in its own words. Times are microseconds since
1970, UTC.
"""

from __future__ import annotations

INSERT_USERS_SQLITE = """
INSERT INTO users (id, email, name, role, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""

COPY_USERS = """
COPY users (id, email, name, role, created_at, updated_at) FROM STDIN
"""

WAITING_USERS = """
CREATE TEMPORARY TABLE waiting_users (
  id text, email text, name text, role text, created_at bigint, updated_at bigint
) ON COMMIT DROP
"""

COPY_WAITING_USERS = "COPY waiting_users FROM STDIN"

TAKE_WAITING_USERS = """
INSERT INTO users (id, email, name, role, created_at, updated_at)
SELECT id, email, name, role, created_at, updated_at FROM waiting_users
ON CONFLICT DO NOTHING
"""

EMPTY_WAITING_USERS = "TRUNCATE waiting_users"

INSERT_MEMBERSHIPS_SQLITE = """
INSERT INTO memberships (user_pk, group_pk, source, added_by, added_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""

COPY_MEMBERSHIPS = """
COPY memberships (user_pk, group_pk, source, added_by, added_at, expires_at) FROM STDIN
"""

WAITING_MEMBERSHIPS = """
CREATE TEMPORARY TABLE waiting_memberships (
  user_pk bigint, group_pk bigint, source text, added_by text, added_at bigint, expires_at bigint
) ON COMMIT DROP
"""

COPY_WAITING_MEMBERSHIPS = "COPY waiting_memberships FROM STDIN"

TAKE_WAITING_MEMBERSHIPS = """
INSERT INTO memberships (user_pk, group_pk, source, added_by, added_at, expires_at)
SELECT user_pk, group_pk, source, added_by, added_at, expires_at FROM waiting_memberships
ON CONFLICT DO NOTHING
"""

EMPTY_WAITING_MEMBERSHIPS = "TRUNCATE waiting_memberships"

HIGHEST_USER = "SELECT max(pk) FROM users"

# The users of some ids and e-mails, whichever of the two fits.
USERS_SQLITE = """
SELECT u.pk, u.id, u.email, u.name, u.role, u.created_at
FROM json_each(:values) AS k CROSS JOIN users AS u WHERE u.id = k.value
UNION
SELECT u.pk, u.id, u.email, u.name, u.role, u.created_at
FROM json_each(:values) AS k CROSS JOIN users AS u WHERE u.email = k.value
"""

USERS_POSTGRES = """
SELECT u.pk, u.id, u.email, u.name, u.role, u.created_at
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN users AS u
WHERE u.id = k.value
UNION
SELECT u.pk, u.id, u.email, u.name, u.role, u.created_at
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN users AS u
WHERE u.email = k.value
"""

# Ids come first where somebody is named. No id that is like an address is passed over, see below;
# an imported address that is none may be somebody's id.
ALL_EMAILS = "SELECT email, pk FROM users WHERE email LIKE '%@%'"

ANY_ID_LIKE_EMAIL = "SELECT 1 FROM users WHERE id LIKE '%@%' LIMIT 1"

USERS_BY_ID_SQLITE = """
SELECT k.value, u.pk FROM json_each(:values) AS k CROSS JOIN users AS u WHERE u.id = k.value
"""

USERS_BY_ID_POSTGRES = """
SELECT k.value, u.pk
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN users AS u
WHERE u.id = k.value
"""

USERS_BY_EMAIL_SQLITE = """
SELECT k.value, u.pk FROM json_each(:values) AS k CROSS JOIN users AS u WHERE u.email = k.value
"""

USERS_BY_EMAIL_POSTGRES = """
SELECT k.value, u.pk
FROM json_array_elements_text(CAST(:values AS json)) AS k(value) CROSS JOIN users AS u
WHERE u.email = k.value
"""

UPDATE_USER = """
UPDATE users SET email = :email, name = :name, role = :role, updated_at = :now WHERE pk = :pk
"""

MARK = "SAVEPOINT bulk_import"

BACK_TO_MARK = "ROLLBACK TO SAVEPOINT bulk_import"

ANY_ADMIN = "SELECT 1 FROM users WHERE role = 'admin' LIMIT 1"

# Whoever an import made, by a time that only its own rows have.
JOIN_GROUP = """
INSERT INTO memberships (user_pk, group_pk, source, added_by, added_at, expires_at)
SELECT u.pk, g.pk, 'manual', :actor, :now, NULL
FROM users AS u CROSS JOIN groups AS g
WHERE u.pk > :after AND u.created_at = :now AND g.id = :group
"""

GROUPS = "SELECT pk, id, name FROM groups"

INSERT_GROUP = """
INSERT INTO groups (id, name, description, created_at, updated_at)
VALUES (:id, :name, '', :now, :now)
"""

MEMBERSHIPS_SQLITE = """
SELECT m.user_pk, m.group_pk, m.expires_at
FROM json_each(:values) AS k CROSS JOIN memberships AS m
WHERE m.user_pk = json_extract(k.value, '$[0]') AND m.group_pk = json_extract(k.value, '$[1]')
"""

MEMBERSHIPS_POSTGRES = """
SELECT m.user_pk, m.group_pk, m.expires_at
FROM json_array_elements(CAST(:values AS json)) AS k(value) CROSS JOIN memberships AS m
WHERE m.user_pk = CAST(k.value ->> 0 AS bigint) AND m.group_pk = CAST(k.value ->> 1 AS bigint)
"""

SET_END = """
UPDATE memberships SET expires_at = :expires_at
WHERE user_pk = :user_pk AND group_pk = :group_pk
"""

# Of one that has expired nothing stays.
RENEW_MEMBERSHIP = """
UPDATE memberships SET source = 'import', added_by = :added_by, added_at = :now,
  expires_at = :expires_at
WHERE user_pk = :user_pk AND group_pk = :group_pk
"""

# Where an entry's place in an index is anywhere, the usual 2 MiB are written again and again.
LARGER_CACHE_SQLITE = "PRAGMA cache_size = -131072"
