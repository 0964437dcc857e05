"""Single values of a foreign database: text, ids, moments, JSON.

Owns what is read from any one column, whatever its driver made of it, and never raises for what it
finds there, `MalformedError` apart. Leaves the meaning of the values to the modules of the objects.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from grantctl.errors import InvalidError
from grantctl.interop.openwebui.findings import REPLACEMENT, UNSTORABLE, Subject
from grantctl.model import EVERYONE_ID, MAX_ID_LENGTH, require_resource_id

EPOCH = datetime.fromtimestamp(0, UTC)

_SECONDS_END = 10**11  # the year 5138; a larger number counts smaller units
_UNITS = ((_SECONDS_END, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))


class MalformedError(ValueError):
    """A JSON column holds something else; the message says what."""


class MendedText(str):
    """Text with U+FFFD in the place of bytes that were not UTF-8."""

    __slots__ = ()


def decode(raw: bytes) -> str:
    """The text of these bytes; fit to be sqlite3's `text_factory`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return MendedText(raw.decode(errors="replace"))


def as_text(value: object) -> str | None:
    """The text of a column that should hold text, and in SQLite may hold anything."""
    if value is None or isinstance(value, str):
        return value
    return decode(bytes(value)) if isinstance(value, (bytes, memoryview)) else str(value)


def id_problem(text: str | None) -> str | None:
    """Why this cannot be an id of ours, or None where it can."""
    if not text:
        return "its id is empty"
    if isinstance(text, MendedText):
        return "the bytes of its id are not UTF-8"
    if UNSTORABLE.search(text):
        return "its id holds NUL or half of a surrogate pair"
    if len(text) > MAX_ID_LENGTH:
        return f"its id has more than {MAX_ID_LENGTH} characters"
    return None


def principal_problem(text: str | None) -> str | None:
    """Why this cannot be the id of a user or group of ours, or None where it can."""
    if text == EVERYONE_ID:
        return f"its id is `{EVERYONE_ID}`, which stands for everyone"
    return id_problem(text)


def resource_problem(text: str | None) -> str | None:
    """Why this cannot be the id of a resource of ours, or None where it can."""
    problem = id_problem(text)
    if problem or text is None or (text.isprintable() and text.strip()):
        return problem
    try:
        require_resource_id(text)
    except InvalidError as error:
        return error.message
    return None


def is_known(text: str, ids: Collection[str]) -> bool:
    """Whether the text is one of these ids; one whose bytes had to be replaced never is."""
    return text in ids and not isinstance(text, MendedText)


def fitted(text: str, *, what: str, longest: int, subject: Subject) -> str:
    """The text as our tables take it; what had to be changed for that is told."""
    if isinstance(text, MendedText):
        subject.adapted(f"the bytes of its {what} are not all UTF-8: replaced by U+FFFD")
    stored, count = UNSTORABLE.subn(REPLACEMENT, text[:longest])
    if count:
        subject.adapted(f"its {what} holds NUL or half of a surrogate pair: replaced by U+FFFD")
    if len(text) > longest:
        subject.adapted(f"its {what} has {len(text)} characters: cut to {longest}")
    return str(stored)


def as_moment(value: object) -> datetime | None:
    """The moment that a number of seconds, milli-, micro- or nanoseconds since 1970 means.

    The unit is told by the magnitude. None for what is no such number, or negative.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value) or value < 0:
        return None
    for end, per_second in _UNITS:
        if value < end:
            return EPOCH + timedelta(microseconds=int(value * 10**6) // per_second)
    return None


def created_at(value: object, subject: Subject) -> datetime:
    """The moment of a creation; 1970 where the source has none that makes sense."""
    moment = as_moment(value)
    if moment is None:
        subject.adapted("the time of its creation makes no sense: taken as 1970-01-01")
    return moment or EPOCH


def load_json(value: object) -> object:
    """What a JSON column holds; None for SQL's NULL and for JSON's. Raises MalformedError."""
    text = as_text(value)
    if text is None:
        return None
    if isinstance(text, MendedText):
        raise MalformedError("holds bytes that are not UTF-8")
    try:
        return json.loads(text)
    except RecursionError:
        raise MalformedError("is nested too deeply") from None
    except ValueError:
        raise MalformedError("is not JSON") from None
