"""Whole outputs of lists, in every format; what holds for any data is in test_any_data."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping

import pytest
from tests.render.examples import COLUMNS, ROWS, stream, style, written

from grantctl.errors import UsageError
from grantctl.render.rows import Column, write_rows
from grantctl.render.style import Format


def render(format: Format, *, encoding: str = "utf-8", **more: object) -> str:
    to = stream(encoding)
    write_rows(
        to,
        ROWS,
        schema="grantctl.groups/v1",
        columns=COLUMNS,
        style=style(format, **more),
        warnings=["beware"],
        next_cursor="g2",
    )
    return written(to)


def test_json_is_one_document() -> None:
    assert (
        render(Format.JSON)
        == r"""{
  "schema": "grantctl.groups/v1",
  "data": [
    {
      "id": "g1",
      "name": "[red]staff[/] :skull:",
      "members": -3,
      "is_default": true,
      "groups": [
        "a",
        "b"
      ],
      "created_at": "2026-01-31T12:00:00Z",
      "tree": {
        "chat": {
          "share": true,
          "call": null
        }
      }
    },
    {
      "id": "g2",
      "name": "=né\u001b[31m\n\u202e",
      "members": 1.5,
      "is_default": false,
      "groups": [],
      "created_at": "2026-01-31T12:00:00.000250Z",
      "tree": "admin"
    }
  ],
  "warnings": [
    "beware"
  ],
  "next_cursor": "g2"
}
"""
    )


def test_json_is_ascii_where_the_stream_is() -> None:
    plain = render(Format.JSON)
    assert render(Format.JSON, encoding="ascii") == plain.replace("é", r"\u00e9")


def test_ndjson_is_an_object_a_line() -> None:
    assert render(Format.NDJSON, fields=("name", "tree")) == (
        '{"name":"[red]staff[/] :skull:","tree":{"chat":{"share":true,"call":null}}}\n'
        '{"name":"=né\\u001b[31m\\n\\u202e","tree":"admin"}\n'
    )


def test_yaml_is_the_same_document() -> None:
    assert (
        render(Format.YAML)
        == r"""schema: grantctl.groups/v1
data:
- id: g1
  name: '[red]staff[/] :skull:'
  members: -3
  is_default: true
  groups:
  - a
  - b
  created_at: '2026-01-31T12:00:00Z'
  tree:
    chat:
      share: true
      call: null
- id: g2
  name: "=né\e[31m\n\u202e"
  members: 1.5
  is_default: false
  groups: []
  created_at: '2026-01-31T12:00:00.000250Z'
  tree: admin
