"""A configuration file in its plain form: read without a TOML parser.

Owns which files are plain: comments, empty lines, `key = "text"` without an escape, and tables
named by plain words. Of these it gives what `tomllib` would, to which a test holds it; anything
else it leaves to `tomllib`, which takes longer to import than a whole check may take.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def parse_plain(text: str) -> dict[str, Any] | None:
    """The values of a plain file; None for any other. Any: tables hold tables."""
    found: dict[str, Any] = {}
    table = found
    opened: set[tuple[str, ...]] = set()
    for whole in text.split("\n"):
        line = whole.strip(" \t")
        if not line.isprintable():
            return None
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            names = _table_names(line)
            if names is None or names in opened:
                return None
            opened.add(names)
            inner = _inner_table(found, names)
            if inner is None:
                return None
            table = inner
            continue
        pair = _pair(line)
        if pair is None or pair[0] in table:
            return None
        table[pair[0]] = pair[1]
    return found


def _table_names(line: str) -> tuple[str, ...] | None:
    if line[-1] != "]":
        return None
    names = tuple(line[1:-1].split("."))
    return names if all(map(_is_bare, names)) else None


def _inner_table(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    at = found
    for name in names:
        inner = at.setdefault(name, {})
        if not isinstance(inner, dict):
            return None
        at = inner
    return at


def _pair(line: str) -> tuple[str, str] | None:
    """The key and the value of `key = "text"`, with a comment behind it or without."""
    key, equals, rest = line.partition("=")
    key, rest = key.rstrip(" \t"), rest.lstrip(" \t")
    if not equals or not _is_bare(key) or rest[:1] != '"' or rest[:3] == '"""':
        return None
    value, quote, behind = rest[1:].partition('"')
    behind = behind.lstrip(" \t")
    if not quote or "\\" in value or (behind and behind[0] != "#"):
        return None
    return key, value


def _is_bare(text: str) -> bool:
    return bool(text) and _BARE.issuperset(text)
