"""A matrix as a heat map of letters for a terminal: a line a user, a mark a cell.

Owns the marks, the numbers over the columns and their legend, and how many columns a line holds.
The marks are apart without colour too, and have twins where a stream takes ASCII alone.
"""

from __future__ import annotations

from itertools import groupby
from unicodedata import combining, east_asian_width

from grantctl.evaluation.matrix import CellCause, MatrixRow
from grantctl.lean import dataclass
from grantctl.render.escape import escape, fit, is_encodable
from grantctl.render.style import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO


@dataclass(frozen=True, slots=True)
class Mark:
    """How a cause is drawn: a letter, its ASCII twin, a colour, and what it means."""

    letter: str
    twin: str
    color: str
    words: str


MARKS = {
    CellCause.ADMIN: Mark("◆", "A", "35", "the role admin"),
    CellCause.OWNER: Mark("◉", "W", "32", "the owner"),
    CellCause.DIRECT: Mark("▲", "U", "33", "a grant to the user"),
    CellCause.GROUP: Mark("█", "#", "34", "a group"),
    CellCause.EVERYONE: Mark("▒", "+", "36", "a grant to everyone"),
    CellCause.PUBLIC: Mark("░", "*", "36", "public"),
    CellCause.DEFAULT: Mark("▒", "+", "36", "the default"),
    CellCause.PENDING: Mark("–", "-", "90", "no: pending"),
    CellCause.FALSE: Mark("○", "o", "31", "no: a group says false"),
    CellCause.ABSENT: Mark("·", ".", "90", "no: granted nowhere"),
    CellCause.BASE: Mark("×", "x", "31", "no: what it is made of"),
}
_MAX_LABEL = 32
_GAP = 2


def write_matrix(
    stream: TextIO, columns: Sequence[str], rows: Sequence[MatrixRow], style: Style
) -> None:
    """Write the heat map, in as many blocks of columns as the width needs, then the legend."""
    for line in _lines(stream, columns, rows, style):
        stream.write(line.rstrip(" ") + "\n")


def _lines(
    stream: TextIO, columns: Sequence[str], rows: Sequence[MatrixRow], style: Style
) -> Iterator[str]:
    longest = min(_MAX_LABEL, style.width // 2)
    ending = "…" if is_encodable("…", stream) else "~"
    labels = [_cut(fit(escape(row.user.label), stream), longest, ending) for row in rows]
    indent = max(map(_width, labels), default=0) + _GAP
    used = {cell.cause for row in rows for cell in row.cells}
    has_all = is_encodable("".join(mark.letter for mark in MARKS.values()), stream)
    marks = {one: MARKS[one].letter if has_all else MARKS[one].twin for one in used}
    for block in _blocks(columns, style.width - indent):
        yield from _numbers(block, indent, len(str(len(columns))))
        for label, row in zip(labels, rows, strict=True):
            cells = (
                " " if at is None else _painted(marks, row.cells[at].cause, style) for at in block
            )
            yield _padded(label, indent) + "".join(cells)
        yield ""
    names = [fit(escape(column), stream) for column in columns]
    yield from _column_legend(names, rows, style.width)
    yield ""
    yield from _mark_legend([cause for cause in CellCause if cause in used], marks, style)


def _blocks(columns: Sequence[str], room: int) -> Iterator[list[int | None]]:
    """The numbers of the columns of each block; None is a gap, where another category begins."""
    block: list[int | None] = []
    for _, category in groupby(range(len(columns)), key=lambda at: _category(columns[at])):
        members = list(category)
        if block and len(block) + 1 + len(members) > room:
            yield block
            block = []
        for at in members:
            if len(block) >= room:
                yield block
                block = []
            block += [None, at] if block and at == members[0] else [at]
    if block:
        yield block


def _category(column: str) -> str:
    """The first part of a permission's key, the type of a resource."""
    type_, colon, _ = column.partition(":")
    return type_ if colon else column.partition(".")[0]


def _numbers(block: Sequence[int | None], indent: int, digits: int) -> Iterator[str]:
    """The numbers over the columns, from top to bottom, counted from one."""
    texts = [" " * digits if at is None else str(at + 1).rjust(digits) for at in block]
    for digit in range(digits):
        yield " " * indent + "".join(text[digit] for text in texts)


def _column_legend(columns: Sequence[str], rows: Sequence[MatrixRow], width: int) -> Iterator[str]:
    """What the numbers stand for, with how many of the users are allowed; downwards."""
    digits = len(str(len(columns)))
    entries = [
        f"{at + 1:>{digits}} {column}  {sum(row.cells[at].allowed for row in rows)}/{len(rows)}"
        for at, column in enumerate(columns)
    ]
    cell = max(map(_width, entries), default=0) + 3
    across = max(1, (width + 3) // cell)
    down = -(-len(entries) // across)
    for line in range(down):
        yield "".join(_padded(entry, cell) for entry in entries[line::down])


def _mark_legend(
    used: Sequence[CellCause], marks: dict[CellCause, str], style: Style
) -> Iterator[str]:
    """What the marks stand for, as many on a line as fit."""
    line, taken = "", 0
    for cause in used:
        width = 2 + len(MARKS[cause].words)
        if line and taken + _GAP + width > style.width:
            yield line
            line, taken = "", 0
        gap = _GAP if line else 0
        line += " " * gap + f"{_painted(marks, cause, style)} {MARKS[cause].words}"
        taken += gap + width
    yield line


def _painted(marks: dict[CellCause, str], cause: CellCause, style: Style) -> str:
    mark = marks[cause]
    return f"\x1b[{MARKS[cause].color}m{mark}\x1b[0m" if style.use_color else mark


def _cut(text: str, longest: int, ending: str) -> str:
    """The text, cut where it takes more than so many columns of a terminal."""
    if _width(text) <= longest:
        return text
    while _width(text) >= longest:
        text = text[:-1]
    return text + ending


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(one) else 2 if east_asian_width(one) in ("W", "F") else 1 for one in text
    )
