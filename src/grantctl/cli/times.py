"""Times on the command line: a moment, or how long from now.

Owns what may be written. Leaves to each command what the moment is for.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from grantctl.errors import UsageError

_DURATION = re.compile(r"([0-9]+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MAX_ECHO = 60
_HINT = "e.g. 2030-12-31 (its start in UTC), 2030-12-31T18:00+02:00, 90d, 12h, 4w or 30m"


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment after `now`, aware UTC, that the text names.

    Understood are ISO 8601 dates and times, those without a zone in UTC, and durations from `now`:
    a number with m, h, d or w. Raises UsageError for anything else, and for what is past.
    """
    moment = parse_time(text, now)
    if moment <= now:
        raise UsageError(f"`{text[:_MAX_ECHO]}` is not in the future", hint=_HINT)
    return moment


def parse_time(text: str, now: datetime) -> datetime:
    """The moment that the text names in the same way, also one that is past. Raises UsageError."""
    moment = _moment(text.strip(), now)
    if moment is None:
        raise UsageError(f"`{text[:_MAX_ECHO]}` is no date, time or duration", hint=_HINT)
    return moment


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        duration = _DURATION.fullmatch(text)
        if duration is not None:
            amount, unit = duration.groups()
            return now + timedelta(**{_UNITS[unit]: int(amount)})
        moment = datetime.fromisoformat(text)
        is_naive = moment.tzinfo is None
        return moment.replace(tzinfo=UTC) if is_naive else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
