"""Open connections that threads read through, one thread at a time on each.

Owns how many there are, which of them may still be trusted, and what becomes of a dead one. Leaves
opening to `store.connection`, and to `store.quick` what is kept of earlier answers, which is
compared with the database at each question.

INVARIANT: a connection is in the hands of one thread, or idle in the pool, never both. An idle one
is outside of any transaction, so that its next reader sees what was committed before it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from grantctl.errors import DatabaseError, GrantctlError, InvalidError, UsageError
from grantctl.evaluation.compiled import Asked, Verdict
from grantctl.integrations.forks import tell_child
from grantctl.integrations.turns import Turns
from grantctl.store import queries
from grantctl.store.connection import Connection, open_reading
from grantctl.store.driver_errors import is_driver_error, retried
from grantctl.store.member_cache import DEFAULT_USERS
from grantctl.store.quick import QuickReader
from grantctl.store.quick_server import QuickServerReader
from grantctl.store.reader import Reader
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.sqlite_file import FileIdentity, file_identity
from grantctl.store.url import DatabaseUrl, parse_url

DEFAULT_SIZE = 10
MAX_SIZE = 1000
MAX_USERS = 10_000_000
WAIT_SECONDS = 10.0

Result = TypeVar("Result")
Quick = QuickReader | QuickServerReader


class _LostError(DatabaseError):
    """The connection itself is gone; a fresh one may answer."""


@dataclass(frozen=True, slots=True)
class _Pooled:
    """A connection, and the file that the database's path named when it was opened."""

    connection: Connection
    file: FileIdentity | None

    def close(self) -> None:
        with suppress(Exception):  # it is given up, whatever the driver says of it
            self.connection.close()


class _Slot:
    """Room for one connection, which is opened when it is first needed.

    `quick`: what gives quick verdicts through it, None where there is no such way.
    """

    __slots__ = ("pooled", "quick")

    def __init__(self) -> None:
        self.pooled: _Pooled | None = None
        self.quick: Quick | None = None

    def empty(self) -> None:
        """Close the connection, if there is one."""
        pooled, self.pooled, self.quick = self.pooled, None, None
        if pooled is not None:
            pooled.close()


