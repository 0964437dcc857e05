"""A file loaded as a script would: `executemany` in one transaction, nothing looked at twice."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

from bench.naive import rows


def main() -> None:
    """Load `users`, `memberships` or `resources` from a file."""
    kind, file = sys.argv[1], Path(sys.argv[2])
    path = os.environ["NAIVE_DATABASE"].removeprefix("sqlite:///")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    if kind == "users":
        _insert(connection, "users", rows.USERS, rows.user_rows(file))
    elif kind == "memberships":
        users, groups = _keys(connection, "users", "email"), _keys(connection, "groups", "name")
        found = rows.membership_rows(file, users, groups)
        _insert(connection, "memberships", rows.MEMBERSHIPS, found)
    else:
        users, groups = _keys(connection, "users", "id"), _keys(connection, "groups", "id")
        resources, grants = rows.resource_rows(file, users, groups)
        _insert(connection, "resources", rows.RESOURCES, resources)
        _insert(connection, "access_grants", rows.GRANTS, grants)
    connection.execute("COMMIT")


def _keys(connection: sqlite3.Connection, table: str, column: str) -> rows.Keys:
    return dict(connection.execute(f"SELECT {column}, pk FROM {table}"))


def _insert(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], found: Iterable[rows.Row]
) -> None:
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
    connection.executemany(statement, found)
