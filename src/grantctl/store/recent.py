"""The values that were asked for last.

Owns how many are kept. Leaves what they are, and for how long they hold, to whoever keeps them.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Value = TypeVar("Value")

# Longer ones are not kept: an address means the same with any number of spaces around it, and those
# would be held as well.
MAX_NAME_LENGTH = 1000


class Recent(Generic[Value]):
    """Values by name; `size` of them are kept, about.

    Two halves: a full young one becomes the old one, and what is asked for again returns to the
    young one. So a hit costs a look into a dictionary, and nothing has to be kept in order.
    """

    def __init__(self, size: int) -> None:
        self.young: dict[str, Value] = {}
        self._old: dict[str, Value] = {}
        self._half = -(-size // 2)

    def find(self, name: str) -> Value | None:
        """The value of that name, if it is kept."""
        value = self.young.get(name)
        if value is None:
            value = self._old.get(name)
            if value is not None:
                self.keep(name, value)
        return value

    def keep(self, name: str, value: Value) -> None:
        """Keep a value, for as long as others do not take its place."""
        if not self._half or len(name) > MAX_NAME_LENGTH:
            return
        if len(self.young) >= self._half and name not in self.young:
            self._old, self.young = self.young, {}
        self.young[name] = value

    def forget(self) -> None:
        """Keep nothing of what there was."""
        self.young, self._old = {}, {}
