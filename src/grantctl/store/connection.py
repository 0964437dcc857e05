"""One open connection to either engine, with one face.

Owns placeholders and transactions of the plain DB-API. Leaves opening to `sqlite_file` and
`postgres`, errors to `driver_errors`, and the SQL to `queries` and to whoever calls. Imports
neither SQLAlchemy nor, for SQLite, psycopg.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from typing import Any

from grantctl.store.driver_errors import translated_errors
from grantctl.store.sqlite_file import (
    UnlockedFile,
    begin_writing,
    connect_for_reading,
    connect_for_writing,
    connect_to_memory,
)
from grantctl.store.url import POSTGRES, SQLITE, DatabaseUrl

# One number for every write transaction of grantctl on a Postgres database: "grntctl" in hex.
WRITE_LOCK = 0x67726E7463746C

Row = tuple[Any, ...]  # values of whatever column types the statement names
Parameters = Mapping[str, Any]


class Connection:
    """One open connection; statements are written with `:name` for values, on both engines."""

    def __init__(
        self,
        engine: str,
        raw: Any,  # the driver's own type
        *,
        label: str,
        unlocked: UnlockedFile | None = None,
    ) -> None:
        self.engine = engine
        self.raw = raw
        self.label = label
        self._unlocked = unlocked

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
        self.require_unchanged()

    @property
    def is_unlocked(self) -> bool:
        """Whether it reads a file without locks, and so sees nothing of a later change."""
        return self._unlocked is not None

    def require_unchanged(self) -> None:
        """Raise DatabaseError where a file read without locks was written meanwhile."""
        if self._unlocked is not None:
            self._unlocked.require_unchanged()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing, with no other writer meanwhile."""
        try:
            with translated_errors(self.label):
                if self.engine == SQLITE:
                    begin_writing(self.raw)
                else:
                    self.raw.execute("BEGIN")
                    self.raw.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
            yield
            with translated_errors(self.label):
                self.raw.execute("COMMIT")
        except BaseException:
            self._end("ROLLBACK")
            raise

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
    """A connection that cannot write, and creates nothing. Raises UsageError, DatabaseError."""
    if url.engine == POSTGRES:
        return Connection(POSTGRES, _connect_postgres(url, read_only=True), label=str(url))
    raw, unlocked = connect_for_reading(url)
    return Connection(SQLITE, raw, label=str(url), unlocked=unlocked)


def open_writing(url: DatabaseUrl) -> Connection:
    """A connection that may write.

    INVARIANT: the caller has read that the database is one of grantctl's; see `sqlite_file`.
    Raises UsageError, DatabaseError.
    """
    if url.engine == POSTGRES:
        return Connection(POSTGRES, _connect_postgres(url, read_only=False), label=str(url))
    return Connection(SQLITE, connect_for_writing(url), label=str(url))


def open_memory() -> Connection:
    """An empty SQLite database that lives as long as the connection."""
    return Connection(SQLITE, connect_to_memory(), label="memory")


def _connect_postgres(url: DatabaseUrl, *, read_only: bool) -> Any:
    # Only Postgres needs it, and psycopg takes longer to import than a whole check on SQLite.
    return import_module("grantctl.store.postgres").connect(url, read_only=read_only)
