"""Opening sqlite3 or psycopg from a URL, with one face for both.

Owns pragmas, time-outs, placeholders and the translation of driver errors into sentences. Leaves
the SQL to `queries` and to whoever calls. Imports neither SQLAlchemy nor, for SQLite, psycopg.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from grantctl.errors import DatabaseError, GrantctlError
from grantctl.store.url import POSTGRES, SQLITE, DatabaseUrl

BUSY_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 5
LOCK_TIMEOUT_SECONDS = 10

Row = tuple[Any, ...]  # values of whatever column types the statement names
Parameters = Mapping[str, Any]


class Connection:
    """One open connection; statements are written with `:name` for values, on both engines."""

    def __init__(self, engine: str, raw: Any, *, label: str) -> None:  # raw: the driver's own type
        self.engine = engine
        self.raw = raw
        self.label = label

    def rows(self, statement: str, parameters: Parameters | None = None) -> list[Row]:
        """All rows of a statement. Raises DatabaseError."""
        with translated_errors(self.label):
            cursor = self.raw.execute(self._spelled(statement), parameters or {})
            return list(cursor.fetchall())

    def stream(
        self, statement: str, parameters: Parameters | None = None, *, size: int = 2000
    ) -> Iterator[Row]:
        """The rows of a statement, held in memory some thousand at a time."""
        with translated_errors(self.label):
            cursor = self._streaming_cursor()
            try:
                cursor.execute(self._spelled(statement), parameters or {})
                while found := cursor.fetchmany(size):
                    yield from found
            finally:
                with suppress(Exception):  # whoever left early may have closed the connection
                    cursor.close()

    def run(self, statement: str, parameters: Parameters | None = None) -> int:
        """Run a statement; the number of rows that it touched."""
        with translated_errors(self.label):
            return int(self.raw.execute(self._spelled(statement), parameters or {}).rowcount)

    def run_many(self, statement: str, rows: Sequence[Parameters]) -> None:
        """Run a statement once for each set of values."""
        if not rows:
            return
        with translated_errors(self.label):
            cursor = self.raw.cursor()
            cursor.executemany(self._spelled(statement), rows)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All reads within see the database at one moment."""
        begin = (
            "BEGIN" if self.engine == SQLITE else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        )
        with translated_errors(self.label):
            self.raw.execute(begin)
        try:
            yield
        finally:
            self._end("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing, with no other writer meanwhile."""
        with translated_errors(self.label):
            if self.engine == SQLITE:
                self.raw.execute("BEGIN IMMEDIATE")
            else:
                self.raw.execute("BEGIN")
                self.raw.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
        try:
            yield
        except BaseException:
            self._end("ROLLBACK")
            raise
        with translated_errors(self.label):
            self.raw.execute("COMMIT")

    def _end(self, statement: str) -> None:
        with suppress(Exception):  # the transaction is over, whatever the driver says of it
            self.raw.execute(statement)

    def close(self) -> None:
        self.raw.close()

    def _spelled(self, statement: str) -> str:
        return statement if self.engine == SQLITE else pyformat(statement)

    def _streaming_cursor(self) -> Any:
        if self.engine == SQLITE:
            return self.raw.cursor()
        # A server-side cursor: psycopg's plain one would fetch every row at once.
        return self.raw.cursor(name="grantctl_stream")


# One number for every write transaction of grantctl on a Postgres database: "grntctl" in hexadecimal.
WRITE_LOCK = 0x67726E7463746C


@lru_cache(maxsize=256)
def pyformat(statement: str) -> str:
    """`:name` written as psycopg wants it, `%(name)s`; `::` stays, `%` is doubled.

    The statements are our own constants, so that no literal in them holds a colon.
    """
    out: list[str] = []
    at, end = 0, len(statement)
    while at < end:
        character = statement[at]
        if statement.startswith("::", at):
            out.append("::")
            at += 2
        elif character == ":" and at + 1 < end and statement[at + 1].isalpha():
            stop = at + 1
            while stop < end and (statement[stop].isalnum() or statement[stop] == "_"):
                stop += 1
            out.append(f"%({statement[at + 1 : stop]})s")
            at = stop
        else:
            out.append("%%" if character == "%" else character)
            at += 1
    return "".join(out)


def open_reading(url: DatabaseUrl) -> Connection:
    """A connection that cannot write, and creates nothing. Raises DatabaseError."""
    if url.engine == POSTGRES:
        return _open_postgres(url, read_only=True)
    assert url.path is not None
    require_sqlite_file(url)
    raw = _connect_sqlite(f"{_file_uri(url.path)}?mode=ro", str(url))
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        raw.close()
        if "unable to open" not in str(error) or _has_journal(url.path):
            raise database_error(error, str(url)) from None
        # A WAL file on read-only media cannot be opened otherwise; nobody writes it there.
        raw = _connect_sqlite(f"{_file_uri(url.path)}?mode=ro&immutable=1", str(url))
    except sqlite3.DatabaseError as error:
        raw.close()
        raise database_error(error, str(url)) from None
    return Connection(SQLITE, raw, label=str(url))


def open_writing(url: DatabaseUrl) -> Connection:
    """A connection that may write to a database that exists. Raises DatabaseError."""
    if url.engine == POSTGRES:
        return _open_postgres(url, read_only=False)
    assert url.path is not None
    require_sqlite_file(url)
    return Connection(SQLITE, connect_sqlite_for_writing(url), label=str(url))


def connect_sqlite_for_writing(url: DatabaseUrl) -> sqlite3.Connection:
    """The driver's connection, with every pragma set that writing needs."""
    assert url.path is not None
    raw = _connect_sqlite(f"{_file_uri(url.path)}?mode=rw", str(url))
    try:
        if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
    except sqlite3.Error as error:
        raw.close()
        raise database_error(error, str(url)) from None
    return raw


def open_memory() -> Connection:
    """An empty SQLite database that lives as long as the connection."""
    raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA foreign_keys=ON")
    return Connection(SQLITE, raw, label="memory")


def require_sqlite_file(url: DatabaseUrl) -> None:
    """Raise DatabaseError where the file is missing, a folder, or has nothing in it."""
    path = url.path
    assert path is not None
    hint = "another file? --database sqlite:///PATH, or: grantctl init"
    try:
        if not path.exists():
            raise DatabaseError(f"there is no database at `{path}`", hint=hint)
        if not path.is_file():
            raise DatabaseError(f"`{path}` is not a file", hint=hint)
        if path.stat().st_size == 0:
            raise DatabaseError(f"the file `{path}` is empty", hint=hint)
    except OSError as error:
        raise DatabaseError(f"`{path}` cannot be read: {_reason(error)}") from None


def _file_uri(path: Path) -> str:
    return path.absolute().as_uri()


def _has_journal(path: Path) -> bool:
    return Path(f"{path}-wal").exists() or Path(f"{path}-journal").exists()


def _connect_sqlite(uri: str, label: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_SECONDS,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise database_error(error, label) from None


def _open_postgres(url: DatabaseUrl, *, read_only: bool) -> Connection:
    import psycopg  # only Postgres needs it: importing it costs more than a whole check on SQLite

    try:
        raw = psycopg.connect(
            url.dsn,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            application_name="grantctl",
        )
        raw.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
        if read_only:
            raw.execute("SET default_transaction_read_only = on")
    except (psycopg.Error, UnicodeError) as error:
        raise database_error(error, str(url)) from None
    return Connection(POSTGRES, raw, label=str(url))


@contextmanager
def translated_errors(label: str) -> Iterator[None]:
    """Turn a driver's error into a DatabaseError that a user can act on."""
    try:
        yield
    except GrantctlError:
        raise
    except Exception as error:
        if not _is_driver_error(error):
            raise
        raise database_error(error, label) from None


def _is_driver_error(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in ("sqlite3", "psycopg", "sqlalchemy")


def database_error(error: BaseException, label: str) -> DatabaseError:
    """The sentence for a driver's error. Holds no SQL, no value and no password."""
    error = getattr(error, "orig", None) or error
    if isinstance(error, sqlite3.Error):
        message, hint = _sqlite_sentence(str(error).lower())
    else:
        message, hint = _postgres_sentence(error)
    return DatabaseError(f"{message}: {label}", hint=hint)


_SQLITE_SENTENCES = (
    ("locked", "the database is locked by another process", "try again when it has ended"),
    ("readonly", "the database cannot be written", "check the permissions of the file and folder"),
    ("read-only", "the database cannot be written", "check the permissions of the file and folder"),
    ("full", "the disk is full, nothing was changed", None),
    ("disk i/o", "the disk fails, nothing was changed", None),
    ("not a database", "the file is no SQLite database", "another file? --database sqlite:///PATH"),
    ("malformed", "the database is damaged", "restore it from a copy; sqlite3 FILE '.recover'"),
    ("unable to open", "the file cannot be opened", "check the permissions of the file and folder"),
    ("no such table", "the database lacks a table of grantctl", "grantctl db status"),
    ("no such column", "the database lacks a column of grantctl", "grantctl db status"),
    ("could not decode", "the database holds text that is not UTF-8", "grantctl db check"),
)


def _sqlite_sentence(text: str) -> tuple[str, str | None]:
    for part, message, hint in _SQLITE_SENTENCES:
        if part in text:
            return message, hint
    return "the database refuses the statement", "grantctl db check"


_POSTGRES_SENTENCES = {
    "55P03": ("the database is locked by another change", "try again when it has ended"),
    "40P01": ("two changes blocked each other, nothing was changed", "try again"),
    "40001": ("another change came first, nothing was changed", "try again"),
    "25006": ("the database cannot be written", "is it a standby? write to its primary"),
    "53300": ("the database takes no more connections", "try again later"),
    "53100": ("the database's disk is full, nothing was changed", None),
    "28P01": ("the password is not accepted", "PGPASSWORD, ~/.pgpass or the URL"),
    "28000": ("the user is not accepted", "check the user's name in the URL"),
    "3D000": ("there is no database of that name", "createdb NAME, then: grantctl init"),
    "42P01": ("the database lacks a table of grantctl", "grantctl db status"),
    "42703": ("the database lacks a column of grantctl", "grantctl db status"),
    "42501": ("the user may not do this", "grant the rights on the tables in Postgres"),
    "57P03": ("the database is starting up or shutting down", "try again in a moment"),
}


def _postgres_sentence(error: BaseException) -> tuple[str, str | None]:
    state = getattr(error, "sqlstate", None)
    if state in _POSTGRES_SENTENCES:
        return _POSTGRES_SENTENCES[state]
    text = str(error).lower()
    for sqlstate, part in (
        ("28P01", "password authentication failed"),
        ("28P01", "no password supplied"),
        ("3D000", "database"),
        ("28000", "role"),
    ):
        if part in text and (sqlstate == "28P01" or "does not exist" in text):
            return _POSTGRES_SENTENCES[sqlstate]
    if "too many" in text:
        return _POSTGRES_SENTENCES["53300"]
    if "nul" in text and "0x00" in text:
        return "the database takes no text with NUL", None
    return "the database cannot be reached", "is the server running, and are host and port right?"


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
