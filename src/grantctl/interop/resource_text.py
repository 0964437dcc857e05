r"""How resources are spelled in a file: JSON, lines of JSON, CSV.

Owns the text that an export writes, and the cells of CSV both ways. It says the same whatever the
encoding, for where not every character can be written there are escapes. Leaves reading files to
`resource_files`.

A cell of CSV is safe in a terminal and in a spreadsheet, and gives its text back: a backslash is
written twice, an invisible character as `\x1b`, `\u202e` or `\U000e0001`, and what a spreadsheet
would run, or what begins with an apostrophe itself, has an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from grantctl.errors import InvalidError
from grantctl.interop.resource_rows import MEMBERS, members_of
from grantctl.model import is_unprintable
from grantctl.store.resource_records import ResourceRecord

SCHEMA = "grantctl.resource-export/v1"

# What makes a spreadsheet run a cell; a test holds it equal to that of `render`.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_MARK = "'"
_BACKSLASH = re.compile(r"\\(?:(\\)|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))?")
_HIGHEST = 0x10FFFF


class FileFormat(StrEnum):
    """The formats that resources are exported to and imported from."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


def written(
    records: Iterable[ResourceRecord], format: FileFormat, *, ascii_only: bool = False
) -> Iterator[str]:
    """The text of a file, a resource at a time; in `ascii_only` everything else is escaped."""
    encode = json.JSONEncoder(ensure_ascii=ascii_only, separators=(",", ":")).encode
    match format:
        case FileFormat.JSON:
            return _document(records, encode)
        case FileFormat.NDJSON:
            return (_printable(encode(members_of(one))) + "\n" for one in records)
        case FileFormat.CSV:
            return _csv_lines(records, encode, ascii_only=ascii_only)


def _document(records: Iterable[ResourceRecord], encode: Callable[[Any], str]) -> Iterator[str]:
    yield f'{{\n  "schema": "{SCHEMA}",\n  "data": ['
    start, end = "", ""
    for record in records:
        yield f"{start}\n    {_printable(_indented(members_of(record), encode, '    '))}"
        start, end = ",", "\n  "
    yield end + '],\n  "warnings": [],\n  "next_cursor": null\n}\n'


def _indented(value: Any, encode: Callable[[Any], str], pad: str) -> str:
    """What json.dumps gives for an indent of 2, in a third of its time."""
    if isinstance(value, dict):
        items = [
            f"{encode(key)}: {_indented(one, encode, pad + '  ')}" for key, one in value.items()
        ]
        begin, end = "{", "}"
    elif isinstance(value, list):
        items = [_indented(one, encode, pad + "  ") for one in value]
        begin, end = "[", "]"
    else:
        return encode(value)
    if not items:
        return begin + end
    between = f",\n{pad}  "
    return f"{begin}\n{pad}  {between.join(items)}\n{pad}{end}"


def _printable(text: str) -> str:
    """JSON text whose invisible characters, which stand in strings alone, are escapes."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        json.dumps(one)[1:-1] if one != "\n" and is_unprintable(one) else one for one in text
    )


def _csv_lines(
    records: Iterable[ResourceRecord], encode: Callable[[Any], str], *, ascii_only: bool
) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(MEMBERS)
    for record in records:
        members = members_of(record)
        control = _printable(encode(members.pop("access_control")))
        cells = (cell_of(text, ascii_only=ascii_only) for text in members.values())
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([*cells, control])
    yield buffer.getvalue()


def cell_of(text: str | None, *, ascii_only: bool = False) -> str:
    """The cell for a text; empty for None."""
    if text is None:
        return ""
    cell = text.replace("\\", "\\\\")
    if not cell.isprintable() or (ascii_only and not cell.isascii()):
        cell = "".join(_visible(one, ascii_only=ascii_only) for one in cell)
    is_marked = cell.startswith(_MARK) or cell.lstrip(" ").startswith(FORMULA_STARTS)
    return _MARK + cell if is_marked else cell


def _visible(character: str, *, ascii_only: bool) -> str:
    if not is_unprintable(character) and (not ascii_only or character.isascii()):
        return character
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def text_of(cell: str) -> str | None:
    """The text that `cell_of` made a cell of; None for an empty one.

    Raises InvalidError for a backslash with nothing that belongs to it.
    """
    if not cell:
        return None
    return _BACKSLASH.sub(_meant, cell.removeprefix(_MARK))


def _meant(found: re.Match[str]) -> str:
    backslash, *codes = found.groups()
    if backslash:
        return "\\"
    code = int(next(filter(None, codes), "ffffffff"), 16)
    if code > _HIGHEST:
        raise InvalidError(
            f"`{found.string[found.start() :][:10]}` is no escape",
            hint=r"a backslash is written as \\, a character by its code as \x1b, \u202e",
        )
    return chr(code)
