"""A database that commands read: by its URL, or, attached, as a copy in memory.

Owns which connection a reader is given. Leaves SQLModel sessions to `session`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grantctl.errors import GuardError
from grantctl.lean import dataclass
from grantctl.store.connection import Connection, open_reading
from grantctl.store.reader import Reader
from grantctl.store.url import DatabaseUrl


@dataclass(frozen=True, slots=True)
class Database:
    """`memory` holds the copy of an attached foreign database, None for grantctl's own."""

    url: DatabaseUrl
    memory: Connection | None = None

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader for one command. Raises DatabaseError where the database is not usable."""
        if self.memory is not None:
            yield Reader(self.memory)
            return
        connection = open_reading(self.url)
        try:
            reader = Reader(connection)
            reader.require_revision()
            yield reader
        finally:
            connection.close()


def refuse_attached(database: Database) -> None:
    """Raise GuardError where the database is one of Open WebUI's, attached to be read."""
    if database.url.is_attached:
        raise GuardError(
            "an attached Open WebUI database is only read, never changed",
            hint="bring it into a database of grantctl's own: grantctl init, "
            "then: grantctl import openwebui",
        )
