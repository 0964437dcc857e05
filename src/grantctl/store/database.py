"""A database that commands read: by its URL, or, attached, as a copy in memory.

Owns which connection a reader is given. Leaves SQLModel sessions to `session`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
