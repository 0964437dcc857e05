"""Lengths of time as settings and options write them: `15m`, `1h`, `90d`.

Owns their grammar. Leaves moments, which a length may stand for, to the command line.
"""

from __future__ import annotations

import re
from datetime import timedelta

from grantctl.errors import InvalidError

DURATION_HINT = "a whole number with s, m, h, d or w, e.g. 15m, 1h or 90d"

_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MAX_ECHO = 60


def parse_duration(text: str, *, what: str = "a duration") -> timedelta:
    """The length that the text names. Raises InvalidError where it names none, or none at all."""
    length = find_duration(text)
    if length is None:
        raise InvalidError(f"{what} may not be `{text[:_MAX_ECHO]}`", hint=DURATION_HINT)
    return length


def find_duration(text: str) -> timedelta | None:
    """The length that the text names; None where it names none, or none at all."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])}) or None
    except OverflowError:
        return None


def duration_text(length: timedelta) -> str:
    """The text of a length, in its largest whole unit: `1h`, not `60m`."""
    seconds = int(length.total_seconds())
    sizes = (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60))
    unit, size = next(((one, size) for one, size in sizes if seconds % size == 0), ("s", 1))
    return f"{seconds // size}{unit}"
