"""How questions and warnings speak of many things."""

from __future__ import annotations

from collections.abc import Sequence

MAX_NAMED = 3


def some(names: Sequence[str]) -> str:
    """All of a few names, of many the first and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in names[:MAX_NAMED])
    more = len(names) - MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def amount(count: int, noun: str) -> str:
    """`no grants`, `1 grant`, `2 grants`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
