"""One open connection to either engine, with one face.

Owns statements and their placeholders. Leaves transactions to `transactions`, opening to
`sqlite_file` and `postgres`, errors to `driver_errors`, and the SQL to `queries` and to whoever
calls. Imports neither SQLAlchemy nor, for SQLite, psycopg.
"""

from __future__ import annotations

from grantctl.store.driver_errors import translated_errors
from grantctl.store.sqlite_file import (
    UnlockedFile,
    connect_for_reading,
    connect_for_writing,
    connect_to_memory,
)
from grantctl.store.transactions import Reading, Writing
from grantctl.store.url import POSTGRES, SQLITE, DatabaseUrl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

_MAX_SPELLED = 256

Row: TypeAlias = "tuple[Any, ...]"  # values of whatever column types the statement names
Parameters: TypeAlias = "Mapping[str, Any]"

_SPELLED: dict[str, str] = {}


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
        self.is_held = False  # whether all reads are part of one moment; see `Reading`
        self._streams = 0

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
                _quietly(cursor.close)  # whoever left early may have closed the connection

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

    def reading(self) -> Reading:
        """All reads within see the database at one moment, that of `holding` if within one."""
        return Reading(self)

    def holding(self) -> Reading:
        """The same, for several `reading`s: they see what the first read within saw.

        In a transaction that is on already, a session's for instance, they are part of that.
        """
        return Reading(self, holds=True)

    @property
    def is_unlocked(self) -> bool:
        """Whether it reads a file without locks, and so sees nothing of a later change."""
        return self._unlocked is not None

    def require_unchanged(self) -> None:
        """Raise DatabaseError where a file read without locks was written meanwhile."""
        if self._unlocked is not None:
            self._unlocked.require_unchanged()

    def writing(self) -> Writing:
        """All or nothing, with no other writer meanwhile."""
        return Writing(self)

    def roll_back(self) -> None:
        """End the transaction: it is over, whatever the driver says of it."""
        _quietly(lambda: self.raw.execute("ROLLBACK"))

    def close(self) -> None:
        self.raw.close()

    def _spelled(self, statement: str) -> str:
        return statement if self.engine == SQLITE else pyformat(statement)

    def _streaming_cursor(self) -> Any:
        if self.engine == SQLITE:
            return self.raw.cursor()
        # A server-side cursor: psycopg's plain one would fetch every row at once.
        self._streams += 1
        return self.raw.cursor(name=f"grantctl_stream_{self._streams}")


def pyformat(statement: str) -> str:
    """`:name` written as psycopg wants it, `%(name)s`; `::` stays, `%` is doubled.

    The statements are our own constants, so that no literal in them holds a colon.
    """
    if statement not in _SPELLED:
        if len(_SPELLED) >= _MAX_SPELLED:
            _SPELLED.clear()
        _SPELLED[statement] = _in_pyformat(statement)
    return _SPELLED[statement]


def _in_pyformat(statement: str) -> str:
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
        return Connection(POSTGRES, connect_postgres(url, read_only=True), label=str(url))
    raw, unlocked = connect_for_reading(url)
    return Connection(SQLITE, raw, label=str(url), unlocked=unlocked)


def open_writing(url: DatabaseUrl) -> Connection:
    """A connection that may write.

    INVARIANT: the caller has read that the database is one of grantctl's; see `sqlite_file`.
    Raises UsageError, DatabaseError.
    """
    if url.engine == POSTGRES:
        return Connection(POSTGRES, connect_postgres(url, read_only=False), label=str(url))
    return Connection(SQLITE, connect_for_writing(url), label=str(url))


def open_memory() -> Connection:
    """An empty SQLite database that lives as long as the connection."""
    return Connection(SQLITE, connect_to_memory(), label="memory")


def connect_postgres(url: DatabaseUrl, *, read_only: bool) -> Any:  # Any: the driver's own
    """The driver's connection, in autocommit. Raises UsageError, DatabaseError."""
    # Only Postgres needs it, and psycopg takes longer to import than a whole check on SQLite.
    from importlib import import_module

    return import_module("grantctl.store.postgres").connect(url, read_only=read_only)


def _quietly(work: Callable[[], object]) -> None:
    try:  # noqa: SIM105  # `contextlib` takes longer to import than it would save here
        work()
    except Exception:  # noqa: S110  # whatever the driver says, there is nothing left to do
        pass
