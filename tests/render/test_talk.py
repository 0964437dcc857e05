from __future__ import annotations

import json

from hypothesis import given
from tests.render.examples import is_clean, texts, unhurried

from grantctl.errors import GrantctlError, NotFoundError, UsageError
from grantctl.render.talk import error_json, error_lines, hint_line, warning_line


def test_an_error_and_its_hint_are_a_line_each() -> None:
    error = NotFoundError("no user `al\nice\x1b[2J`", hint="grantctl users list")
    assert error_lines(error) == ("error: no user `al\\nice\\x1b[2J`\nhint: grantctl users list")


def test_an_error_without_hint_is_one_line() -> None:
    assert error_lines(UsageError("no")) == "error: no"


def test_of_a_long_error_the_middle_is_left_out() -> None:
    line = error_lines(NotFoundError(f"no user `{'x' * 9000}` in the directory"))
    assert line == f"error: no user `{'x' * 371} … {'x' * 102}` in the directory"


def test_a_warning_and_a_hint() -> None:
    assert warning_line("a\rb") == "warning: a\\rb"
    assert hint_line("[red]x") == "hint: [red]x"


def test_json_holds_the_whole_error() -> None:
    error = NotFoundError(f"no user `{'é' * 600}`")
    line = error_json(error)
    assert line.isascii()
    assert json.loads(line) == {
        "error": {"code": "not_found", "message": error.message, "hint": None, "exit_code": 4}
    }


def test_json_is_one_line() -> None:
    assert error_json(UsageError("a\nb", hint="c")) == (
        '{"error": {"code": "usage", "message": "a\\nb", "hint": "c", "exit_code": 2}}'
    )


@unhurried
@given(texts, texts)
def test_nothing_raw_is_said(message: str, hint: str) -> None:
    error = GrantctlError(message, hint=hint)
    assert is_clean(error_lines(error), "\n")
    assert error_lines(error).count("\n") == bool(hint)
    assert is_clean(error_json(error) + warning_line(message) + hint_line(hint), "")
