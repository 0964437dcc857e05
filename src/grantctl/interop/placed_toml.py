"""TOML with the line of every key and of every part of a list.

Owns finding these lines, which `tomllib` does not tell: it says what the text means and that it is
TOML at all, and what is looked for here may then be read without doubts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, TypeAlias

from grantctl.errors import InvalidError
from grantctl.interop.placed import Placed, Unfit, Value

Path: TypeAlias = "tuple[str | int, ...]"
_Mark: TypeAlias = "tuple[str, int]"  # a token's text, and its line

_POSITION = re.compile(r"(.+) \(at line (\d+), column \d+\)", re.DOTALL)
_TOKEN = re.compile(
    r'''\#[^\n]*|[ \t\r]+
    |"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'
    |[\[\]{},=\n]|[^\s\[\]{},=#"']+''',
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")


def read_toml(text: str, file: str) -> Placed:
    """The table that the text is. Raises InvalidError with the file and the line."""
    try:
        # The line feed lets the parser name a line even for what is wrong at the very end.
        found = tomllib.loads(text + "\n")
    except RecursionError:
        raise InvalidError(f"{file}: it is nested too deeply") from None
    except ValueError as error:
        raise InvalidError(f"{file}{_said(error)}") from None
    return _placed(found, (), 1, _Lines(text, file))


def _said(error: ValueError) -> str:
    match = _POSITION.fullmatch(str(error))
    if match is None:
        return ": it is not valid TOML"
    return f":{match[2]}: {match[1][0].lower()}{match[1][1:]}"


class _Lines:
    """The lines by the path that leads to a value: `("test", 0, "may", 2)`."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._table: Path = ()
        for statement in _statements(text):
            if statement[0][0] == "[":
                self._note_header(statement)
            else:
                self._note_setting(statement)

    def _note_header(self, statement: list[_Mark]) -> None:
        is_array = statement[1][0] == "["
        *above, last = _parts(statement[2:-2] if is_array else statement[1:-1])
        path = (*self._numbered(above), last)
        if is_array:
            self._counts[path] = self._counts.get(path, -1) + 1
            path = (*path, self._counts[path])
        self._table = path
        self._note(path, statement[0][1])

    def _numbered(self, parts: list[str]) -> Path:
        """The path, with the number of the table that an array's last header began."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _note_setting(self, statement: list[_Mark]) -> None:
        at = next(at for at, (mark, _) in enumerate(statement) if mark == "=")
        path = (*self._table, *_parts(statement[:at]))
        self._note(path, statement[0][1])
        for number, line in enumerate(_part_lines(statement[at + 1 :])):
            self.found[(*path, number)] = line

    def _note(self, path: Path, line: int) -> None:
        for end in range(1, len(path) + 1):
            self.found.setdefault(path[:end], line)


def _statements(text: str) -> Iterator[list[_Mark]]:
    """The tokens of each header and each setting, without comments and space."""
    statement: list[_Mark] = []
    depth, line = 0, 1
    for mark in _TOKEN.findall(text):
        if mark == "\n":
            if not depth and statement:
                yield statement
                statement = []
        elif mark[0] not in "# \t\r":
            depth += (mark in _OPENING) - (mark in _CLOSING)
            statement.append((mark, line))
        line += mark.count("\n")
    if statement:
        yield statement


def _parts(tokens: list[_Mark]) -> list[str]:
    """The parts of a key, dotted and quoted as it may be."""
    text = "".join(mark for mark, _ in tokens)
    parts: list[str] = []
    found: Any = tomllib.loads(f"{text}=0")  # Any: tables, and at the end the number
    while isinstance(found, dict):
        [(part, found)] = found.items()
        parts.append(part)
    return parts


def _part_lines(tokens: list[_Mark]) -> Iterator[int]:
    """Where each part of a list begins; nothing for any other value."""
    if tokens[0][0] != "[":
        return
    depth, is_awaited = 0, True
    for mark, line in tokens[1:-1]:
        if mark == "," and not depth:
            is_awaited = True
            continue
        if is_awaited:
            yield line
            is_awaited = False
        depth += (mark in _OPENING) - (mark in _CLOSING)


def _placed(value: Any, path: Path, line: int, lines: _Lines) -> Placed:  # Any: all that TOML has
    line = lines.found.get(path, line)
    return Placed(lines.file, line, _value(value, path, line, lines))


def _value(value: Any, path: Path, line: int, lines: _Lines) -> Value:
    match value:
        case str() | bool():
            return value
        case list():
            return tuple(_placed(one, (*path, at), line, lines) for at, one in enumerate(value))
        case Mapping():
            return {key: _placed(one, (*path, key), line, lines) for key, one in value.items()}
        case datetime() | date():
            return value.isoformat()
        case time():
            return Unfit("a time of day")
    return Unfit("a number")
