"""Files of flat rows, lines of JSON or CSV, some thousand rows at a time, as columns of text.

Owns strictness, and where in the file a fault is: nothing is accepted here that a strict reader of
single lines refuses. Memory is bounded, whatever the length of a file. Leaves what the texts may be
to `user_rows` and `membership_rows`.

A block whose rows are beyond doubt is parsed in one go, for a parser's start takes as long as a
short row does; any other block is read line by line, which finds what is wrong and where.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import accumulate, chain, islice
from types import NoneType
from typing import Any, BinaryIO

from grantctl.errors import InvalidError
from grantctl.interop.flat_formats import FlatFormat, format_of
from grantctl.interop.strict_json import parse_json, require_sound

BLOCK_BYTES = 1 << 17  # so many as a socket takes at once
MAX_LINE_BYTES = 1 << 20
BLOCK_ROWS = 2048

_BOM = b"\xef\xbb\xbf"
_MAX_ECHO = 80
_TEXTS = {str, NoneType}

Column = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class RowShape:
    """The members that a row may have, and those that it must."""

    members: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def hint(self) -> str:
        return f"a row has {', '.join(self.members)}"


@dataclass(frozen=True, slots=True)
class FlatBlock:
    """Some rows of a file, by columns; `lines` says on which line each row stands.

    A column is None where no row of the block has that member; a text is never empty in CSV.
    """

    columns: dict[str, Column]
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class FlatFile:
    """A file of a known format, of which the beginning has been read."""

    format: FlatFormat
    shape: RowShape
    start: bytes
    rest: BinaryIO

    def blocks(self) -> Iterator[FlatBlock]:
        """Its rows, once. Raises InvalidError with the line of a fault."""
        read = _ndjson_blocks if self.format is FlatFormat.NDJSON else _csv_blocks
        for block in read(self._contents(), self.shape):
            for name in self.shape.required:
                _require_all(block, name, self.shape)
            yield block

    def _contents(self) -> Iterator[bytes]:
        """The file in portions that end with a line, or with the file."""
        rest, line = self.start, 1
        while part := self.rest.read(BLOCK_BYTES):
            end = part.rfind(b"\n") + 1
            if end:
                content = rest + part[:end]
                line += content.count(b"\n")
                yield content
                rest = part[end:]
            else:
                rest += part
            if len(rest) - rest.rfind(b"\n") > MAX_LINE_BYTES + 1:
                line += rest.count(b"\n")
                raise InvalidError(f"line {line} has more than {MAX_LINE_BYTES >> 20} MiB")
        if rest:
            yield rest


def open_flat_file(
    stream: BinaryIO, shape: RowShape, *, name: str = "", format: FlatFormat | None = None
) -> FlatFile:
    """The file in a stream. Raises InvalidError where nothing tells its format."""
    start = stream.read(BLOCK_BYTES).removeprefix(_BOM)
    return FlatFile(format or format_of(name, start, shape.required[0]), shape, start, stream)


def _ndjson_blocks(contents: Iterator[bytes], shape: RowShape) -> Iterator[FlatBlock]:
    line = 1
    for content in contents:
        text = _decoded(content, line)
        columns = _columns_at_once(text, shape)
        if columns is None:
            yield from _line_by_line(text, line, shape)
        else:
            count = len(next(iter(columns.values())))
            yield FlatBlock(columns, range(line, line + count))
        line += text.count("\n")


def _decoded(content: bytes, line: int) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        place = line + content.count(b"\n", 0, error.start)
        raise InvalidError(f"line {place} is not UTF-8") from None


def _columns_at_once(text: str, shape: RowShape) -> dict[str, Column] | None:
    """The columns of lines that are beyond doubt an object each, flat, no member twice.

    Where every line begins and ends an object, all values are texts or null, and there are as many
    rows as lines, each line is a row. A member that stands twice shows in the number of quotes.
    """
    body = text.replace("\r\n", "\n").rstrip("\n")
    count = body.count("\n") + 1
    is_plain = body.startswith("{") and body.endswith("}") and body.count("}\n{") == count - 1
    if not is_plain or '\\"' in body:
        return None
    try:
        # A line end within a text would be a fault: a comma alone would hide it.
        rows = json.loads("[" + body.replace("\n", ",\n") + "]")
    except (ValueError, RecursionError):
        return None
    if len(rows) != count or set(map(type, rows)) != {dict}:
        return None
    columns = _columns_of(rows, shape)
    if columns is None or not all(_TEXTS.issuperset(map(type, one)) for one in columns.values()):
        return None
    texts = sum(len(one) - one.count(None) for one in columns.values())
    return columns if body.count('"') == 2 * (sum(map(len, rows)) + texts) else None


def _columns_of(rows: list[dict[str, Any]], shape: RowShape) -> dict[str, Column] | None:
    """None where a row has a member that it may not have, or none at all."""
    kinds = set(map(tuple, rows))
    names = set().union(*kinds)
    if not names or not names.issubset(shape.members):
        return None
    if len(kinds) == 1:
        columns = zip(*map(dict.values, rows), strict=True)
        return dict(zip(kinds.pop(), columns, strict=True))
    return {name: [row.get(name) for row in rows] for name in names}


def _line_by_line(text: str, line: int, shape: RowShape) -> Iterator[FlatBlock]:
    lines: list[int] = []
    rows: list[dict[str, str | None]] = []
    for number, one in enumerate(text.split("\n"), start=line):
        if one.strip():
            rows.append(_row_of(one, number, shape))
            lines.append(number)
    if rows:
        yield FlatBlock({name: [row.get(name) for row in rows] for name in shape.members}, lines)


def _row_of(text: str, line: int, shape: RowShape) -> dict[str, str | None]:
    try:
        parsed = parse_json(text)
    except (ValueError, RecursionError):
        raise InvalidError(f"line {line} is not JSON") from None
    row = parsed.value
    try:
        if not parsed.is_sound:
            require_sound(row)
        if not isinstance(row, dict):
            raise InvalidError("it is no object", hint=shape.hint)
        _require_known(row, shape)
        for name, value in row.items():
            if type(value) not in _TEXTS:
                raise InvalidError(f"`{name}` is no text")
    except InvalidError as error:
        raise InvalidError(f"line {line}: {error.message}", hint=error.hint) from None
    return row


def _require_known(names: Sequence[str] | dict[str, Any], shape: RowShape) -> None:
    for name in names:
        if name not in shape.members:
            raise InvalidError(f"unknown member `{name[:_MAX_ECHO]}`", hint=shape.hint)


def _csv_blocks(contents: Iterator[bytes], shape: RowShape) -> Iterator[FlatBlock]:
    # StringIO ends lines at "\n" alone, as the line numbers of an editor do.
    lines = chain.from_iterable(map(_lines_of, _with_lines(contents)))
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, None)
        if header is None:
            return
        _check_header(header, shape)
        while True:
            line = reader.line_num
            rows = list(islice(reader, BLOCK_ROWS))
            if not rows:
                return
            if reader.line_num - line == len(rows) and [] not in rows:
                numbers: Sequence[int] = range(line + 1, line + 1 + len(rows))
            else:
                rows, numbers = _numbered(rows, line)
            if rows:
                yield _csv_block(header, rows, numbers)
    except csv.Error:
        raise InvalidError(
            f"line {reader.line_num} is not CSV", hint="quotes are doubled (RFC 4180)"
        ) from None


def _with_lines(contents: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    line = 1
    for content in contents:
        yield content, line
        line += content.count(b"\n")


def _lines_of(placed: tuple[bytes, int]) -> StringIO:
    return StringIO(_decoded(*placed), newline="\n")


def _check_header(header: list[str], shape: RowShape) -> None:
    try:
        _require_known(header, shape)
        if len(set(header)) < len(header):
            raise InvalidError("a column stands twice", hint=shape.hint)
        for name in shape.required:
            if name not in header:
                raise InvalidError(f"the column `{name}` is missing", hint=shape.hint)
    except InvalidError as error:
        raise InvalidError(f"line 1: {error.message}", hint=error.hint) from None


def _numbered(rows: list[list[str]], line: int) -> tuple[list[list[str]], list[int]]:
    """The rows without empty lines, and the line on which each begins; cells may have line ends."""
    lengths = (1 + sum(cell.count("\n") for cell in row) for row in rows)
    begins = list(accumulate(lengths, initial=line + 1))
    kept = [(row, begin) for row, begin in zip(rows, begins, strict=False) if row]
    return [row for row, _ in kept], [begin for _, begin in kept]


def _csv_block(header: list[str], rows: list[list[str]], lines: Sequence[int]) -> FlatBlock:
    width = len(header)
    if set(map(len, rows)) != {width}:
        row, line = next(one for one in zip(rows, lines, strict=True) if len(one[0]) != width)
        raise InvalidError(
            f"line {line}: it has {len(row)} cells, not {width}",
            hint=f"the first line is: {','.join(header)}"[:200],
        )
    columns = zip(*rows, strict=True)
    return FlatBlock(
        {
            name: [cell or None for cell in column] if "" in column else column
            for name, column in zip(header, columns, strict=True)
        },
        lines,
    )


def _require_all(block: FlatBlock, name: str, shape: RowShape) -> None:
    column = block.columns.get(name)
    if column is None or None in column:
        line = block.lines[0 if column is None else column.index(None)]
        raise InvalidError(f"line {line}: `{name}` is missing", hint=shape.hint)
