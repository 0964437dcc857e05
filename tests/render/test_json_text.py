"""JSON is spelled as the standard library spells it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.model import Role
from grantctl.render.json_text import _dumps, ascii_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(tuple(Role)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_it_writes_what_the_standard_library_writes(
    value: object, indent: int | None, ensure_ascii: bool
) -> None:
    separators = (",", ": ")
    expected = json.dumps(
        value, indent=indent, separators=separators, ensure_ascii=ensure_ascii, allow_nan=False
    )
    written = _dumps(value, indent=indent, separators=separators, ensure_ascii=ensure_ascii)
    assert written == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_number_is_written_that_json_does_not_have(value: float) -> None:
    with pytest.raises(ValueError, match="neither NaN nor infinities"):
        ascii_json([value])


@pytest.mark.parametrize("value", [{1: 2}, {"a": {1}}, object()])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        ascii_json(value)
