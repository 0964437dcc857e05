"""The claims of an identity provider: where one is found, and which texts it holds.

Owns how a claim is read, whatever JSON it is. Leaves what its texts mean to `identity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grantctl.lean import dataclass
from grantctl.model import MAX_NAME_LENGTH

ABSENT = object()
_MAX_BITS = 64 * 8  # of a whole number: to write out a longer one takes time


@dataclass(frozen=True, slots=True)
class ClaimValues:
    """What one claim says.

    `values`: its texts, in their order, each once. `notes`: what else it holds, and names nothing.
    `is_present`: there is such a claim, if only null. `is_silent`: it says nothing at all: it is
    absent, null, an empty list, an object or a fraction. One that holds something, of which nothing
    can be used, is not silent: nobody is to gain by it.
    """

    name: str
    values: tuple[str, ...] = ()
    is_present: bool = False
    is_silent: bool = True
    notes: tuple[str, ...] = ()


def claim_values(claims: Mapping[str, object], name: str, separator: str) -> ClaimValues:
    """What the claim of that name says: a list, a text between separators, or one whole number.

    The name leads through objects, by its dots; where that finds nothing, it is the claim of
    exactly this name (`https://idp.example/roles`). Nothing is trimmed, and an empty text is left
    out. Anything else in the claim is left out with a note.
    """
    found = find_claim(claims, name)
    is_present = found is not ABSENT
    if not is_present or found is None:
        return ClaimValues(name, is_present=is_present)
    if isinstance(found, list):
        values, kinds = _texts(found)
        notes = (f"the claim `{name}` holds {_listed(kinds)}",) if kinds else ()
        return ClaimValues(name, values, True, is_silent=not found, notes=notes)
    parts = found.split(separator) if isinstance(found, str) and separator else [found]
    values, kinds = _texts(parts)
    notes = (f"the claim `{name}` is {_listed(kinds)}",) if kinds else ()
    is_silent = not isinstance(found, str | int)
    return ClaimValues(name, values, True, is_silent=is_silent, notes=notes)


def find_claim(claims: Mapping[str, object], name: str) -> object:
    """The claim of that name, whatever JSON it is, or ABSENT: by its dots, else by the whole."""
    if not name:
        return ABSENT
    found: object = claims
    for part in name.split("."):
        found = found.get(part, ABSENT) if isinstance(found, Mapping) else ABSENT
    if found is ABSENT or found is None:
        return claims.get(name, found)
    return found


def _texts(items: Iterable[object]) -> tuple[tuple[str, ...], list[str]]:
    """The texts among the items, each once, and the kinds of the rest."""
    values: dict[str, None] = {}
    kinds: set[str] = set()
    for item in items:
        kind = _unusable(item)
        if kind:
            kinds.add(kind)
        elif item != "":
            values[str(item)] = None
    return tuple(values), sorted(kinds)


def _unusable(item: object) -> str | None:
    """What this is, if it can be no name."""
    match item:
        case str():
            if len(item) > MAX_NAME_LENGTH:
                return f"a text of more than {MAX_NAME_LENGTH} characters"
            if "\0" in item or any("\ud800" <= one <= "\udfff" for one in item):
                return "a text that cannot be stored"
            return None
        case None:
            return "null"
        case bool():
            return "true or false"
        case int():
            return None if item.bit_length() <= _MAX_BITS else "a very long number"
        case list():
            return "a list"
        case Mapping():
            return "an object"
    return "a fraction"  # the last kind that JSON has


def _listed(kinds: list[str]) -> str:
    *others, last = kinds
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"{listed}, which {'name' if others else 'names'} nothing"
