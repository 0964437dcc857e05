"""Whether it is worth to read again what was forgotten after a commit.

Owns the reckoning: reading what a question needs of groups and flags may take as long as answering
it the long way several times. Where others commit all the time, it would be read for one answer
each. So the long way is taken until as much time was spent on it as reading takes; at the worst
that is twice the time of whichever is better.
"""

from __future__ import annotations

LONG_WAY_SECONDS = 300e-6
MAX_LONG_WAYS = 100
MAX_QUESTIONS = 1000


class Patience:
    """Of each question, how long reading took the last time, and what was spent since."""

    def __init__(self) -> None:
        self._seconds: dict[object, float] = {}
        self._spent: dict[object, float] = {}

    def is_worth_reading(self, asked: object) -> bool:
        """Whether to read for this question now; otherwise the long way is taken once more."""
        least = min(self._seconds.get(asked, 0.0), MAX_LONG_WAYS * LONG_WAY_SECONDS)
        spent = self._spent.get(asked, 0.0)
        if spent >= least:
            self._spent.pop(asked, None)
            return True
        self._spent[asked] = spent + LONG_WAY_SECONDS
        return False

    def note(self, asked: object, seconds: float) -> None:
        """Remember how long reading took."""
        if len(self._seconds) >= MAX_QUESTIONS:
            self._seconds.clear()
            self._spent.clear()
        self._seconds[asked] = seconds
