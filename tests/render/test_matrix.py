"""A matrix as a heat map: marks under numbers, in blocks that the width allows."""

from __future__ import annotations

import io

from grantctl.evaluation.facts import User
from grantctl.evaluation.matrix import Cell, CellCause, MatrixRow
from grantctl.model import Role
from grantctl.render.matrices import wide_columns, wide_rows
from grantctl.render.matrix import MARKS, write_matrix
from grantctl.render.style import Format, Style

G, D, N, A, F, P = (
    CellCause.GROUP,
    CellCause.DEFAULT,
    CellCause.ABSENT,
    CellCause.ADMIN,
    CellCause.FALSE,
    CellCause.PENDING,
)
DENYING = {N, F, P, CellCause.BASE}
COLUMNS = ("chat.controls", "chat.share", "notes", "workspace.models", "workspace.tools")


def row(email: str, *causes: CellCause) -> MatrixRow:
    user = User(1, "u", email, "Name", Role.USER)
    return MatrixRow(user, tuple(Cell(one not in DENYING, one, "words") for one in causes))


ROWS = (
    row("ada@example.com", A, A, A, A, A),
    row("bob@example.com", G, D, N, F, G),
    row("漢字@example.com", P, P, P, P, P),
)
WIDE = """\
                  12 3 45
ada@example.com   ◆◆ ◆ ◆◆
bob@example.com   █▒ · ○█
漢字@example.com  –– – ––

1 chat.controls  2/3      3 notes  1/3              5 workspace.tools  2/3
2 chat.share  2/3         4 workspace.models  1/3

◆ the role admin  █ a group  ▒ the default  – no: pending
○ no: a group says false  · no: granted nowhere
"""
NARROW = """\
            12 3 45
ada@examp…  ◆◆ ◆ ◆◆
bob@examp…  █▒ · ○█
漢字@exam…  –– – ––

1 chat.controls  2/3
2 chat.share  2/3
3 notes  1/3
4 workspace.models  1/3
5 workspace.tools  2/3

◆ the role admin
█ a group
▒ the default
– no: pending
○ no: a group says false
· no: granted nowhere
"""


def drawn(width: int, *, encoding: str = "utf-8", use_color: bool = False) -> str:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    style = Style(Format.TABLE, is_terminal=True, use_color=use_color, width=width)
    write_matrix(stream, COLUMNS, ROWS, style)
    stream.flush()
    return buffer.getvalue().decode(encoding)


def test_a_line_a_user_and_a_mark_a_cell() -> None:
    assert drawn(76) == WIDE


def test_what_is_too_wide_goes_on_below_and_categories_stay_together() -> None:
    assert drawn(20) == NARROW


def test_categories_that_fit_no_line_together_are_blocks_of_their_own() -> None:
    stream = io.StringIO()
    columns = [*(f"a.{at}" for at in range(5)), *(f"b.{at}" for at in range(11))]
    style = Style(Format.TABLE, is_terminal=True, width=20)
    write_matrix(stream, columns, [row("ada@example.com", *[G] * 16)], style)
    marks = [line for line in stream.getvalue().splitlines() if line.startswith("ada@")]
    assert marks == ["ada@examp…  █████", "ada@examp…  ████████", "ada@examp…  ███"]


def test_without_unicode_the_marks_are_ascii_and_still_apart() -> None:
    lines = drawn(76, encoding="ascii").splitlines()
    assert lines[1:4] == [
        "ada@example.com           AA A AA",
        "bob@example.com           #+ . o#",
        "\\u6f22\\u5b57@example.com  -- - --",
    ]
    for of_kind in (set(CellCause) - {CellCause.EVERYONE}, set(CellCause) - {CellCause.DEFAULT}):
        assert len({MARKS[cause].letter for cause in of_kind}) == len(of_kind)
        assert len({MARKS[cause].twin for cause in of_kind}) == len(of_kind)
    assert all(mark.twin.isascii() for mark in MARKS.values())


def test_colours_are_added_to_the_marks_alone() -> None:
    painted = drawn(76, use_color=True)
    assert "\x1b[34m█\x1b[0m" in painted
    for mark in MARKS.values():
        painted = painted.replace(f"\x1b[{mark.color}m", "")
    assert painted.replace("\x1b[0m", "") == WIDE


def test_nobody_and_nothing_can_be_drawn() -> None:
    stream = io.StringIO()
    write_matrix(stream, ("notes",), (), Style(Format.TABLE, is_terminal=True))
    assert stream.getvalue() == "  1\n\n1 notes  0/0\n\n\n"
    write_matrix(stream, (), ROWS[:0], Style(Format.TABLE, is_terminal=True))


def test_a_hundred_columns_are_numbered_downwards() -> None:
    stream = io.StringIO()
    columns = [f"x.{at}" for at in range(100)]
    rows = [row("ada@example.com", *[G] * 100)]
    write_matrix(stream, columns, rows, Style(Format.TABLE, is_terminal=True, width=200))
    hundreds, tens, ones, first, *_ = stream.getvalue().splitlines()
    assert (hundreds.strip(), tens.strip()[:3], ones.strip()[:10]) == ("1", "111", "1234567890")
    assert first == "ada@example.com  " + "█" * 100


def test_a_permission_called_user_does_not_take_the_users_column() -> None:
    columns = ("user", "notes")
    titles = [one.key for one in wide_columns(columns)]
    assert titles == ["user", "permission user", "notes"]
    [found] = wide_rows(columns, [row("ada@example.com", G, N)])
    assert found == {"user": "ada@example.com", "permission user": "group", "notes": "absent"}
