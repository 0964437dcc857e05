"""What a forked child must make anew: locks and connections belong to the process that made them.

Owns the one hook that is called in a child, and who is told by it.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something that starts over in a child process."""

    def start_in_child(self) -> None:
        """Make locks anew and leave alone what the parent still works with."""


_told: WeakSet[Forkable] = WeakSet()


def tell_child(forkable: Forkable) -> None:
    """Have it start over in every child that is forked from now on, for as long as it lives."""
    _told.add(forkable)


def _start_in_child() -> None:
    for forkable in list(_told):
        forkable.start_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_in_child)
