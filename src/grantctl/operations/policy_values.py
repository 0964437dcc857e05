"""The kinds of values that policy settings have: flags, numbers, lengths of time, lists.

Owns the rules of a value, as text that somebody typed and as the JSON that is stored. Imports
nothing heavy. Leaves the kinds that are one text to `policy_texts`, and which settings there are to
`policy_settings`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from shlex import quote

from grantctl.errors import InvalidError
from grantctl.lean import dataclass
from grantctl.model import MAX_NAME_LENGTH
from grantctl.operations.durations import (
    DURATION_HINT,
    duration_text,
    find_duration,
    parse_duration,
)

PolicyValue = str | bool | int | tuple[str, ...]
Stored = str | bool | int | list[str]

MAX_ITEMS = 1000
MAX_ECHO = 80

_MAX_DIGITS = 9
_LIST_HINT = 'a,b or a JSON list, ["a", "b"]'


@dataclass(frozen=True, slots=True)
class PolicySetting:
    """A setting; `meaning` says in half a sentence what it decides.

    `parse` makes a value of what somebody typed, `read` of the JSON that is stored; both raise
    InvalidError for what it may not be. `allowed` says what it may be.
    """

    key: str
    default: PolicyValue
    meaning: str
    parse: Callable[[str], PolicyValue]
    read: Callable[[object], PolicyValue]
    allowed: str


def stored_value(value: PolicyValue) -> Stored:
    """The value as JSON keeps it."""
    return list(value) if isinstance(value, tuple) else value


def value_text(value: PolicyValue) -> str:
    """The value as `config set` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        is_plain = not any("," in one or one != one.strip() for one in value)
        is_plain = is_plain and not "".join(value[:1]).startswith("[")
        return ",".join(value) if is_plain else json.dumps(list(value), ensure_ascii=False)
    return str(value)


def is_same(one: PolicyValue, other: PolicyValue) -> bool:
    """Whether two values of one setting mean the same: the order of a list does not count, nor the
    unit of a length of time."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) == set(other)
    lengths = [find_duration(value) for value in (one, other) if isinstance(value, str)]
    is_length = len(lengths) > 1 and None not in lengths
    return lengths[0] == lengths[1] if is_length else one == other


def flag(key: str, default: bool, meaning: str) -> PolicySetting:
    """True or false."""

    def parse(text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise ValueError
        return text.lower() == "true"

    return setting_of(key, default, meaning, parse, "true or false")


def number(key: str, default: int, meaning: str, *, least: int, most: int) -> PolicySetting:
    """A whole number between two others."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
            raise ValueError
        if not least <= int(text) <= most:
            raise ValueError
        return int(text)

    return setting_of(key, default, meaning, parse, f"a whole number from {least} to {most}")


def duration(
    key: str, default: str, meaning: str, *, least: timedelta, most: timedelta
) -> PolicySetting:
    """A length of time between two others, kept as it was written."""

    def parse(text: str) -> str:
        try:
            length = parse_duration(text)
        except InvalidError:
            raise ValueError from None
        if not least <= length <= most:
            raise ValueError
        return text.strip()

    limits = f"from {duration_text(least)} to {duration_text(most)}"
    return setting_of(key, default, meaning, parse, f"{DURATION_HINT}, {limits}")


def texts(key: str, default: tuple[str, ...], meaning: str, *, fold: bool = False) -> PolicySetting:
    """Texts in the order of their naming, each once; `fold`: in lower case."""

    def checked(items: Iterable[object]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for item in items:
            if not (isinstance(item, str) and _is_item(item)):
                raise ValueError
            found[item.lower() if fold else item] = None
        if len(found) > MAX_ITEMS:
            raise ValueError
        return tuple(found)

    def from_text(text: str) -> tuple[str, ...]:
        try:
            return checked(_items(text))
        except ValueError:
            raise InvalidError(f"`{key}` may not be `{text[:MAX_ECHO]}`", hint=_LIST_HINT) from None

    def from_stored(stored: object) -> tuple[str, ...]:
        try:
            if not isinstance(stored, list):
                raise ValueError
            return checked(stored)
        except ValueError:
            raise _broken(key, stored, default) from None

    return PolicySetting(key, default, meaning, from_text, from_stored, _LIST_HINT)


def _items(text: str) -> tuple[object, ...]:
    """What a typed list holds: `a,b`, or JSON where it begins as a list of JSON does."""
    if not text.lstrip().startswith("["):
        parts = (part.strip() for part in text.split(","))
        return tuple(part for part in parts if part)
    try:
        listed = json.loads(text)
    except RecursionError:
        raise ValueError from None
    return tuple(listed)  # a text that begins with `[` can be nothing else


def setting_of(
    key: str,
    default: PolicyValue,
    meaning: str,
    parse: Callable[[str], PolicyValue],
    allowed: str,
) -> PolicySetting:
    """A setting of which `allowed` says what it may be; `parse` raises ValueError for others."""

    def from_text(text: str) -> PolicyValue:
        try:
            return parse(text)
        except ValueError:
            raise InvalidError(f"`{key}` may not be `{text[:MAX_ECHO]}`", hint=allowed) from None

    def from_stored(stored: object) -> PolicyValue:
        try:
            if type(stored) is not type(default):
                raise ValueError
            return parse(str(stored))
        except ValueError:
            raise _broken(key, stored, default) from None

    return PolicySetting(key, default, meaning, from_text, from_stored, allowed)


def _broken(key: str, stored: object, default: PolicyValue) -> InvalidError:
    return InvalidError(
        f"`{key}` in the database may not be what it is: `{str(stored)[:MAX_ECHO]}`",
        hint=f"grantctl config set {key} {quote(value_text(default))}",
    )


def _is_item(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME_LENGTH and text.isprintable() and not text.isspace()
