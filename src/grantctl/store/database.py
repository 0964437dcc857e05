"""A database that commands read: by its URL, or, attached, as a copy in memory.

Owns which connection a reader is given. Leaves SQLModel sessions to `session`.
"""

from __future__ import annotations

from grantctl.errors import GuardError
from grantctl.lean import dataclass
from grantctl.store.connection import Connection, open_reading
from grantctl.store.reader import Reader
from grantctl.store.url import DatabaseUrl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Database:
    """`memory` holds the copy of an attached foreign database, None for grantctl's own."""

    url: DatabaseUrl
    memory: Connection | None = None

    def reader(self) -> OpenReader:
        """A reader for one command. Raises DatabaseError where the database is not usable."""
        return OpenReader(self)


class OpenReader:
    """A reader as long as a command needs it; see `Database.reader`."""

    __slots__ = ("_connection", "_database")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def __enter__(self) -> Reader:
        if self._database.memory is not None:
            return Reader(self._database.memory)
        connection = open_reading(self._database.url)
        try:
            reader = Reader(connection)
            reader.require_revision()
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return reader

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()


def refuse_attached(database: Database) -> None:
    """Raise GuardError where the database is one of Open WebUI's, attached to be read."""
    if database.url.is_attached:
        raise GuardError(
            "an attached Open WebUI database is only read, never changed",
            hint="bring it into a database of grantctl's own: grantctl init, "
            "then: grantctl import openwebui",
        )
