"""Lines of a TOML text: where a key is set, and where the text is none.

Owns what only an error needs: it may be slow, and it may fail, but it never raises. Leaves reading
to `config_file`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

_POSITION = re.compile(r"(.+) \(at line (\d+), column \d+\)", re.DOTALL)
_DOTTED_KEY = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})+")
_QUOTES = ('"""', "'''")
_MAX_TRIES = 8  # as many `=` may stand in one quoted key


def find_line(text: str, keys: tuple[str, ...]) -> int | None:
    """The line that sets the key of these parts, or the table that they name; 1 is the first.

    Where an inline table or array holds it, the line on which that one begins.
    """
    table: tuple[str, ...] = ()
    begins: int | None = None
    quote: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if quote is not None:
            quote = None if quote in line else quote
            continue
        stripped = line.strip()
        if stripped.startswith("["):
            table = found = _path_of(stripped) or table
        else:
            key = _key_of(stripped)
            found = (*table, *key) if key else ()
            if key and found == keys[: len(found)]:
                begins = number
        if found[: len(keys)] == keys:
            return number
        quote = _left_open(line)
    return begins


def syntax_problem(error: ValueError, text: str, known: Sequence[str]) -> str:
    """What the parser says, its line first, and the key there if it is surely one: anything else
    may be a secret."""
    match = _POSITION.fullmatch(str(error))
    if match is None:
        return "is not valid TOML"
    reason, line = match[1][0].lower() + match[1][1:], int(match[2])
    key = text.split("\n")[line - 1].partition("=")[0].strip()
    is_key = key in known or _DOTTED_KEY.fullmatch(key)
    return f"line {line}{f' (`{key}`)' if is_key else ''}: {reason}"


def _key_of(line: str) -> tuple[str, ...]:
    """The key before a line's `=`, which may be quoted; nothing where there is none."""
    at = -1
    for _ in range(_MAX_TRIES):
        at = line.find("=", at + 1)
        if at < 0 or line.startswith("#"):
            return ()
        key = _path_of(f"{line[:at]}=0")
        if key:
            return key
    return ()


def _path_of(line: str) -> tuple[str, ...]:
    """The parts of the one key or table that a line of TOML names."""
    try:
        found: Any = tomllib.loads(line)  # Any: whatever TOML has
    except (ValueError, RecursionError):
        return ()
    path: list[str] = []
    while isinstance(found, dict) and found:
        part, found = next(iter(found.items()))
        path.append(part)
        if isinstance(found, list):
            found = found[0] if found else None
    return tuple(path)


def _left_open(line: str) -> str | None:
    """The quotes of a text of several lines that begins on this one."""
    for quote in _QUOTES:
        if line.count(quote) % 2:
            return quote
    return None