class ReaderPool:
    """At most `size` connections that cannot write, opened when they are first needed.

    Safe under threads, and across a fork: a child opens its own.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        *,
        size: int = DEFAULT_SIZE,
        users: int = DEFAULT_USERS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`users`: of how many users each connection keeps what it read of them."""
        if isinstance(size, bool) or not 1 <= size <= MAX_SIZE:
            raise InvalidError(f"the size of a pool is 1 to {MAX_SIZE}, not {size}")
        if isinstance(users, bool) or not 0 <= users <= MAX_USERS:
            raise InvalidError(f"the size of a user cache is 0 to {MAX_USERS}, not {users}")
        self.url = url
        self._size = size
        self._users = users
        self._wait_seconds = wait_seconds
        self._inherited: list[_Pooled] = []
        self._is_open = True
        self._make_slots()
        tell_child(self)

    def read(self, work: Callable[[Reader], Result]) -> Result:
        """What `work` reads. It is done once more where an idle connection turns out to be dead.

        Raises DatabaseError, also where every connection stays in use for ten seconds, and what
        `work` raises.
        """
        slot = self._take()
        try:
            return retried(lambda: self._read(slot, work))
        finally:
            self._give_back(slot)

    def verdict(self, user: str, asked: str | Asked) -> Verdict | None:
        """Whether the user has it, quickly; None where only a reader can tell.

        Raises DatabaseError as `read`.
        """
        turns = self._turns
        try:
            # As `_take`, without a call where something is free: this is asked all the time.
            slot = self._take() if turns.waiting or not self._is_open else turns.free.pop()
        except IndexError:
            slot = self._take()
        try:
            quick = slot.quick or self._fill_quick(slot)
            return None if quick is None else quick.verdict(user, asked)
        except BaseException as error:
            self._give_up(slot, error)
            return None
        finally:
            turns.free.append(slot)
            if turns.waiting or not self._is_open:
                self._tidy()

    def open(self) -> None:
        """Take questions again after a `close`."""
        self._is_open = True

    def close(self) -> None:
        """Close every idle connection now, the others when they are read; open none from now on."""
        self._is_open = False
        self._drop_idle()

    def _read(self, slot: _Slot, work: Callable[[Reader], Result]) -> Result:
        pooled = slot.pooled
        if pooled is not None:
            # A restored copy has a new file under the old name; the open one would answer for ever.
            if pooled.file == file_identity(self.url) and _answers(pooled.connection):
                try:
                    return self._work_on(slot, pooled, work)
                except _LostError:
                    pass
            slot.empty()
            # What ended one connection has most likely ended them all; and asking each of the
            # others would, with a server that is cut off, take ten seconds each.
            self._drop_idle()
        return self._work_on(slot, self._fill(slot), work)

    def _work_on(self, slot: _Slot, pooled: _Pooled, work: Callable[[Reader], Result]) -> Result:
        try:
            result = work(Reader(pooled.connection))
            pooled.connection.require_unchanged()
        except DatabaseError as error:
            is_lost = not _answers(pooled.connection)
            slot.empty()
            if is_lost:
                raise _LostError(error.message, hint=error.hint) from None
            raise
        except GrantctlError:  # an answer as well: what was asked about does not exist
            raise
        except BaseException:  # interrupted anywhere: nobody knows in what state it is
            slot.empty()
            raise
        return result

    def _fill_quick(self, slot: _Slot) -> Quick | None:
        """What gives quick verdicts, after its connection was opened if there was none."""
        if slot.pooled is None:
            self._fill(slot)
            if slot.quick is None:
                slot.empty()
        return slot.quick

    def _give_up(self, slot: _Slot, error: BaseException) -> None:
        """Close a connection of which nobody knows in what state it is.

        Raises the error again, unless it is for a reader to find out whether it comes again.
        """
        slot.empty()
        if not (isinstance(error, DatabaseError) or is_driver_error(error)):
            raise error

    def _fill(self, slot: _Slot) -> _Pooled:
        before = file_identity(self.url)
        connection = open_reading(self.url)
        try:
            Reader(connection).require_revision()
            slot.pooled = _Pooled(connection, before)
            if before is None:
                slot.quick = QuickServerReader(connection)
            elif not connection.is_unlocked:
                slot.quick = QuickReader(connection, self.url, before, users=self._users)
        except BaseException:
            connection.close()
            raise
        return slot.pooled

    def _take(self) -> _Slot:
        if not self._is_open:
            raise DatabaseError(f"the connections to the database are closed: {self.url}")
        slot = self._turns.take(seconds=self._wait_seconds)
        if slot is None:
            raise DatabaseError(
                f"every connection to the database is in use: {self.url}",
                hint=f"more than {self._size} at once? make the pool larger",
            )
        return slot

    def _give_back(self, slot: _Slot) -> None:
        pooled = slot.pooled
        # A file that is read without locks shows no later change.
        if pooled is not None and pooled.connection.is_unlocked:
            slot.empty()
        self._turns.give_back(slot)
        if not self._is_open:
            self._drop_idle()

    def _tidy(self) -> None:
        """After something came back: let who waits have it, or close it where all is closed."""
        self._turns.hand_over()
        if not self._is_open:
            self._drop_idle()

    def _drop_idle(self) -> None:
        for slot in self._turns.take_free():
            slot.empty()
            self._turns.give_back(slot)

    def _make_slots(self) -> None:
        self._slots = [_Slot() for _ in range(self._size)]
        self._turns = Turns(self._slots)

    def start_in_child(self) -> None:
        """Open connections of its own in a forked child (see `forks`)."""
        # Kept without being used: closing them here would end what the parent still works with.
        self._inherited.extend(slot.pooled for slot in self._slots if slot.pooled is not None)
        self._make_slots()


def pool_of(
    database_url: str, *, size: int = DEFAULT_SIZE, users: int = DEFAULT_USERS
) -> ReaderPool:
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
    return ReaderPool(url, size=size, users=users)


def _answers(connection: Connection) -> bool:
    """Whether a connection answers at all, and for a database of the revision of this code."""
    try:
        return connection.rows(queries.REVISION) == [(SCHEMA_REVISION,)]
    except DatabaseError:
        return False
