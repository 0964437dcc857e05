"""What was read through a connection and holds until anything is committed.

Owns the comparison. Leaves what is kept to `directory_cache`, `member_cache` and
`facts_cache`.

`PRAGMA data_version` gives a number that is another one after a commit by any other connection, of
this process or another, and the same one otherwise (https://www.sqlite.org/pragma.html). It tells
nothing of the connection's own commits, so the connection must be one that cannot write.

On Postgres the version is the snapshot: two statements with the same one see the same rows, since
it says which transactions are over. It is another one after a commit anywhere in the cluster.
"""

from __future__ import annotations

from grantctl.store import queries
from grantctl.store.connection import Connection
from grantctl.store.directory_cache import DirectoryCache
from grantctl.store.facts_cache import FactsCache
from grantctl.store.member_cache import MemberCache, microseconds_now
from grantctl.store.pinned import PinnedReader
from grantctl.store.quick_queries import DATA_VERSION, PAGE_CACHE, SNAPSHOT
from grantctl.store.recent import Recent
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.store.pinned import Answer


class Kept:
    """`version` goes with what is kept; None where nothing holds."""

    def __init__(self, connection: Connection, *, users: int) -> None:
        is_sqlite = connection.engine == SQLITE
        if is_sqlite:
            connection.raw.execute(PAGE_CACHE)
        self._read_version = DATA_VERSION if is_sqlite else SNAPSHOT
        self.directory = DirectoryCache(connection)
        self.members = MemberCache(users)
        self.facts = FactsCache(connection, self.directory, users=users)
        self.answers: Recent[Answer] = Recent(users)
        self.version: int | str | None = None
        self._connection = connection

    def renew(self) -> PinnedReader | None:
        """A reader for the transaction that has begun, in which what is kept holds.

        None where the database is not of the revision that is expected, or tells no version.
        Raises DatabaseError.
        """
        connection = self._connection
        rows = connection.rows(self._read_version)
        version = rows[0][0] if rows else None
        if version is None or version != self.version:
            self.directory.forget()
            self.members.forget()
            self.facts.forget()
            self.answers.forget()
            self.version = None
            if version is None or connection.rows(queries.REVISION) != [(SCHEMA_REVISION,)]:
                return None
            self.version = version
        return PinnedReader(
            connection,
            self.directory,
            self.members,
            answers=self.answers,
            now=microseconds_now(),
        )
