"""Lines that differ in their first field alone, written quickly.

Owns the short cut: the rest of a line is laid out once, by `rows`, for all that share it. Leaves
the layout to `rows`, whose lines these are, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from io import StringIO
from typing import TextIO

from grantctl.render.columns import Column
from grantctl.render.escape import escape, fit
from grantctl.render.json_text import compact_json
from grantctl.render.rows import write_rows
from grantctl.render.style import Format, Style

MAX_ENDS = 10_000

_FORMATS = (Format.TABLE, Format.NDJSON, Format.NAME)
Row = Mapping[str, object]


class RepeatedLines:
    """Writes rows whose first column is text, in a format that has a line for each."""

    def __init__(
        self, stream: TextIO, *, schema: str, columns: Sequence[Column], style: Style
    ) -> None:
        self._stream = stream
        self._schema = schema
        self._columns = columns
        self._style = style
        self._ends: dict[object, str] = {}
        self._key = columns[0].key

    @staticmethod
    def can_write(stream: TextIO, style: Style) -> bool:
        """Whether there is a short cut: a line for each row, all of its columns, in UTF-8."""
        is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        return is_utf8 and style.format in _FORMATS and not (style.fields or style.is_terminal)

    def line(self, first: str, rest: object, row_of: Callable[[], Row]) -> str:
        """The line of a row, its end too. Rows of one `rest` differ in the first column alone.

        `row_of` gives such a row, where one was not written before.
        """
        end = self._ends.get(rest)
        if end is None:
            if len(self._ends) >= MAX_ENDS:
                self._ends.clear()
            empty = {**row_of(), self._key: ""}
            self._ends[rest] = end = self.whole_line(empty)[len(self._start("")) :]
        return self._start(first) + end

    def whole_line(self, row: Row) -> str:
        """The line of a row that is like no other, its end too."""
        text = StringIO()
        write_rows(text, [row], schema=self._schema, columns=self._columns, style=self._style)
        return text.getvalue()

    def write(self, lines: Iterable[str]) -> None:
        """Write lines, all at once."""
        self._stream.write(fit("".join(lines), self._stream))

    def _start(self, first: str) -> str:
        match self._style.format:
            case Format.TABLE:
                return escape(first)
            case Format.NDJSON:
                return f'{{"{self._key}":{compact_json(first)}'
            case _:
                return ""
