from __future__ import annotations

from datetime import UTC, date, datetime
from enum import IntEnum

import pytest

from grantctl.model import Role
from grantctl.render.values import Plain, cell_text, plain


class Level(IntEnum):
    TOP = 3


def test_enumerations_and_tuples_become_plain() -> None:
    result = plain({"role": Role.ADMIN, Role.USER: (Level.TOP, True, None, 1.5)})
    assert result == {"role": "admin", "user": [3, True, None, 1.5]}
    assert isinstance(result, dict)
    assert {type(key) for key in result} == {str}
    assert type(result["role"]) is str


def test_a_time_is_given_in_utc() -> None:
    assert plain(datetime.fromisoformat("2026-01-31T14:00:00+02:00")) == "2026-01-31T12:00:00Z"
    assert plain(datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)) == "2026-01-31T12:00:00.000005Z"


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [float("-inf")], datetime(2026, 1, 31)]
)
def test_what_has_no_meaning_in_a_format_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"NaN|zone"):
        plain(value)


@pytest.mark.parametrize("value", [b"x", {1: "x"}, {"x"}, date(2026, 1, 31), object()])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (0.1, "0.1"),
        ("a\nb", r"a\nb"),
        ([], ""),
        (["a\n", 1, None, True], r"a\n, 1, , true"),
        ({}, "{}"),
        ({"a": [1, "\x9b"]}, r'{"a":[1,"\u009b"]}'),
        ([["a"], "b"], '[["a"],"b"]'),
    ],
)
def test_a_cell_is_one_line(value: Plain, shown: str) -> None:
    assert cell_text(value) == shown
