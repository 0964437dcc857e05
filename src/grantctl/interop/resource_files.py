"""Files of resources, read row by row: JSON, lines of JSON, CSV.

Owns telling the formats apart, what a file may look like, and where in it an error is. Leaves the
members of a row to `resource_rows`, and opening files to the caller. Lines of JSON and CSV are read
in bounded memory, whatever their length; a JSON document is read as a whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

from grantctl.errors import InvalidError
from grantctl.interop.plain_resources import PlainRow, QuickReader, plain_of
from grantctl.interop.resource_rows import ACCESS_HINT, MEMBERS, record_of, require_members
from grantctl.interop.resource_text import SCHEMA, FileFormat, text_of
from grantctl.interop.strict_json import ParsedJson, parse_json, require_sound

MAX_ROW_BYTES = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_MAX_ECHO = 80
_ENDINGS = {
    ".json": FileFormat.JSON,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".csv": FileFormat.CSV,
}
_DOCUMENT_MEMBERS = ("schema", "data", "warnings", "next_cursor")
_CSV_HINT = f"the first line is: {','.join(MEMBERS)}"


@dataclass(frozen=True, slots=True)
class ResourceFile:
    """A file of a known format, of which nothing but its first line has been read."""

    format: FileFormat
    first: bytes
    rest: BinaryIO

    def rows(self) -> Iterator[PlainRow]:
        """Its resources, once. Raises InvalidError with the place of the first fault."""
        match self.format:
            case FileFormat.JSON:
                return _read_document(self.first, self.rest)
            case FileFormat.NDJSON:
                return _read_ndjson(self._lines())
            case FileFormat.CSV:
                return _read_csv(self._lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        """The lines with their places, decoded, with their ends."""
        rest = iter(lambda: self.rest.readline(MAX_ROW_BYTES + 1), b"")
        for number, line in enumerate(chain((self.first,), rest), start=1):
            place = f"line {number}"
            if len(line) > MAX_ROW_BYTES:
                raise InvalidError(f"{place} has more than {MAX_ROW_BYTES >> 20} MiB")
            try:
                yield place, line.decode("utf-8")
            except UnicodeDecodeError:
                raise InvalidError(f"{place} is not UTF-8") from None


def open_resource_file(
    stream: BinaryIO, *, name: str = "", format: FileFormat | None = None
) -> ResourceFile:
    """The file in a stream: of that format, else of its name's ending, else as its text looks.

    Raises InvalidError where none of these tells the format.
    """
    first = stream.readline(MAX_ROW_BYTES + 1).removeprefix(_BOM)
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    found = format or _ENDINGS.get(ending) or _told_by(first)
    return ResourceFile(found, first, stream)


def _told_by(first: bytes) -> FileFormat:
    """The format that a first line shows; an empty file has no rows, in any format."""
    text = first.strip()
    if text.startswith(b"{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return FileFormat.JSON
        return FileFormat.JSON if "data" in value else FileFormat.NDJSON
    if not first:
        return FileFormat.NDJSON
    if b"," in text and b"type" in text:
        return FileFormat.CSV
    raise InvalidError(
        "the file is neither JSON nor CSV of resources",
        hint="say what it is: --format json, ndjson or csv",
    )


def _read_document(first: bytes, rest: BinaryIO) -> Iterator[PlainRow]:
    content = first + rest.read(MAX_DOCUMENT_BYTES + 1 - len(first))
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InvalidError(
            f"a JSON document may have {MAX_DOCUMENT_BYTES >> 20} MiB at most",
            hint="longer ones as lines of JSON: -o ndjson, --format ndjson",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidError(f"line {line} is not UTF-8") from None
    del content
    parsed = _parsed(text, 0)
    for number, row in enumerate(_rows_of(parsed), start=1):
        place = f"row {number}"
        with _at(place):
            if not parsed.is_sound:
                require_sound(row)
            record = record_of(row)
        yield plain_of(place, record)


def _rows_of(parsed: ParsedJson) -> list[Any]:
    """The rows of a document. Raises InvalidError where it is none of ours, or a part of one."""
    document = parsed.value
    if not parsed.is_sound:
        with _at("the document"):
            is_object = isinstance(document, dict)
            require_sound({**document, "data": None} if is_object else document)
    if not isinstance(document, dict) or not {"schema", "data"} <= document.keys():
        raise InvalidError(
            "the file is no document of resources",
            hint=f'{{"schema": "{SCHEMA}", "data": [...]}}, from: grantctl resources export',
        )
    for name in document:
        if name not in _DOCUMENT_MEMBERS:
            raise InvalidError(f"the document has an unknown member `{name[:_MAX_ECHO]}`")
    if document["schema"] != SCHEMA:
        raise InvalidError(f"the document's schema is not `{SCHEMA}`")
    if document.get("next_cursor") is not None:
        raise InvalidError("the document is only a part: its `next_cursor` says there is more")
    if not isinstance(document["data"], list):
        raise InvalidError("`data` of the document is no list")
    return document["data"]


def _read_ndjson(lines: Iterable[tuple[str, str]]) -> Iterator[PlainRow]:
    quick = QuickReader().line
    for number, (place, text) in enumerate(lines, start=1):
        row = quick(text, place)
        if row is not None:
            yield row
        elif text.strip():
            parsed = _parsed(text, number)
            with _at(place):
                if not parsed.is_sound:
                    require_sound(parsed.value)
                record = record_of(parsed.value)
            yield plain_of(place, record)


def _parsed(text: str, line: int) -> ParsedJson:
    """The JSON in a text; `line` is its line in the file, 0 for a whole document."""
    try:
        return parse_json(text)
    except json.JSONDecodeError as error:
        raise InvalidError(f"line {line or error.lineno} is not JSON") from None
    except (ValueError, RecursionError):  # a number too long, lists too deep
        place = f"line {line}" if line else "the document"
        raise InvalidError(f"{place} is not JSON that can be read") from None


def _read_csv(lines: Iterable[tuple[str, str]]) -> Iterator[PlainRow]:
    records = _csv_records(lines)
    place, header = next(records, ("line 1", []))
    with _at(place):
        require_members(dict.fromkeys(header))
        if len(set(header)) < len(header):
            raise InvalidError("a column stands twice", hint=_CSV_HINT)
    quick, at = QuickReader().cells, {name: number for number, name in enumerate(header)}
    for place, cells in records:
        row = quick(cells, at, place) if len(cells) == len(header) else None
        if row is not None:
            yield row
            continue
        with _at(place):
            record = record_of(_csv_row(header, cells))
        yield plain_of(place, record)


def _csv_records(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    csv.field_size_limit(MAX_ROW_BYTES)  # of the whole process: csv knows no other
    place = "line 1"

    def texts() -> Iterator[str]:
        nonlocal place
        for place, text in lines:  # noqa: B007  # the reader says of no record where it ended
            yield text

    try:
        for cells in csv.reader(texts(), strict=True):
            if cells:
                yield place, cells
    except csv.Error:
        raise InvalidError(f"{place} is not CSV", hint="quotes are doubled (RFC 4180)") from None


def _csv_row(header: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(header):
        raise InvalidError(f"it has {len(cells)} cells, not {len(header)}", hint=_CSV_HINT)
    row: dict[str, Any] = dict(zip(header, cells, strict=True))
    control = row.pop("access_control")
    row = {name: text_of(cell) for name, cell in row.items()}
    try:
        parsed = parse_json(control)
    except (ValueError, RecursionError):
        raise InvalidError("`access_control` is not JSON", hint=ACCESS_HINT) from None
    if not parsed.is_sound:
        require_sound(parsed.value)
    return {**row, "access_control": parsed.value}


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Say of an error where in the file it is."""
    try:
        yield
    except InvalidError as error:
        raise InvalidError(f"{place}: {error.message}", hint=error.hint) from None
