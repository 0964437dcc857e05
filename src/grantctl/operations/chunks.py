"""Long lists of values, in portions that fit into one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Value = TypeVar("Value")
CHUNK_SIZE = 500  # SQLite takes 999 values in its oldest builds


def in_chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values, in order, some hundred at a time."""
    return (values[at : at + CHUNK_SIZE] for at in range(0, len(values), CHUNK_SIZE))
