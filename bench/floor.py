"""The floor: what one would write by hand for these questions, with nothing around it.

Owns asking one statement a question over an open connection: on SQLite through `sqlite3`, on
Postgres through `psycopg`, prepared. It explains nothing, and an unknown user is none of its
worries. Leaves the SQL to `statements`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import time_ns

import psycopg

from bench.statements import CHECK, POSTGRES_CHECK


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
