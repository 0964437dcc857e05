"""A file loaded into Postgres as a script would: COPY in one transaction."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

from bench.naive import rows

Connection = psycopg.Connection[tuple[str, int]]


def main() -> None:
    """Load `users`, `memberships` or `resources` from a file."""
    kind, file = sys.argv[1], Path(sys.argv[2])
    with psycopg.connect(os.environ["NAIVE_DATABASE"]) as connection:
        if kind == "users":
            _copy(connection, "users", rows.USERS, rows.user_rows(file))
        elif kind == "memberships":
            users, groups = _keys(connection, "users", "email"), _keys(connection, "groups", "name")
            found = rows.membership_rows(file, users, groups)
            _copy(connection, "memberships", rows.MEMBERSHIPS, found)
        else:
            users, groups = _keys(connection, "users", "id"), _keys(connection, "groups", "id")
            resources, grants = rows.resource_rows(file, users, groups)
            _copy(connection, "resources", rows.RESOURCES, resources)
            _copy(connection, "access_grants", rows.GRANTS, grants)


def _keys(connection: Connection, table: str, column: str) -> rows.Keys:
    query = sql.SQL("SELECT {}, pk FROM {}")
    return dict(connection.execute(query.format(sql.Identifier(column), sql.Identifier(table))))


def _copy(
    connection: Connection, table: str, columns: tuple[str, ...], found: Iterable[rows.Row]
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in found:
            copy.write_row(row)
