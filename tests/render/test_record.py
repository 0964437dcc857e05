"""Whole outputs of one object, in every format."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.render.examples import stream, style, texts, unhurried, values, written

from grantctl.errors import UsageError
from grantctl.render.record import write_record
from grantctl.render.style import Format

USER = {
    "email": "ada@example.com",
    "name": "[red]Ada\x1b[0m\u202e",
    "is_active": True,
    "last_used_at": None,
    "tags": [],
    "groups": ["staff", "ops\n"],
    "permissions": {"chat": {"share": True, "temporary": False}, "models": {}},
    "grants": [{"resource": "model:gpt", "actions": ["read", "write"]}, [1, 2]],
}


def render(format: Format, *, encoding: str = "utf-8", **more: object) -> str:
    to = stream(encoding)
    write_record(
        to,
        USER,
        schema="grantctl.user/v1",
        style=style(format, **more),
        name_key="email",
        warnings=["beware"],
    )
    return written(to)


def test_a_table_is_aligned_lines_with_what_is_nested_below() -> None:
    assert (
        render(Format.TABLE)
        == r"""email:        ada@example.com
name:         [red]Ada\x1b[0m\u202e
is_active:    true
last_used_at:
tags:
groups:
  staff
  ops\n
permissions:
  chat:
    share:     true
    temporary: false
  models: {}
grants:
  - resource: model:gpt
    actions:
      read
      write
  - 1
    2
"""
    )


def test_keys_are_bold_where_colour_is_used() -> None:
    assert render(Format.TABLE, use_color=True, fields=("is_active", "email")) == (
        "\x1b[1mis_active:\x1b[0m true\n\x1b[1memail:\x1b[0m     ada@example.com\n"
    )


def test_json_is_one_document() -> None:
    assert (
        render(Format.JSON, fields=("name", "groups"))
        == r"""{
  "schema": "grantctl.user/v1",
  "data": {
    "name": "[red]Ada\u001b[0m\u202e",
    "groups": [
      "staff",
      "ops\n"
    ]
  },
  "warnings": [
    "beware"
  ],
  "next_cursor": null
}
"""
    )


def test_yaml_is_the_same_document() -> None:
    assert (
        render(Format.YAML, fields=("name", "groups"))
        == r"""schema: grantctl.user/v1
data:
  name: "[red]Ada\e[0m\u202e"
  groups:
  - staff
  - "ops\n"
warnings:
- beware
next_cursor: null
"""
    )


def test_ndjson_is_the_object_on_one_line() -> None:
    assert render(Format.NDJSON, fields=("groups", "is_active")) == (
        '{"groups":["staff","ops\\n"],"is_active":true}\n'
    )


def test_csv_is_a_header_and_a_row() -> None:
    assert render(Format.CSV, fields=("email", "last_used_at", "groups", "permissions")) == (
        "email,last_used_at,groups,permissions\r\n"
        'ada@example.com,,"[""staff"",""ops\\n""]",'
        '"{""chat"":{""share"":true,""temporary"":false},""models"":{}}"\r\n'
    )


def test_name_is_the_name() -> None:
    assert render(Format.NAME) == "ada@example.com\n"
    assert render(Format.NAME, fields=("name",)) == "[red]Ada\\x1b[0m\\u202e\n"


@pytest.mark.parametrize("format", list(Format))
def test_an_unknown_field_is_refused_before_anything_is_written(format: Format) -> None:
    to = io.StringIO()
    look = style(format, fields=("emial",))
    with pytest.raises(UsageError, match="no field `emial`") as caught:
        write_record(to, USER, schema="s", style=look, name_key="email")
    assert to.getvalue() == ""
    assert str(caught.value.hint).startswith("did you mean `email`? one of email, name,")


@unhurried
@given(key=texts, value=texts)
def test_no_value_can_start_a_line_of_its_own(key: str, value: str) -> None:
    to = io.StringIO()
    write_record(
        to, {"a": value, "b": {key: value}}, schema="s", style=style(Format.TABLE), name_key="a"
    )
    lines = to.getvalue().split("\n")
    assert [line[:2] for line in lines] == ["a:", "b:", "  ", ""]


@unhurried
@given(st.dictionaries(texts, values, min_size=1, max_size=3))
def test_every_line_of_a_table_is_a_key_or_indented(record: dict[str, object]) -> None:
    to = io.StringIO()
    write_record(to, record, schema="s", style=style(Format.TABLE), name_key="")
    own = [line for line in to.getvalue().split("\n")[:-1] if ":" in line or line[:2] != "  "]
    assert len(own) >= len(record)
