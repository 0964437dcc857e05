"""The floor: what one would write by hand for these questions, with nothing around it.

Owns one statement a question, with indexes for it and values bound, over the same tables: for
SQLite through `sqlite3`, for Postgres through `psycopg`, prepared. It knows roles, expiry, defaults
and direct memberships; `NESTED_CHECK` follows parents as well. It explains nothing, and an unknown
user is none of its worries.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import time_ns

import psycopg

# The order of the joins is fixed: SQLite would look at the flags of all groups first.
CHECK = """
SELECT CASE u.role WHEN 'pending' THEN 0 WHEN 'admin' THEN 1 ELSE p.default_allowed OR EXISTS (
  SELECT 1 FROM memberships AS m CROSS JOIN group_permissions AS f
  WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
    AND f.group_pk = m.group_pk AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u CROSS JOIN permissions AS p WHERE u.id = ? AND p.key = ?
"""

NESTED_CHECK = """
SELECT CASE u.role WHEN 'pending' THEN 0 WHEN 'admin' THEN 1 ELSE p.default_allowed OR EXISTS (
  WITH RECURSIVE held(pk) AS (
    SELECT group_pk FROM memberships AS m
    WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
    UNION
    SELECT g.parent_pk FROM held CROSS JOIN groups AS g
    WHERE g.pk = held.pk AND g.parent_pk IS NOT NULL
  )
  SELECT 1 FROM held CROSS JOIN group_permissions AS f
  WHERE f.group_pk = held.pk AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u CROSS JOIN permissions AS p WHERE u.id = ? AND p.key = ?
"""

POSTGRES_CHECK = """
SELECT CASE u.role WHEN 'pending' THEN false WHEN 'admin' THEN true
  ELSE p.default_allowed OR EXISTS (
    SELECT 1 FROM memberships AS m JOIN group_permissions AS f ON f.group_pk = m.group_pk
    WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > %s)
      AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u, permissions AS p WHERE u.id = %s AND p.key = %s
"""


class SqliteFloor:
    """A statement of three values over one open file."""

    def __init__(self, path: Path, statement: str = CHECK) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._execute = self._connection.cursor().execute
        self._statement = statement

    def check(self, user: str, key: str) -> bool:
        """Whether the user may."""
        row = self._execute(self._statement, (time_ns() // 1000, user, key)).fetchone()
        return bool(row[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class PostgresFloor:
    """The same over one open connection, with the statement prepared by its first use."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._cursor = self._connection.cursor()

    def check(self, user: str, key: str) -> bool:
        """Whether the user may."""
        values = (time_ns() // 1000, user, key)
        row = self._cursor.execute(POSTGRES_CHECK, values, prepare=True).fetchone()
        assert row is not None
        return bool(row[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
