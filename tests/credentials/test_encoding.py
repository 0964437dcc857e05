"""base64url and JSON with one spelling."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.credentials.encoding import (
    decode_base64url,
    decode_json_object,
    encode_base64url,
)


@given(st.binary(max_size=200))
def test_what_is_encoded_is_decoded(raw: bytes) -> None:
    assert decode_base64url(encode_base64url(raw).encode()) == raw


@given(st.binary(max_size=40))
def test_only_the_one_spelling_is_decoded(text: bytes) -> None:
    try:
        raw = decode_base64url(text)
    except ValueError:
        return
    assert base64.urlsafe_b64encode(raw).rstrip(b"=") == text


@given(st.text(alphabet="AQgw_-=+/ \n", max_size=8))
def test_nearly_base64url_has_one_spelling_too(text: str) -> None:
    try:
        raw = decode_base64url(text.encode())
    except ValueError:
        return
    assert encode_base64url(raw) == text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON), st.booleans())
def test_sound_json_is_read_as_it_was_written(value: dict[str, object], is_ascii: bool) -> None:
    assert decode_json_object(json.dumps(value, ensure_ascii=is_ascii).encode()) == value


@pytest.mark.parametrize("levels", [1, 31, 32, 33, 40])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"x":', "}")])
def test_32_levels_are_the_most(levels: int, left: str, right: str) -> None:
    inner = left * (levels - 1) + "1" + right * (levels - 1)
    raw = f'{{"x":{inner}}}'.encode()
    if levels <= 32:
        decode_json_object(raw)
    else:
        with pytest.raises(ValueError, match="is nested deeper than 32 levels"):
            decode_json_object(raw)


def test_brackets_beside_each_other_or_in_text_are_no_levels() -> None:
    decode_json_object(json.dumps({"x": [[]] * 500, "y": '[{"\\' * 100}).encode())


@pytest.mark.parametrize("unit", ['"', '\\"', "[", '{"', '"[', "\\", '"\\', '["",'])
def test_the_time_does_not_grow_with_the_square(unit: str) -> None:
    raw = ('{"' + unit * (2**18 // len(unit))).encode()
    began = time.process_time()
    with pytest.raises(ValueError, match="is "):
        decode_json_object(raw)
    assert time.process_time() - began < 2


def test_an_error_repeats_nothing() -> None:
    for raw in (b'{"secret"', b'{"secret":1,"secret":2}', b"secret", b'"secret"', b'{"a":secret}'):
        with pytest.raises(ValueError, match=r"^(is|has) ") as error:
            decode_json_object(raw)
        assert "secret" not in str(error.value)
        assert error.value.__suppress_context__ or error.value.__context__ is None
