"""When tokens were last used, written behind the answers.

Owns the one thread that writes, and what it leaves out: a use within a minute of the last one that
was noted, what comes while too much waits, and everything for some seconds after a write has
failed, as on a read-only database. No request waits for it or fails because of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Lock, Thread

from grantctl.errors import GrantctlError
from grantctl.evaluation.token_facts import StoredToken
from grantctl.integrations.forks import tell_child
from grantctl.operations.token_use import PRECISION

PAUSE = timedelta(seconds=10)
MAX_WAITING = 1000
CLOSING_SECONDS = 2.0

_LOGGER = logging.getLogger("grantctl.integrations")
_Use = tuple[StoredToken, datetime]


class LastUse:
    """Notes uses through `write`, one after the other, in a thread of its own."""

    def __init__(self, write: Callable[[StoredToken, datetime], None]) -> None:
        self._write = write
        self._lock = Lock()
        self._queue: SimpleQueue[_Use | None] = SimpleQueue()
        self._waiting: set[int] = set()
        self._paused_until: datetime | None = None
        self._thread: Thread | None = None
        tell_child(self)

    def note(self, token: StoredToken, now: datetime) -> None:
        """Have it written soon that the token was used now."""
        last = token.last_used_at
        if last is not None and now - last < PRECISION:
            return
        with self._lock:
            is_paused = self._paused_until is not None and now < self._paused_until
            if is_paused or token.pk in self._waiting or len(self._waiting) >= MAX_WAITING:
                return
            self._waiting.add(token.pk)
            self._queue.put((token, now))
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="grantctl-last-use", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Let what waits be written, for two seconds at the most."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join(CLOSING_SECONDS)

    def start_in_child(self) -> None:
        """Start over in a forked child (see `forks`), to which no thread comes along."""
        self._lock, self._queue = Lock(), SimpleQueue()
        self._waiting, self._thread = set(), None

    def _work(self) -> None:
        while (use := self._queue.get()) is not None:
            token, now = use
            try:
                self._write(token, now)
            except GrantctlError as error:
                self._paused_until = now + PAUSE
                _LOGGER.debug("the last use of a token is not noted: %s", error.message)
            except Exception:
                self._paused_until = now + PAUSE
                _LOGGER.exception("the last use of a token is not noted")
            finally:
                with self._lock:
                    self._waiting.discard(token.pk)
