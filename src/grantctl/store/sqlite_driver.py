"""The standard library's `sqlite3`, without the part of it that is written in Python.

Owns nothing but a short cut: that part only adds converters of times, which nothing here uses, and
loads `collections` and `datetime` for them. The classes are the very same.
"""

from __future__ import annotations

__all__ = ["sqlite3"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import _sqlite3 as sqlite3
    except ImportError:  # a Python whose driver is made otherwise
        import sqlite3
