from __future__ import annotations

import io
import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from grantctl.errors import UsageError
from grantctl.render.style import Format, Style, detect_style


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def detect(
    stream: TextIO | None = None,
    *,
    output: str | None = None,
    fields: str | None = None,
    color: str = "auto",
    **environ: str,
) -> Style:
    return detect_style(
        stream or Terminal(), output=output, fields=fields, color=color, environ=environ
    )


def test_a_terminal_gets_a_table_in_colour() -> None:
    assert detect() == Style(Format.TABLE, (), is_terminal=True, use_color=True, width=80)


def test_a_pipe_gets_neither() -> None:
    piped = Style(Format.TABLE, (), is_terminal=False, use_color=False, width=80)
    assert detect(io.StringIO()) == piped


def test_an_empty_output_is_the_default() -> None:
    assert detect(output="").format is Format.TABLE


@pytest.mark.parametrize("name", ["table", "json", "ndjson", "yaml", "csv", "name"])
def test_every_format_is_understood(name: str) -> None:
    assert detect(output=name).format == name


def test_an_unknown_format_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        detect(output="jsn")
    assert caught.value.message == "no output format `jsn`"
    assert caught.value.hint == ("did you mean `json`? one of table, json, ndjson, yaml, csv, name")


def test_an_unknown_colour_mode_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        detect(color="sometimes")
    assert caught.value.message == "no colour mode `sometimes`"
    assert caught.value.hint == "one of auto, always, never"


@pytest.mark.parametrize(
    ("color", "environ", "use_color"),
    [
        ("auto", {}, True),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, True),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {"TERM": "xterm"}, True),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", {}, False),
    ],
)
def test_colour_on_a_terminal(color: str, environ: dict[str, str], use_color: bool) -> None:
    assert detect(None, color=color, **environ).use_color is use_color


def test_colour_is_forced_into_a_pipe_only_by_always() -> None:
    assert detect(io.StringIO(), color="always").use_color
    assert not detect(io.StringIO(), color="auto").use_color


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("120", 120),
        ("", 80),
        ("abc", 80),
        ("0", 80),
        ("-3", 80),
        ("1e3", 80),
        ("9" * 5000, 80),
        ("1", 20),
        ("99999999", 10_000),
    ],
)
def test_odd_widths_are_safe(columns: str, width: int) -> None:
    assert detect(COLUMNS=columns).width == width


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    primary, secondary = pty.openpty()
    with os.fdopen(secondary, "w") as stream:
        os.set_blocking(primary, False)
        yield stream
    os.close(primary)


def test_a_terminal_of_no_size_is_80_wide(terminal: TextIO) -> None:
    assert detect(terminal) == Style(Format.TABLE, (), is_terminal=True, use_color=True, width=80)


def test_a_closed_stream_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()
    assert not detect(closed).is_terminal


def test_fields_are_split_at_commas() -> None:
    assert detect(fields=" id, name ").fields == ("id", "name")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "`--fields` holds an empty name"),
        ("a,,b", "`--fields` holds an empty name"),
        ("a,b,a", "`--fields` names `a` twice"),
    ],
)
def test_a_broken_list_of_fields_is_refused(fields: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        detect(fields=fields)
    assert caught.value.message == message
