"""Files of flat rows, lines of JSON or CSV, some thousand rows at a time, as columns of text.

Owns portions of whole lines, and that no member is missing that must be. Memory is bounded,
whatever the length of a file. Leaves the formats to `flat_json` and `flat_csv`, and what the texts
may be to `user_rows` and `membership_rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from grantctl.errors import InvalidError
from grantctl.interop.flat_blocks import FlatBlock, RowShape
from grantctl.interop.flat_csv import csv_blocks
from grantctl.interop.flat_formats import FlatFormat, format_of
from grantctl.interop.flat_json import json_blocks

BLOCK_BYTES = 1 << 17  # so many as a socket takes at once
MAX_LINE_BYTES = 1 << 20

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FlatFile:
    """A file of a known format, of which the beginning has been read."""

    format: FlatFormat
    shape: RowShape
    start: bytes
    rest: BinaryIO

    def blocks(self) -> Iterator[FlatBlock]:
        """Its rows, once. Raises InvalidError with the line of a fault."""
        read = json_blocks if self.format is FlatFormat.NDJSON else csv_blocks
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


def _require_all(block: FlatBlock, name: str, shape: RowShape) -> None:
    column = block.columns.get(name)
    if column is None or None in column:
        line = block.lines[0 if column is None else column.index(None)]
        raise InvalidError(f"line {line}: `{name}` is missing", hint=shape.hint)
