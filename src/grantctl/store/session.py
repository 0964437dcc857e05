"""SQLModel sessions for managing: one transaction each, under the writers' lock.

Owns the engine's settings, begin and end of a transaction, and retries. Leaves what happens inside
to `operations`. Importing this is slow: the decision path never does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, StaticPool, create_engine, event, text
from sqlmodel import Session

from grantctl.errors import DatabaseError, GuardError
from grantctl.store.connection import (
    CONNECT_TIMEOUT_SECONDS,
    LOCK_TIMEOUT_SECONDS,
    WRITE_LOCK,
    Connection,
    connect_sqlite_for_writing,
    open_reading,
    translated_errors,
)
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.url import SQLITE, DatabaseUrl

MAX_ATTEMPTS = 5
_RETRIED_STATES = {"40001", "40P01"}

Result = TypeVar("Result")


@contextmanager
def read_session(database: Database) -> Iterator[Session]:
    """A session that sees one moment of the database and cannot change it. Raises DatabaseError."""
    if database.memory is not None:
        with _session_on(_engine_on(database.memory.raw, begin="BEGIN"), database) as session:
            yield session
        return
    connection = open_reading(database.url)
    try:
        Reader(connection).require_revision()
        if connection.engine == SQLITE:
            engine = _engine_on(connection.raw, begin="BEGIN")
        else:
            connection.raw.autocommit = False
            engine = create_engine(
                "postgresql+psycopg://", creator=lambda: connection.raw, poolclass=StaticPool
            )
        with _session_on(engine, database) as session:
            yield session
    finally:
        connection.close()


def change(database: Database, work: Callable[[Session], Result], *, dry_run: bool) -> Result:
    """Do the work in one transaction that no other writer of grantctl interrupts.

    A dry run does the same and takes it back. On Postgres, a transaction that another one made
    fail (SQLSTATE 40001, 40P01) is done again, five times at the most. Raises DatabaseError, and
    GuardError where the database was attached only to be read.
    """
    refuse_attached(database)
    # Before anything is opened for writing: a file that is not ours must not even become WAL.
    with database.reader():
        pass
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return _change_once(database, work, dry_run=dry_run)
        except DatabaseError as error:
            state = getattr(error.__context__, "sqlstate", None) or getattr(
                getattr(error.__context__, "orig", None), "sqlstate", None
            )
            if state not in _RETRIED_STATES or attempt == MAX_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def refuse_attached(database: Database) -> None:
    """Raise GuardError where the database is one of Open WebUI's, attached to be read."""
    if database.url.is_attached:
        raise GuardError(
            "an attached Open WebUI database is only read, never changed",
            hint="bring it into a database of grantctl's own: grantctl init, "
            "then: grantctl import openwebui",
        )


def _change_once(database: Database, work: Callable[[Session], Result], *, dry_run: bool) -> Result:
    with writing_connection(database.url) as connection:
        _require_revision(connection, str(database.url))
        with translated_errors(str(database.url)), Session(bind=connection) as session:
            result = work(session)
            session.flush()
            if dry_run:
                connection.rollback()
            else:
                connection.commit()
            return result


@contextmanager
def writing_connection(url: DatabaseUrl) -> Iterator[SqlConnection]:
    """A connection inside a write transaction; what is not committed is taken back."""
    with translated_errors(str(url)):
        engine = _writing_engine(url)
        with engine.connect() as connection:
            if url.engine != SQLITE:
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK}
                )
            yield connection
    engine.dispose()


def _writing_engine(url: DatabaseUrl) -> Engine:
    if url.engine == SQLITE:
        return _engine_on(connect_sqlite_for_writing(url), begin="BEGIN IMMEDIATE")

    def connect() -> psycopg.Connection[Any]:
        raw = psycopg.connect(
            url.dsn, connect_timeout=CONNECT_TIMEOUT_SECONDS, application_name="grantctl"
        )
        raw.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
        raw.commit()
        return raw

    return create_engine("postgresql+psycopg://", creator=connect, poolclass=StaticPool)


def _engine_on(raw: sqlite3.Connection, *, begin: str) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    # SQLite's own lower() knows ASCII only; names are compared as Python, and Postgres, lower them.
    raw.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: SqlConnection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


@contextmanager
def _session_on(engine: Engine, database: Database) -> Iterator[Session]:
    with translated_errors(str(database.url)), Session(engine) as session:
        if database.url.engine != SQLITE:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session
        session.rollback()


def _require_revision(connection: SqlConnection, label: str) -> None:
    raw = connection.connection.dbapi_connection
    engine = SQLITE if isinstance(raw, sqlite3.Connection) else "postgresql"
    Reader(Connection(engine, raw, label=label)).require_revision()


def reader_of(session: Session) -> Reader:
    """A reader that sees what the session's transaction sees, its own changes included."""
    session.flush()
    raw = session.connection().connection.dbapi_connection
    engine = SQLITE if isinstance(raw, sqlite3.Connection) else "postgresql"
    return Reader(Connection(engine, raw, label="this database"))
