"""The standard library's `sqlite3`, without the part of it that is written in Python.

Owns nothing but two short cuts. That part only adds converters of times, which nothing here uses,
and loads `collections` and `datetime` for them; the classes are the very same. And the driver loads
`functools` for its `lru_cache` alone, whose work is done in C: where nothing else has loaded it
yet, the driver gets that function without the rest of the module.
"""

from __future__ import annotations

__all__ = ["sqlite3"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
else:
    import sys

    def _lru_cache(maxsize):
        """`functools.lru_cache`, as the driver calls it for the statements that it prepares."""
        return lambda function: _lru_cache_wrapper(function, maxsize, False, None)

    def _driver():
        # INVARIANT: where there are threads, `threading` has loaded `functools`, so that no other
        # thread can come upon what stands in for it.
        if "functools" in sys.modules:
            import _sqlite3

            return _sqlite3
        stand_in = type(sys)("functools")
        stand_in.lru_cache = _lru_cache
        sys.modules["functools"] = stand_in
        try:
            import _sqlite3
        finally:
            del sys.modules["functools"]
        return _sqlite3

    try:
        from _functools import _lru_cache_wrapper

        sqlite3 = _driver()
    except (ImportError, AttributeError):  # a Python whose driver is made otherwise
        import sqlite3
