"""Tables on a terminal, whole."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.render.examples import COLUMNS, MARKUP, ROWS, stream, style, texts, unhurried, written

from grantctl.render.escape import escape
from grantctl.render.rows import Column, write_rows
from grantctl.render.style import Format

NAMES = (
    Column("id", "ID"),
    Column("name", "Name", is_name=True),
    Column("n", "N", justify="right"),
)


def draw(
    rows: list[dict[str, object]],
    columns: tuple[Column, ...] = NAMES,
    *,
    width: int = 80,
    **more: object,
) -> str:
    to = stream(str(more.pop("encoding", "utf-8")))
    look = style(Format.TABLE, is_terminal=True, width=width, **more)
    write_rows(to, rows, schema="s", columns=columns, style=look)
    return written(to)


def test_a_table_with_header_and_escaped_cells() -> None:
    assert draw([dict(row) for row in ROWS], COLUMNS, width=120) == (
        "ID  Name                   Members  Default  Groups  Created\n"
        f"{'─' * 80}\n"
        "g1  [red]staff[/] :skull:       -3  true     a, b    2026-01-31T12:00:00Z\n"
        "g2  =né\\x1b[31m\\n\\u202e        1.5  false            2026-01-31T12:00:00.000250Z\n"
    )


def test_what_is_too_wide_is_folded() -> None:
    rows = [{"id": "a" * 25, "name": "three short words, and more", "n": 7}]
    assert draw(rows, width=30) == (
        "ID             Name          N\n"
        "──────────────────────────────\n"
        "aaaaaaaaaaaaa  three short   7\n"
        "aaaaaaaaaaaa   words, and\n"
        "               more\n"
    )


def test_an_empty_table_is_its_header() -> None:
    assert draw([]) == "ID  Name  N\n───────────\n"


def test_a_title_is_bold_where_colour_is_used() -> None:
    assert draw([], (Column("id", "ID"),), use_color=True) == "\x1b[1mID\x1b[0m\n──\n"


def test_an_ascii_stream_gets_an_ascii_table() -> None:
    assert draw([{"id": "é", "name": "x", "n": None}], encoding="ascii") == (
        "ID    Name  N\n-------------\n\\xe9  x\n"
    )


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_literally(text: str) -> None:
    assert draw([{"id": text}], (Column("id", "ID"),)).split("\n")[2] == text


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = draw([{"id": "x", "name": "y", "n": 1}])
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "5", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    assert draw([{"id": "x", "name": "y", "n": 1}]) == plain


@unhurried
@given(texts)
def test_nothing_is_lost_at_any_width(text: str) -> None:
    """But blanks, where a line is folded."""
    for width in (20, 33, 10_000):
        drawn = draw([{"id": text}], (Column("id", "ID"),), width=width)
        cells = "".join(drawn.split("\n")[2:])
        assert "".join(cells.split()) == "".join(escape(text).split())


@unhurried
@given(st.lists(texts, min_size=2, max_size=9))
@example(["\U0001f3fb", ""])
@example(["", "\U0001f3fb", "a\U0001f3fb"])
def test_nothing_is_lost_in_more_columns_than_fit(row: list[str]) -> None:
    columns = tuple(Column(f"c{number}", "") for number in range(len(row)))
    cells: dict[str, object] = dict(zip((column.key for column in columns), row, strict=True))
    drawn = draw([cells], columns, width=20).split("\n", 2)[2]
    shown = "".join(escape(text) for text in row)
    assert visible(drawn) == visible(shown)


def visible(text: str) -> Counter[str]:
    return Counter(character for character in text if not character.isspace())
