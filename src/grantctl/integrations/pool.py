"""Open connections that threads read through, one thread at a time on each.

Owns how many there are, which of them may still be trusted, and what becomes of a dead one. Leaves
opening to `store.connection`. Nothing that was read is kept: each question goes to the database.

INVARIANT: a connection is in the hands of one thread, or idle in the pool, never both. An idle one
is outside of any transaction, so that its next reader sees what was committed before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import TypeVar

from grantctl.errors import DatabaseError, GrantctlError, InvalidError, UsageError
from grantctl.integrations.forks import tell_child
from grantctl.integrations.turns import Turns
from grantctl.store import queries
from grantctl.store.connection import Connection, open_reading
from grantctl.store.driver_errors import retried
from grantctl.store.reader import Reader
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import DatabaseUrl, parse_url

DEFAULT_SIZE = 10
MAX_SIZE = 1000
WAIT_SECONDS = 10.0

Result = TypeVar("Result")
FileIdentity = tuple[int, int] | None  # device and inode; None for a server


class _LostError(DatabaseError):
    """The connection itself is gone; a fresh one may answer."""


@dataclass(frozen=True, slots=True)
class _Pooled:
    """A connection, and the file that the database's path named when it was opened."""

    connection: Connection
    file: FileIdentity

    def close(self) -> None:
        with suppress(Exception):  # it is given up, whatever the driver says of it
            self.connection.close()


class ReaderPool:
    """At most `size` connections that cannot write, opened when they are first needed.

    Safe under threads, and across a fork: a child opens its own.
    """

    def __init__(
        self, url: DatabaseUrl, *, size: int = DEFAULT_SIZE, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        if isinstance(size, bool) or not 1 <= size <= MAX_SIZE:
            raise InvalidError(f"the size of a pool is 1 to {MAX_SIZE}, not {size}")
        self.url = url
        self._size = size
        self._wait_seconds = wait_seconds
        self._inherited: list[_Pooled] = []
        self._is_open = True
        self._idle: list[_Pooled] = []
        self._lock = Lock()
        self._turns = Turns(size)
        tell_child(self)

    def read(self, work: Callable[[Reader], Result]) -> Result:
        """What `work` reads. It is done once more where an idle connection turns out to be dead.

        Raises DatabaseError, also where every connection stays in use for ten seconds, and what
        `work` raises.
        """
        with self._turn():
            return retried(lambda: self._read(work))

    def open(self) -> None:
        """Take questions again after a `close`."""
        self._is_open = True

    def close(self) -> None:
        """Close every idle connection now, the others when they are read; open none from now on."""
        self._is_open = False
        self._drop_idle()

    def _read(self, work: Callable[[Reader], Result]) -> Result:
        kept = self._take_idle()
        if kept is not None:
            try:
                return self._work_on(kept, work)
            except _LostError:
                self._drop_idle()  # whatever ended one connection has most likely ended them all
        return self._work_on(self._open_fresh(), work)

    def _work_on(self, pooled: _Pooled, work: Callable[[Reader], Result]) -> Result:
        try:
            result = work(Reader(pooled.connection))
            pooled.connection.require_unchanged()
        except DatabaseError as error:
            is_lost = not _answers(pooled.connection)
            pooled.close()
            if is_lost:
                raise _LostError(error.message, hint=error.hint) from None
            raise
        except GrantctlError:  # an answer as well: what was asked about does not exist
            self._keep(pooled)
            raise
        except BaseException:  # interrupted anywhere: nobody knows in what state it is
            pooled.close()
            raise
        self._keep(pooled)
        return result

    def _open_fresh(self) -> _Pooled:
        before = _identity(self.url)
        connection = open_reading(self.url)
        pooled = _Pooled(connection, before)
        try:
            Reader(connection).require_revision()
        except BaseException:
            pooled.close()
            raise
        return pooled

    def _take_idle(self) -> _Pooled | None:
        """An idle connection that answers, for this database at this revision; None for none."""
        with self._lock:
            pooled = self._idle.pop() if self._idle else None
        if pooled is None or self._is_sound(pooled):
            return pooled
        pooled.close()
        # Asking each of the others would, with a server that is cut off, take ten seconds each.
        self._drop_idle()
        return None

    def _is_sound(self, pooled: _Pooled) -> bool:
        # A restored copy has a new file under the old name; the open one would answer for ever.
        return pooled.file == _identity(self.url) and _answers(pooled.connection)

    def _keep(self, pooled: _Pooled) -> None:
        with self._lock:
            # A file that is read without locks shows no later change.
            is_kept = self._is_open and not pooled.connection.is_unlocked
            if is_kept:
                self._idle.append(pooled)
        if not is_kept:
            pooled.close()

    def _drop_idle(self) -> None:
        with self._lock:
            dropped, self._idle = self._idle, []
        for pooled in dropped:
            pooled.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._is_open:
            raise DatabaseError(f"the connections to the database are closed: {self.url}")
        turns = self._turns
        if not turns.take(seconds=self._wait_seconds):
            raise DatabaseError(
                f"every connection to the database is in use: {self.url}",
                hint=f"more than {self._size} at once? make the pool larger",
            )
        try:
            yield
        finally:
            turns.give_back()

    def start_in_child(self) -> None:
        """Open connections of its own in a forked child (see `forks`)."""
        # Kept without being used: closing them here would end what the parent still works with.
        self._inherited.extend(self._idle)
        self._idle, self._lock, self._turns = [], Lock(), Turns(self._size)


def pool_of(database_url: str, *, size: int = DEFAULT_SIZE) -> ReaderPool:
    """The pool for a database of grantctl's own. Raises UsageError, InvalidError.

    A relative path is that of the folder at the time of the call, wherever the program goes later.
    """
    url = parse_url(database_url)
    if url.is_attached:
        raise UsageError(
            "an attached Open WebUI database is copied once, so its changes would not be seen",
            hint="bring it into a database of grantctl's own: grantctl init, "
            "then: grantctl import openwebui",
        )
    if url.path is not None:
        url = replace(url, file=str(url.path.absolute()))
    return ReaderPool(url, size=size)


def _answers(connection: Connection) -> bool:
    """Whether a connection answers at all, and for a database of the revision of this code."""
    try:
        return connection.rows(queries.REVISION) == [(SCHEMA_REVISION,)]
    except DatabaseError:
        return False


def _identity(url: DatabaseUrl) -> FileIdentity:
    if url.path is None:
        return None
    try:
        found = url.path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
