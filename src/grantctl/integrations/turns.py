"""So many things to be used, each by one at a time, and whoever else comes waits in line.

Owns only the order: `threading.Semaphore` lets a newcomer overtake those who wait, so that under
load some wait for ever. Where a thing is free it is taken without a lock: the ends of a `deque` are
taken from and added to in one step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class _Waiter(Generic[Thing]):
    """Somebody in line: its lock is released when the thing is there."""

    __slots__ = ("lock", "thing")

    def __init__(self) -> None:
        self.lock = Lock()
        self.lock.acquire()
        self.thing: Thing | None = None


class Turns(Generic[Thing]):
    """Things that are taken in the order of asking; the one that came back last goes first.

    `free` and `waiting` are there for who has no time for a call: one may be taken from `free`
    while nobody is `waiting`; it comes back by `give_back`.
    """

    __slots__ = ("_lock", "free", "waiting")

    def __init__(self, things: Iterable[Thing]) -> None:
        self.free = deque(things)
        self.waiting: deque[_Waiter[Thing]] = deque()
        self._lock = Lock()

    def take(self, *, seconds: float) -> Thing | None:
        """One of the things; None where none came back in so many seconds."""
        if not self.waiting:
            try:
                return self.free.pop()
            except IndexError:
                pass
        return self._wait(seconds)

    def take_free(self) -> list[Thing]:
        """Every thing that nobody uses."""
        found = []
        while True:
            try:
                found.append(self.free.pop())
            except IndexError:
                return found

    def give_back(self, thing: Thing) -> None:
        """End a turn: the next one is that of whoever has waited longest."""
        self.free.append(thing)
        # INVARIANT: looked at after the thing is there, as `_wait` looks for a thing after it is in
        # line: so one of the two sees the other, and nobody waits beside a free thing.
        if self.waiting:
            self.hand_over()

    def hand_over(self) -> None:
        """Give what is free to those who have waited longest."""
        with self._lock:
            while self.waiting:
                try:
                    thing = self.free.pop()
                except IndexError:
                    return
                first = self.waiting.popleft()
                first.thing = thing
                first.lock.release()

    def _wait(self, seconds: float) -> Thing | None:
        mine: _Waiter[Thing] = _Waiter()
        try:
            with self._lock:
                self.waiting.append(mine)
            self.hand_over()
            if mine.lock.acquire(timeout=seconds):
                return mine.thing
        except BaseException:  # interrupted: the turn may have come with the interruption
            if not self._leave(mine) and mine.thing is not None:
                self.give_back(mine.thing)
            raise
        return None if self._leave(mine) else mine.thing

    def _leave(self, mine: _Waiter[Thing]) -> bool:
        """Leave the line; False where the turn has come at the last moment."""
        with self._lock:
            if mine not in self.waiting:
                return False
            self.waiting.remove(mine)
            return True
