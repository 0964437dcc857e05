"""JSON without what RFC 8259 leaves open: a member twice, NaN, infinities.

Owns finding these, in the place where they stand. Leaves to the caller what is said about it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from grantctl.errors import InvalidError

_MAX_ECHO = 80


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands in a parsed value where the text had something that is refused."""

    message: str


@dataclass(frozen=True, slots=True)
class ParsedJson:
    """A parsed text; one that is not sound has faults somewhere, which `require_sound` tells."""

    value: Any  # whatever JSON holds
    is_sound: bool


def parse_json(text: str) -> ParsedJson:
    """The value of the text. Raises ValueError, RecursionError where there is none."""
    faults: list[_Fault] = []

    def fault(message: str) -> _Fault:
        faults.append(_Fault(message))
        return faults[-1]

    def members(pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        return fault(f"the member `{twin[:_MAX_ECHO]}` stands twice")

    value = json.loads(
        text,
        object_pairs_hook=members,
        parse_constant=lambda name: fault(f"`{name}` is no JSON"),
    )
    return ParsedJson(value, not faults)


def require_sound(value: Any) -> None:
    """Raise InvalidError where a part of the value, or all of it, is a fault."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, _Fault):
            raise InvalidError(part.message)
        if isinstance(part, dict):
            pending.extend(reversed(part.values()))
        elif isinstance(part, list):
            pending.extend(reversed(part))
