"""SQLModel sessions for managing: one transaction each, under the writers' lock.

Owns the engine's settings, begin and end of a transaction, and retries. Leaves what happens inside
to `operations`. Importing this is slow: the decision path never does.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, StaticPool, create_engine, event, text
from sqlmodel import Session

from grantctl.errors import DatabaseError
from grantctl.store.connection import Connection, connect_postgres, open_reading
from grantctl.store.database import Database, refuse_attached
from grantctl.store.driver_errors import DAMAGE_HINT, retried, translated_errors
from grantctl.store.reader import Reader
from grantctl.store.rows import unsound
from grantctl.store.sqlite_file import begin_writing, connect_for_writing, is_damaged
from grantctl.store.transactions import WRITE_LOCK
from grantctl.store.url import POSTGRES, SQLITE, DatabaseUrl

Result = TypeVar("Result")


@contextmanager
def read_session(database: Database) -> Iterator[Session]:
    """A session that sees one moment of the database and cannot change it. Raises DatabaseError."""
    if database.memory is not None:
        with _session_on(
            _sqlite_engine(database.memory.raw, begin=_begin_reading), database
        ) as session:
            yield session
        return
    connection = open_reading(database.url)
    try:
        Reader(connection).require_revision()
        if connection.engine == SQLITE:
            engine = _sqlite_engine(connection.raw, begin=_begin_reading)
        else:
            connection.raw.autocommit = False
            engine = _postgres_engine(lambda: connection.raw)
        with _session_on(engine, database) as session:
            yield session
        connection.require_unchanged()
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
    return retried(lambda: _change_once(database, work, dry_run=dry_run))


def _change_once(database: Database, work: Callable[[Session], Result], *, dry_run: bool) -> Result:
    with writing_connection(database.url) as connection:
        reader_on(connection, str(database.url)).require_revision()
        with Session(bind=connection) as session:
            with _damage_told(session, str(database.url)):
                result = work(session)
                session.flush()
            if dry_run:
                connection.rollback()
            else:
                connection.commit()
            return result


@contextmanager
def writing_connection(url: DatabaseUrl, *, foreign_keys: bool = True) -> Iterator[SqlConnection]:
    """A connection inside a write transaction; what is not committed is taken back.

    Without `foreign_keys` SQLite does not act on them, as a migration that makes a table anew
    needs: dropping the old one would delete what refers to it. Raises DatabaseError.
    """
    with translated_errors(str(url)):
        engine = _writing_engine(url, foreign_keys=foreign_keys)
        try:
            with engine.connect() as connection:
                # Now, not with the first statement: what the driver is asked directly, and Alembic
                # and sessions that join in, must find the transaction begun.
                connection.begin()
                if url.engine != SQLITE:
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITE_LOCK}
                    )
                yield connection
        finally:
            engine.dispose()


def _writing_engine(url: DatabaseUrl, *, foreign_keys: bool) -> Engine:
    if url.engine == SQLITE:
        raw = connect_for_writing(url)
        if not foreign_keys:
            raw.execute("PRAGMA foreign_keys=OFF")
        return _sqlite_engine(raw, begin=begin_writing)
    raw_postgres = connect_postgres(url, read_only=False)
    raw_postgres.autocommit = False
    return _postgres_engine(lambda: raw_postgres)


def _postgres_engine(creator: Callable[[], Any]) -> Engine:
    # Statements' values would appear in a traceback: there are password hashes among them.
    return create_engine(
        "postgresql+psycopg://", creator=creator, poolclass=StaticPool, hide_parameters=True
    )


def _parsed_json(text: str | float) -> Any:  # Any: whatever JSON holds
    if isinstance(text, int | float):
        return text  # SQLite keeps a number in a column of JSON as a number
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        raise unsound("setting or of an audit entry") from None


def _begin_reading(raw: sqlite3.Connection) -> None:
    raw.execute("BEGIN")


def _sqlite_engine(
    raw: sqlite3.Connection, *, begin: Callable[[sqlite3.Connection], None]
) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: raw,
        poolclass=StaticPool,
        hide_parameters=True,
        json_deserializer=_parsed_json,
    )
    # SQLite's own lower() knows ASCII only; names are compared as Python, and Postgres, lower them.
    raw.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(_: SqlConnection) -> None:
        begin(raw)

    return engine


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


@contextmanager
def _session_on(engine: Engine, database: Database) -> Iterator[Session]:
    with translated_errors(str(database.url)), Session(engine) as session:
        if database.url.engine != SQLITE:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        with _damage_told(session, str(database.url)):
            yield session
        session.rollback()


@contextmanager
def _damage_told(session: Session, label: str) -> Iterator[None]:
    """Where reading fails over a value that no healthy file holds, say that the file is damaged."""
    try:
        yield
    except (ArithmeticError, LookupError, TypeError, ValueError):
        raw = _raw(session.connection())
        if not isinstance(raw, sqlite3.Connection) or not is_damaged(raw):
            raise
        raise DatabaseError(f"the database is damaged: {label}", hint=DAMAGE_HINT) from None


def reader_of(session: Session) -> Reader:
    """A reader that sees what the session's transaction sees, its own changes included."""
    session.flush()
    return reader_on(session.connection(), "this database")


def connection_of(session: Session) -> Connection:
    """The plain connection of the session's transaction, for statements of our own."""
    session.flush()
    return _plain(session.connection(), "this database")


def reader_on(connection: SqlConnection, label: str) -> Reader:
    """A reader that sees what the connection's transaction sees."""
    return Reader(_plain(connection, label))


def _plain(connection: SqlConnection, label: str) -> Connection:
    raw = _raw(connection)
    engine = SQLITE if isinstance(raw, sqlite3.Connection) else POSTGRES
    return Connection(engine, raw, label=label)


def _raw(connection: SqlConnection) -> Any:  # the driver's own type
    return connection.connection.dbapi_connection
