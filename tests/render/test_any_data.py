"""What holds for any data: nothing raw comes out, and what a program reads is what went in."""

from __future__ import annotations

import csv
import io
import json

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.render.examples import (
    has_joined_surrogates,
    is_clean,
    stream,
    style,
    texts,
    unhurried,
    values,
    written,
)

from grantctl.render.csv_rows import FORMULA_STARTS
from grantctl.render.escape import escape
from grantctl.render.record import write_record
from grantctl.render.rows import Column, write_rows
from grantctl.render.style import Format

KEYS = ("a", "b")
COLUMNS = [Column("a", "A", is_name=True), Column("b", "B")]
OWN = {
    Format.TABLE: "\n\t",
    Format.CSV: "\r\n",
    Format.JSON: "\n",
    Format.NDJSON: "\n",
    Format.YAML: "\n",
    Format.NAME: "\n",
}

rows = st.lists(st.fixed_dictionaries({"a": texts, "b": values}), max_size=3)
encodings = st.sampled_from(["utf-8", "ascii", "latin-1", "utf-16"])


def render(
    data: list[dict[str, object]], format: Format, encoding: str = "utf-8", **more: object
) -> str:
    to = stream(encoding)
    look = style(format, **more)
    write_rows(to, data, schema="s/v1", columns=COLUMNS, style=look, warnings=["w"])
    return written(to)


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize("format", list(Format))
@unhurried
@given(rows, encodings)
def test_nothing_raw_comes_out(
    format: Format, is_terminal: bool, data: list[dict[str, object]], encoding: str
) -> None:
    assert is_clean(render(data, format, encoding, is_terminal=is_terminal), OWN[format])
    for row in data:
        to = stream(encoding)
        write_record(to, row, schema="s/v1", style=style(format), name_key="a")
        assert is_clean(written(to), OWN[format].replace("\t", ""))


@pytest.mark.parametrize("format", [Format.JSON, Format.NDJSON])
@unhurried
@given(rows, encodings)
def test_json_loads_back_to_the_same_data(
    format: Format, data: list[dict[str, object]], encoding: str
) -> None:
    """But two halves of a character side by side, which JSON cannot hold apart from the whole."""
    assume(not has_joined_surrogates(texts_in(data)))
    output = render(data, format, encoding)
    if format is Format.NDJSON:
        assert [json.loads(line) for line in output.split("\n")[:-1]] == data
    else:
        assert json.loads(output) == document(data)


@unhurried
@given(rows, encodings)
def test_yaml_loads_back_to_the_same_data(data: list[dict[str, object]], encoding: str) -> None:
    assert yaml.safe_load(render(data, Format.YAML, encoding)) == document(data)


@unhurried
@given(st.lists(st.fixed_dictionaries({"a": texts, "b": texts}), max_size=3))
def test_csv_parses_back_to_the_neutral_text(data: list[dict[str, object]]) -> None:
    output = render(data, Format.CSV)
    assert list(csv.reader(io.StringIO(output, newline=""), strict=True)) == [
        list(KEYS),
        *([neutral(str(row[key])) for key in KEYS] for row in data),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\uff1d"])
def test_no_spreadsheet_runs_a_cell(start: str) -> None:
    cell = render([{"a": f"{start}1+1", "b": -1}], Format.CSV).split("\r\n")[1]
    assert cell == f"'{escape(start)}1+1,-1"


@unhurried
@given(rows)
def test_a_piped_table_has_a_line_for_each_row_and_a_cell_for_each_column(
    data: list[dict[str, object]],
) -> None:
    lines = render(data, Format.TABLE).split("\n")
    assert [line.count("\t") for line in lines] == [1] * len(data) + [0]
    assert [line.split("\t")[0] for line in lines[:-1]] == [escape(str(row["a"])) for row in data]


@unhurried
@given(rows)
def test_name_has_a_line_for_each_row(data: list[dict[str, object]]) -> None:
    expected = "".join(f"{escape(str(row['a']))}\n" for row in data)
    assert render(data, Format.NAME) == expected


def document(data: object) -> dict[str, object]:
    return {"schema": "s/v1", "data": data, "warnings": ["w"], "next_cursor": None}


def neutral(text: str) -> str:
    return ("'" if text.lstrip(" ").startswith(FORMULA_STARTS) else "") + escape(text)


def texts_in(value: object) -> str:
    """Every text in the value, apart from one another."""
    if isinstance(value, dict):
        return " ".join(texts_in(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return " ".join(texts_in(item) for item in value)
    return str(value)
