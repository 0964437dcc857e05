"""So many at once, and whoever else comes waits in line.

Owns only the order: `threading.Semaphore` lets a newcomer overtake those who wait, so that under
load some wait for ever.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turns:
    """A semaphore of `count` turns that are taken in the order of asking."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()

    def take(self, *, seconds: float) -> bool:
        """Wait for a turn; whether there was one in so many seconds."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            if mine.acquire(timeout=seconds):
                return True
        except BaseException:  # interrupted: the turn may have come with the interruption
            if not self._leave(mine):
                self.give_back()
            raise
        return not self._leave(mine)

    def give_back(self) -> None:
        """End a turn: it goes to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _leave(self, mine: Lock) -> bool:
        """Leave the line; False where the turn has come at the last moment."""
        with self._lock:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            return True
