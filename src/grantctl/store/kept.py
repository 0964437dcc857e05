"""What was read through a connection to SQLite and holds until anything is committed.

Owns the comparison. Leaves what is kept to `directory_cache`, `member_cache` and
`facts_cache`.

`PRAGMA data_version` gives a number that is another one after a commit by any other connection, of
this process or another, and the same one otherwise (https://www.sqlite.org/pragma.html). It tells
nothing of the connection's own commits, so the connection must be one that cannot write.
"""

from __future__ import annotations

from grantctl.store import queries
from grantctl.store.connection import Connection
from grantctl.store.directory_cache import DirectoryCache
from grantctl.store.facts_cache import FactsCache
from grantctl.store.member_cache import MemberCache, microseconds_now
from grantctl.store.pinned import PinnedReader
from grantctl.store.quick_queries import DATA_VERSION, PAGE_CACHE
from grantctl.store.recent import Recent
from grantctl.store.revision import SCHEMA_REVISION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.store.pinned import Answer


class Kept:
    """`version` is the number that goes with what is kept; None where nothing holds."""

    def __init__(self, connection: Connection, *, users: int) -> None:
        connection.raw.execute(PAGE_CACHE)
        self.directory = DirectoryCache(connection)
        self.members = MemberCache(users)
        self.facts = FactsCache(connection, self.directory, users=users)
        self.answers: Recent[Answer] = Recent(users)
        self.version: int | None = None
        self._connection = connection

    def renew(self) -> PinnedReader | None:
        """A reader for the transaction that has begun, in which what is kept holds.

        None where the database is not of the revision that is expected. Raises DatabaseError.
        """
        connection = self._connection
        version = connection.rows(DATA_VERSION)[0][0]
        if version != self.version:
            self.directory.forget()
            self.members.forget()
            self.facts.forget()
            self.answers.forget()
            self.version = None
            if connection.rows(queries.REVISION) != [(SCHEMA_REVISION,)]:
                return None
            self.version = version
        return PinnedReader(
            connection,
            self.directory,
            self.members,
            answers=self.answers,
            now=microseconds_now(),
        )
