"""Open connections that threads read through, one thread at a time on each.

Owns how many there are, who uses which, and what becomes of a dead one. Leaves opening
them to `slots`, and to `store.quick` what is kept of earlier answers, which is
compared with the database at each question.

INVARIANT: a connection is in the hands of one thread, or idle in the pool, never both. An idle one
is outside of any transaction, so that its next reader sees what was committed before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from grantctl.errors import DatabaseError, GrantctlError, InvalidError, UsageError
from grantctl.evaluation.compiled import Asked, Verdict
from grantctl.evaluation.facts import PermissionFacts
from grantctl.integrations.forks import tell_child
from grantctl.integrations.slots import Slot
from grantctl.integrations.turns import Turns
from grantctl.store.connection import Connection
from grantctl.store.driver_errors import is_driver_error, retried
from grantctl.store.member_cache import DEFAULT_USERS
from grantctl.store.pinned import PinnedReader, unkept
from grantctl.store.quick import QuickReader
from grantctl.store.quick_server import QuickServerReader
from grantctl.store.reader import Reader
from grantctl.store.url import DatabaseUrl, parse_url

DEFAULT_SIZE = 10
MAX_SIZE = 1000
MAX_USERS = 10_000_000
WAIT_SECONDS = 10.0

Result = TypeVar("Result")


class _LostError(DatabaseError):
    """The connection itself is gone; a fresh one may answer."""


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
        self._inherited: list[Connection] = []
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
        return self._quickly(lambda quick: quick.verdict(user, asked))

    def facts(self, user: str, key: str) -> PermissionFacts | None:
        """All that a decision needs, without advice, quickly; None where only a reader can tell.

        Raises DatabaseError as `read`.
        """
        return self._quickly(lambda quick: quick.facts(user, key))

    def recall(self, name: str) -> object | None:
        """The answer that a pinned reader was given to keep, if it still holds."""
        return self._quickly(lambda quick: quick.recall(name))

    def _quickly(self, ask: Callable[[QuickReader | QuickServerReader], Result]) -> Result | None:
        turns = self._turns
        try:
            # As `_take`, without a call where something is free: this is asked all the time.
            slot = self._take() if turns.waiting or not self._is_open else turns.free.pop()
        except IndexError:
            slot = self._take()
        try:
            quick = slot.quick or self._fill_quick(slot)
            return None if quick is None else ask(quick)
        except BaseException as error:
            self._give_up(slot, error)
            return None
        finally:
            turns.free.append(slot)
            if turns.waiting or not self._is_open:
                self._tidy()

    @contextmanager
    def pinned(self) -> Iterator[PinnedReader]:
        """A reader of one connection, inside of a transaction that lasts as long as the block.

        Raises DatabaseError as `read`.
        """
        slot = self._take()
        try:
            connection = self._sound(slot)
            with connection.reading():
                quick = slot.quick
                yield unkept(connection) if quick is None else quick.pinned()
        except GrantctlError as error:
            if isinstance(error, DatabaseError):
                slot.empty()
            raise
        except BaseException:  # as in `read`
            slot.empty()
            raise
        finally:
            self._give_back(slot)

    def open(self) -> None:
        """Take questions again after a `close`."""
        self._is_open = True

    def close(self) -> None:
        """Close every idle connection now, the others when they are read; open none from now on."""
        self._is_open = False
        self._drop_idle()

    def _read(self, slot: Slot, work: Callable[[Reader], Result]) -> Result:
        was_open = slot.connection is not None
        try:
            return self._work_on(slot, self._sound(slot), work)
        except _LostError:
            if not was_open:
                raise
        self._drop_idle()
        return self._work_on(slot, slot.fill(), work)

    def _work_on(
        self, slot: Slot, connection: Connection, work: Callable[[Reader], Result]
    ) -> Result:
        try:
            result = work(Reader(connection))
            connection.require_unchanged()
        except DatabaseError as error:
            is_lost = not slot.is_answering
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

    def _sound(self, slot: Slot) -> Connection:
        """The slot's connection if it may be trusted, or a new one."""
        if slot.connection is not None:
            if slot.is_sound:
                return slot.connection
            slot.empty()
            # What ended one has most likely ended them all; and asking each of the others would,
            # with a server that is cut off, take ten seconds each.
            self._drop_idle()
        return slot.fill()

    def _fill_quick(self, slot: Slot) -> QuickReader | QuickServerReader | None:
        """What gives quick verdicts, after its connection was opened if there was none."""
        if slot.connection is None:
            slot.fill()
            if slot.quick is None:
                slot.empty()
        return slot.quick

    def _give_up(self, slot: Slot, error: BaseException) -> None:
        """Close a connection of which nobody knows in what state it is.

        Raises the error again, unless it is for a reader to find out whether it comes again.
        """
        slot.empty()
        if not (isinstance(error, DatabaseError) or is_driver_error(error)):
            raise error

    def _take(self) -> Slot:
        if not self._is_open:
            raise DatabaseError(f"the connections to the database are closed: {self.url}")
        slot = self._turns.take(seconds=self._wait_seconds)
        if slot is None:
            raise DatabaseError(
                f"every connection to the database is in use: {self.url}",
                hint=f"more than {self._size} at once? make the pool larger",
            )
        return slot

    def _give_back(self, slot: Slot) -> None:
        # A file that is read without locks shows no later change.
        if slot.connection is not None and slot.connection.is_unlocked:
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
        self._slots = [Slot(self.url, users=self._users) for _ in range(self._size)]
        self._turns = Turns(self._slots)

    def start_in_child(self) -> None:
        """Open connections of its own in a forked child (see `forks`)."""
        # Kept without being used: closing them here would end what the parent still works with.
        self._inherited.extend(one.connection for one in self._slots if one.connection is not None)
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
