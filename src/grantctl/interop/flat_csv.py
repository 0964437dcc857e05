"""CSV (RFC 4180) with a header as blocks of columns.

Owns the line on which each record begins: cells may have line ends in them. A cell means its text,
an empty one nothing; there are no escapes but doubled quotes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import accumulate, chain, islice

from grantctl.errors import InvalidError
from grantctl.interop.flat_blocks import FlatBlock, RowShape, decoded

BLOCK_ROWS = 2048


def csv_blocks(contents: Iterator[bytes], shape: RowShape) -> Iterator[FlatBlock]:
    """The rows of a file that comes in portions of whole lines. Raises InvalidError."""
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
    return StringIO(decoded(*placed), newline="\n")


def _check_header(header: list[str], shape: RowShape) -> None:
    try:
        shape.require_known(header)
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
