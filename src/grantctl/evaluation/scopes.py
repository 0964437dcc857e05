"""Scopes: the part of its user's permissions that a token carries, and never more.

Owns the grammar of a scope and what it covers. A scope is text as in OAuth 2.0 (RFC 6749, 3.3):
entries between spaces. An entry names a permission (`features.api_keys`), all under a category
(`chat.*`), an action on resources (`read:model:gpt-*`, where `*` and `?` stand for any characters),
or everything (`*`).
"""

from __future__ import annotations

from grantctl.errors import InvalidError
from grantctl.lean import dataclass
from grantctl.model import ResourceRef, is_below, key_problem

MAX_SCOPE_LENGTH = 2000
EVERYTHING = "*"

_HINT = "e.g. 'chat.* features.api_keys read:model:*'"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is limited to; `entries` are sorted, each there once."""

    entries: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.entries)

    def covers_permission(self, key: str) -> bool:
        """Whether the token carries this permission, which is no category."""
        return any(_covers_key(entry, key) for entry in self.entries)

    def covers_access(self, action: str, ref: ResourceRef) -> bool:
        """Whether the token carries this action on the resource."""
        return any(_covers_action(entry, action, ref) for entry in self.entries)


def parse_scope(text: str) -> Scope:
    """The scope of that text. Raises InvalidError where it is empty, too long or malformed."""
    if len(text) > MAX_SCOPE_LENGTH:
        raise InvalidError(f"a scope may have {MAX_SCOPE_LENGTH} characters at most")
    entries = tuple(sorted(set(text.split(" ")) - {""}))
    if not entries:
        raise InvalidError("a scope may not be empty", hint=_HINT)
    for entry in entries:
        problem = _problem(entry)
        if problem:
            raise InvalidError(f"`{entry[:80]}` is no entry of a scope: {problem}", hint=_HINT)
    return Scope(entries)


def read_scope(text: str) -> Scope | None:
    """The scope that is stored or claimed as text; None where there is none, so no limit."""
    return Scope(tuple(sorted(set(text.split(" ")) - {""}))) if text else None


def _problem(entry: str) -> str | None:
    # RFC 6749: scope-token
    if not all("!" <= one <= "~" and one not in '"\\' for one in entry):
        return "it holds a character that a scope may not hold"
    if entry == EVERYTHING:
        return None
    if _is_action(entry):
        return None if all(entry.split(":", 2)) else "a part between the colons is empty"
    key = entry.removesuffix(".*")
    return "`*` stands behind the last dot only" if "*" in key else key_problem(key)


def _is_action(entry: str) -> bool:
    return entry.count(":") >= 2


def _covers_key(entry: str, key: str) -> bool:
    if entry in (EVERYTHING, key):
        return True
    return entry.endswith(".*") and is_below(key, entry[:-2])


def _covers_action(entry: str, action: str, ref: ResourceRef) -> bool:
    if entry == EVERYTHING:
        return True
    if not _is_action(entry):
        return False
    parts = zip(entry.split(":", 2), (action, ref.type, ref.id), strict=True)
    return all(_fits(pattern, text) for pattern, text in parts)


def _fits(pattern: str, text: str) -> bool:
    """Whether the text is of the pattern's form. Only `*` and `?` are special.

    Without regular expressions, whose time a hostile pattern could make explode.
    """
    at = start = 0
    star = -1
    while at < len(text):
        if start < len(pattern) and pattern[start] == "*":
            star, mark = start, at
            start += 1
        elif start < len(pattern) and pattern[start] in ("?", text[at]):
            at += 1
            start += 1
        elif star >= 0:
            mark += 1
            at, start = mark, star + 1
        else:
            return False
    return not pattern[start:].strip("*")
