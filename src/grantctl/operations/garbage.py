"""Python's search for cycles of garbage, held back while many rows pass through.

Rows are tuples and texts, which go when nobody holds them: looking for cycles among them finds none
and takes a tenth of an import's time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY_OBJECTS = 500_000  # so many are made before a search; Python's own number is 700


@contextmanager
def searched_rarely() -> Iterator[None]:
    """Search for cycles only after many objects, in this process, until the end."""
    before = gc.get_threshold()
    gc.set_threshold(_MANY_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
