"""Values of a row: what they may be, and how each is written.

Owns the plain form that JSON and YAML hold, and the text of a table's cell. Leaves escaping and
quoting to the formats.
"""

from __future__ import annotations

from grantctl.moments import UTC, datetime
from grantctl.render.escape import escape
from grantctl.render.json_text import compact_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
_INFINITY = float("inf")


def plain(value: object) -> Plain:
    """The value as JSON and YAML hold it; enumerations become their values, times text.

    A time is given in UTC, as `2026-01-31T12:00:00Z`. Raises ValueError for a time without a zone
    and for NaN or an infinity, TypeError for anything that no format can hold.
    """
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict) or hasattr(value, "items"):
        return {_key(key): plain(item) for key, item in value.items()}
    return _single(value)


def cell_text(value: Plain) -> str:
    """The value on one line, escaped: nothing for None, `a, b` for a list of single values."""
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ", ".join(cell_text(item) for item in value)
    return escape(flat_text(value))


def flat_text(value: Plain) -> str:
    """The value on one line as it is: nothing for None, JSON for a list or a mapping."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return compact_json(value)


def _single(value: object) -> Plain:
    """A value without parts. The exact type is made of every subtype: YAML knows no enumeration."""
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case float():
            return _finite(value)
        case datetime():
            return _instant(value)
    raise TypeError(f"a row cannot hold {type(value).__name__}")


def _finite(value: float) -> float:
    if not abs(value) < _INFINITY:
        raise ValueError("no format can hold NaN or an infinity")
    return float(value)


def _instant(value: datetime) -> str:
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError("a time without a zone cannot be shown")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a mapping's key is text, not {type(key).__name__}")
    return str.__str__(key)
