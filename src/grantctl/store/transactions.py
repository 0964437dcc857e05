"""Transactions of the plain DB-API: reading at one moment, and writing all or nothing.

Owns beginning and ending them, and joining one that is on already, whoever began it. Leaves
statements to `connection`.
"""

from __future__ import annotations

from grantctl.store.driver_errors import translated_errors
from grantctl.store.sqlite_file import begin_writing
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from grantctl.store.connection import Connection

# One number for every write transaction of grantctl on a Postgres database: "grntctl" in hex.
WRITE_LOCK = 0x67726E7463746C

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Reading:
    """A transaction that only reads; see `Connection.reading` and `Connection.holding`.

    Within one that holds, others are part of it: they neither begin nor end anything. One that
    holds is itself part of whatever transaction is on, a session's for instance.
    """

    __slots__ = ("_connection", "_has_begun", "_has_held", "_holds")

    def __init__(self, connection: Connection, *, holds: bool = False) -> None:
        self._connection = connection
        self._holds = holds
        self._has_begun = False
        self._has_held = False

    def __enter__(self) -> None:
        connection = self._connection
        if connection.is_held:
            return
        self._has_begun = not (self._holds and is_in_transaction(connection))
        if self._has_begun:
            is_sqlite = connection.engine == SQLITE
            with translated_errors(connection.label):
                connection.raw.execute("BEGIN" if is_sqlite else _BEGIN_READING)
        self._has_held = connection.is_held = self._holds

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._has_held:
            self._connection.is_held = False
        if self._has_begun:
            self._connection.roll_back()
        if error is None:
            self._connection.require_unchanged()


class Writing:
    """A transaction that writes; see `Connection.writing`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        connection = self._connection
        try:
            with translated_errors(connection.label):
                if connection.engine == SQLITE:
                    begin_writing(connection.raw)
                else:
                    connection.raw.execute("BEGIN")
                    connection.raw.execute(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")
        except BaseException:
            connection.roll_back()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self._connection
        if error is not None:
            connection.roll_back()
            return
        try:
            with translated_errors(connection.label):
                connection.raw.execute("COMMIT")
        except BaseException:
            connection.roll_back()
            raise


def is_in_transaction(connection: Connection) -> bool:
    """Whether what the driver's connection runs next is part of a transaction already."""
    if connection.engine == SQLITE:
        return bool(connection.raw.in_transaction)
    # Without autocommit, psycopg begins one by itself; libpq's own number 0 is idle.
    return bool(not connection.raw.autocommit or connection.raw.info.transaction_status)
