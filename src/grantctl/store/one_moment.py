"""Reading at one moment, inside of whichever transaction is on, or in one of its own.

Owns telling which it is. Leaves beginning and ending one to `connection`.
"""

from __future__ import annotations

from grantctl.store.connection import Connection, Reading
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class OneMoment:
    """A transaction that only reads, unless one is on already; see `ImpactReader`."""

    __slots__ = ("_connection", "_reading")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reading: Reading | None = None

    def __enter__(self) -> None:
        if not is_in_transaction(self._connection):
            self._reading = self._connection.reading()
            self._reading.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._reading is not None:
            self._reading.__exit__(kind, error, traceback)


def is_in_transaction(connection: Connection) -> bool:
    """Whether the driver's connection is inside of a transaction, whoever began it."""
    if connection.engine == SQLITE:
        return bool(connection.raw.in_transaction)
    return bool(connection.raw.info.transaction_status)  # libpq's own number, 0 is idle