warnings:
- beware
next_cursor: g2
"""
    )


def test_yaml_is_ascii_where_the_stream_is() -> None:
    plain = render(Format.YAML)
    ascii_only = plain.replace("é", r"\xE9").replace(r"\u202e", r"\u202E")
    assert render(Format.YAML, encoding="ascii") == ascii_only


def test_csv_has_a_header_and_neutral_cells() -> None:
    assert render(Format.CSV) == (
        "id,name,members,is_default,groups,created_at,tree\r\n"
        'g1,[red]staff[/] :skull:,-3,true,"[""a"",""b""]",2026-01-31T12:00:00Z,'
        '"{""chat"":{""share"":true,""call"":null}}"\r\n'
        "g2,'=né\\x1b[31m\\n\\u202e,1.5,false,[],2026-01-31T12:00:00.000250Z,admin\r\n"
    )


def test_a_piped_table_is_tab_separated_without_header() -> None:
    assert render(Format.TABLE) == (
        "g1\t[red]staff[/] :skull:\t-3\ttrue\ta, b\t2026-01-31T12:00:00Z\n"
        "g2\t=né\\x1b[31m\\n\\u202e\t1.5\tfalse\t\t2026-01-31T12:00:00.000250Z\n"
    )


def test_a_piped_table_is_uncoloured_and_unfolded_whatever_the_style_says() -> None:
    assert render(Format.TABLE, use_color=True, width=20) == render(Format.TABLE)


def test_a_piped_table_never_fails_on_an_encoding() -> None:
    assert "=n\\xe9\\x1b[31m" in render(Format.TABLE, encoding="ascii")


def test_name_prints_the_names_alone() -> None:
    assert render(Format.NAME) == "[red]staff[/] :skull:\n=né\\x1b[31m\\n\\u202e\n"


def test_name_prints_the_one_field_that_is_asked_for() -> None:
    assert render(Format.NAME, fields=("id",)) == "g1\ng2\n"


def test_name_prints_one_field_only() -> None:
    with pytest.raises(UsageError) as caught:
        render(Format.NAME, fields=("id", "name"))
    assert caught.value.message == "`-o name` prints one field"


def test_without_a_name_column_the_first_is_printed() -> None:
    to = io.StringIO()
    write_rows(
        to, [{"id": "g1"}], schema="s", columns=[Column("id", "ID")], style=style(Format.NAME)
    )
    assert to.getvalue() == "g1\n"


def test_fields_choose_and_order() -> None:
    chosen = ("members", "id")
    assert render(Format.TABLE, fields=chosen) == "-3\tg1\n1.5\tg2\n"
    assert render(Format.CSV, fields=chosen) == "members,id\r\n-3,g1\r\n1.5,g2\r\n"
    assert (
        render(Format.NDJSON, fields=chosen)
        == '{"members":-3,"id":"g1"}\n{"members":1.5,"id":"g2"}\n'
    )
    assert [list(row) for row in json.loads(render(Format.JSON, fields=chosen))["data"]] == [
        ["members", "id"]
    ] * 2


def test_fields_bring_an_extra_column_into_the_table() -> None:
    assert render(Format.TABLE, fields=("id", "tree")) == (
        'g1\t{"chat":{"share":true,"call":null}}\ng2\tadmin\n'
    )


@pytest.mark.parametrize("format", list(Format))
def test_an_unknown_field_is_refused_before_anything_is_read_or_written(format: Format) -> None:
    def unread() -> Iterator[Mapping[str, object]]:
        yield pytest.fail("a row was read")

    to = io.StringIO()
    with pytest.raises(UsageError) as caught:
        write_rows(
            to, unread(), schema="s", columns=COLUMNS, style=style(format, fields=("id", "nam"))
        )
    assert to.getvalue() == ""
    assert caught.value.message == "no field `nam`"
    assert caught.value.hint == (
        "did you mean `name`? one of id, name, members, is_default, groups, created_at, tree"
    )


@pytest.mark.parametrize(
    ("format", "output"),
    [
        (Format.TABLE, ""),
        (Format.NDJSON, ""),
        (Format.NAME, ""),
        (Format.CSV, "id\r\n"),
        (Format.YAML, "schema: s\ndata: []\nwarnings: []\nnext_cursor: null\n"),
        (
            Format.JSON,
            '{\n  "schema": "s",\n  "data": [],\n  "warnings": [],\n  "next_cursor": null\n}\n',
        ),
    ],
)
def test_no_rows(format: Format, output: str) -> None:
    to = io.StringIO()
    write_rows(to, [], schema="s", columns=[Column("id", "ID")], style=style(format))
    assert to.getvalue() == output


def test_a_column_that_a_row_lacks_is_null() -> None:
    to = io.StringIO()
    write_rows(to, [{}], schema="s", columns=COLUMNS[:2], style=style(Format.NDJSON))
    assert to.getvalue() == '{"id":null,"name":null}\n'


@pytest.mark.parametrize("format", [Format.JSON, Format.YAML])
def test_a_document_is_written_whole_or_not_at_all(format: Format) -> None:
    to = io.StringIO()
    with pytest.raises(ValueError, match="NaN"):
        write_rows(
            to,
            [{"id": "g1"}, {"id": float("nan")}],
            schema="s",
            columns=COLUMNS,
            style=style(format),
        )
    assert to.getvalue() == ""


def test_lines_are_flushed_one_by_one_on_a_terminal() -> None:
    class Watched(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    for is_terminal, flushed in ((True, 2), (False, 0)):
        to = Watched()
        look = style(Format.NDJSON, is_terminal=is_terminal)
        write_rows(to, ROWS, schema="s", columns=COLUMNS, style=look)
        assert to.flushed == flushed


def test_a_long_text_stays_on_one_line_of_yaml() -> None:
    to = io.StringIO()
    text = "word " * 50 + "\u202e"
    write_rows(to, [{"id": text}], schema="s", columns=COLUMNS[:1], style=style(Format.YAML))
    assert to.getvalue().split("\n")[2] == f'- id: "{"word " * 50}\\u202e"'
