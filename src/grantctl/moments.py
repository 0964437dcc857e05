"""The standard library's times, without the part of `datetime` that is written in Python.

Owns nothing but a short cut: that part is loaded for nothing where the C part is there, and takes a
tenth of a whole check. The classes are the very same.
"""

from __future__ import annotations

__all__ = ["UTC", "datetime", "timedelta"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import UTC, datetime, timedelta
else:
    try:
        from _datetime import UTC, datetime, timedelta
    except ImportError:  # a Python without the C part
        from datetime import UTC, datetime, timedelta
