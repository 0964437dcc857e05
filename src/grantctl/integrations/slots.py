"""Room for one open connection each, and what becomes of it.

Owns opening one, whether it may still be trusted, and giving it up. Leaves to `pool` how many there
are and who uses which.
"""

from __future__ import annotations

from contextlib import suppress

from grantctl.errors import DatabaseError
from grantctl.store import queries
from grantctl.store.connection import Connection, open_reading
from grantctl.store.quick import QuickReader
from grantctl.store.quick_server import QuickServerReader
from grantctl.store.reader import Reader
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.sqlite_file import FileIdentity, file_identity
from grantctl.store.url import DatabaseUrl


class Slot:
    """Room for one connection that cannot write, which is opened when it is first needed.

    `quick`: what gives quick verdicts through it, None where there is no connection or no such way.
    """

    __slots__ = ("_file", "_url", "_users", "connection", "quick")

    def __init__(self, url: DatabaseUrl, *, users: int) -> None:
        """`users`: of how many users is kept what was read of them."""
        self._url = url
        self._users = users
        self._file: FileIdentity | None = None  # what the path named when it was opened
        self.connection: Connection | None = None
        self.quick: QuickReader | QuickServerReader | None = None

    def fill(self) -> Connection:
        """Open a connection. Raises DatabaseError."""
        self._file = before = file_identity(self._url)
        connection = open_reading(self._url)
        try:
            Reader(connection).require_revision()
            if before is None:
                self.quick = QuickServerReader(connection)
            elif not connection.is_unlocked:
                self.quick = QuickReader(connection, self._url, before, users=self._users)
        except BaseException:
            connection.close()
            raise
        self.connection = connection
        return connection

    def empty(self) -> None:
        """Close the connection, if there is one."""
        connection, self.connection, self.quick = self.connection, None, None
        if connection is not None:
            with suppress(Exception):  # it is given up, whatever the driver says of it
                connection.close()

    @property
    def is_sound(self) -> bool:
        """Whether the connection answers, for this database at this revision."""
        # A restored copy has a new file under the old name; the open one would answer for ever.
        return self._file == file_identity(self._url) and self.is_answering

    @property
    def is_answering(self) -> bool:
        """Whether the connection answers at all, at the revision of this code."""
        try:
            return self.connection is not None and (
                self.connection.rows(queries.REVISION) == [(SCHEMA_REVISION,)]
            )
        except DatabaseError:
            return False
