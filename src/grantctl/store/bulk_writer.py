"""Many rows into one table at once: `executemany` on SQLite, `COPY` on Postgres.

Owns the quickest way of each engine, and that a row whose key is taken already is left out, never
an error. Leaves what is to become of such a row to whoever calls. Inside of the caller's
transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from grantctl.store import bulk_queries as queries
from grantctl.store.connection import Connection
from grantctl.store.driver_errors import translated_errors
from grantctl.store.url import SQLITE

Result = TypeVar("Result")
Values = Sequence[str | int | None]

STREAMED_ROWS = 100_000  # in one statement: the server tells of a taken key at its end

_SILENCE = logging.NullHandler()
_UNIQUE_VIOLATION = "23505"
_SPECIAL = re.compile(r"[\\\n\r\t]")
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


@dataclass(frozen=True, slots=True)
class BulkTable:
    """The statements that fill one table."""

    insert_sqlite: str
    copy: str
    make_waiting: str
    copy_waiting: str
    take_waiting: str
    empty_waiting: str


USERS = BulkTable(
    queries.INSERT_USERS_SQLITE,
    queries.COPY_USERS,
    queries.WAITING_USERS,
    queries.COPY_WAITING_USERS,
    queries.TAKE_WAITING_USERS,
    queries.EMPTY_WAITING_USERS,
)
MEMBERSHIPS = BulkTable(
    queries.INSERT_MEMBERSHIPS_SQLITE,
    queries.COPY_MEMBERSHIPS,
    queries.WAITING_MEMBERSHIPS,
    queries.COPY_WAITING_MEMBERSHIPS,
    queries.TAKE_WAITING_MEMBERSHIPS,
    queries.EMPTY_WAITING_MEMBERSHIPS,
)


class TakenError(Exception):
    """Among rows that were streamed is one whose key is taken; the transaction has failed."""


class BulkWriter:
    """Fills one table; see `write`. To be left as a context before the transaction is.

    Streaming, which Postgres alone does, rows are sent while the caller reads the next ones, and
    before any other statement the caller has to `finish`.
    """

    def __init__(self, connection: Connection, table: BulkTable, *, streams: bool) -> None:
        self._connection = connection
        self._table = table
        self.is_streaming = streams and connection.engine != SQLITE
        self._expects_taken = False
        self._has_waiting = False
        self._context: Any = None  # psycopg's, while rows are streamed
        self._copy: Any = None  # what the context gave
        self._streamed = 0

    def __enter__(self) -> BulkWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        elif self._context is not None:
            context, self._context = self._context, None
            with suppress(type(error), Exception):  # whatever is said of rows that nobody wants
                context.__exit__(kind, error, traceback)

    def write(self, columns: Sequence[Values]) -> int:
        """Insert rows, given by columns; how many that were: those whose key is taken are not.

        Of streamed rows all are; where the key of one is taken, now or later TakenError is raised.
        Raises DatabaseError.
        """
        with translated_errors(self._connection.label):
            if self._connection.engine == SQLITE:
                cursor = self._connection.raw.cursor()
                cursor.executemany(self._table.insert_sqlite, zip(*columns, strict=True))
                return int(cursor.rowcount)
            count, content = len(columns[0]), _copied(columns)
            if self.is_streaming:
                with _taken_told():
                    self._stream(content, count)
                return count
            return self._write_or_leave_out(content, count)

    def finish(self) -> None:
        """Have the server take what was streamed so far. Raises TakenError, DatabaseError."""
        if self._context is not None:
            context, self._context, self._streamed = self._context, None, 0
            with translated_errors(self._connection.label), _taken_told():
                context.__exit__(None, None, None)

    def _stream(self, content: str, count: int) -> None:
        if self._context is None:
            self._context = self._connection.raw.cursor().copy(self._table.copy)
            self._copy = self._context.__enter__()
        self._copy.write(content)
        self._streamed += count
        if self._streamed >= STREAMED_ROWS:
            self.finish()

    def _write_or_leave_out(self, content: str, count: int) -> int:
        """Straight into the table, which a taken key undoes; by way of another one after that."""
        if not self._expects_taken:
            raw = self._connection.raw
            raw.execute("SAVEPOINT bulk_rows")
            try:
                self._copy_all(self._table.copy, content)
            except Exception as error:
                if not _is_taken(error):
                    raise
                raw.execute("ROLLBACK TO SAVEPOINT bulk_rows; RELEASE SAVEPOINT bulk_rows")
            else:
                raw.execute("RELEASE SAVEPOINT bulk_rows")
                return count
        written = self._write_by_waiting(content)
        self._expects_taken = written < count
        return written

    def _write_by_waiting(self, content: str) -> int:
        raw = self._connection.raw
        raw.execute(self._table.empty_waiting if self._has_waiting else self._table.make_waiting)
        self._has_waiting = True
        self._copy_all(self._table.copy_waiting, content)
        return int(raw.execute(self._table.take_waiting).rowcount)

    def _copy_all(self, statement: str, content: str) -> None:
        with self._connection.raw.cursor().copy(statement) as copy:
            copy.write(content)


def insert_all(
    connection: Connection, rows: Sequence[Values], *, insert_sqlite: str, copy: str
) -> None:
    """Insert rows none of whose keys is taken. Raises DatabaseError."""
    if not rows:
        return
    with translated_errors(connection.label):
        if connection.engine == SQLITE:
            connection.raw.cursor().executemany(insert_sqlite, rows)
        else:
            with connection.raw.cursor().copy(copy) as sent:
                sent.write(_copied(zip(*rows, strict=True)))


def write_in_bulk(
    connection: Connection, table: BulkTable, work: Callable[[BulkWriter], Result]
) -> Result:
    """Do the work with a writer that streams; where that meets a taken key, again without."""
    if connection.engine == SQLITE:
        return work(BulkWriter(connection, table, streams=False))
    # Of an interrupt in the middle of many rows, the driver would tell stderr itself.
    logging.getLogger("psycopg").addHandler(_SILENCE)
    connection.run(queries.MARK)
    try:
        with BulkWriter(connection, table, streams=True) as writer:
            return work(writer)
    except TakenError:
        connection.run(queries.BACK_TO_MARK)
    return work(BulkWriter(connection, table, streams=False))


@contextmanager
def _taken_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if _is_taken(error):
            raise TakenError from None
        raise


def _is_taken(error: Exception) -> bool:
    return getattr(error, "sqlstate", None) == _UNIQUE_VIOLATION


def _copied(columns: Iterable[Values]) -> str:
    """The rows in the text format of COPY (PostgreSQL, "COPY", "Text Format")."""
    rows = zip(*map(_copied_column, columns), strict=True)
    return "\n".join(map("\t".join, rows)) + "\n"


def _copied_column(values: Values) -> Iterable[str]:
    kinds = set(map(type, values))
    if len(set(values)) == 1:
        return [_copied_value(values[0])] * len(values)
    if kinds == {int}:
        return map(str, values)
    if kinds == {str}:
        texts: Any = values  # all of them, as was seen
        return map(_copied_value, texts) if _SPECIAL.search("".join(texts)) else texts
    return map(_copied_value, values)


def _copied_value(value: str | int | None) -> str:
    if value is None:
        return r"\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)
