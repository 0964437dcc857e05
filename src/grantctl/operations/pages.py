"""Long lists, a page at a time.

Owns the cursor: the integer key of the last row, which later rows never go below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from grantctl.errors import UsageError

Item = TypeVar("Item")
DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`limit` None asks for everything; `cursor` is what the page before said comes next."""

    limit: int | None = DEFAULT_LIMIT
    cursor: str | None = None

    @property
    def after(self) -> int:
        """The key after which the page begins. Raises UsageError for a cursor that is none."""
        if self.cursor is None:
            return 0
        if not (self.cursor.isascii() and self.cursor.isdigit() and len(self.cursor) < 19):
            raise UsageError(
                f"`{self.cursor[:40]}` is no cursor", hint="take `next_cursor` from the page before"
            )
        return int(self.cursor)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and the cursor of the next page where there is one."""

    items: tuple[Item, ...]
    next_cursor: str | None


def cut(items: list[tuple[int, Item]], request: PageRequest) -> Page[Item]:
    """The page of these (key, item) pairs, of which one more than the limit was read."""
    if request.limit is None or len(items) <= request.limit:
        return Page(tuple(item for _, item in items), None)
    kept = items[: request.limit]
    return Page(tuple(item for _, item in kept), str(kept[-1][0]) if kept else None)
