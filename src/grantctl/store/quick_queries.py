"""The SQL of quick answers: one named constant a question.

Owns the statements that `quick` and `directory_cache` run. Values are bound as `:name`; columns are
listed in the order in which they are read. `CROSS JOIN … WHERE` fixes the order of the join.
"""

from __future__ import annotations

# A number that is another one after any commit of somebody else's (SQLite alone).
DATA_VERSION = "PRAGMA data_version"

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
