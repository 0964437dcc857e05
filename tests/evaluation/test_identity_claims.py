from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.identity import ClaimValues, claim_values
from grantctl.model import MAX_NAME_LENGTH
from tests.interop.any_json import NAMES, VALUES


def said(claims: dict[str, object], name: str = "roles", separator: str = ",") -> ClaimValues:
    return claim_values(claims, name, separator)


@pytest.mark.parametrize(
    ("claims", "name", "values"),
    [
        ({"roles": ["b", "a", "b"]}, "roles", ("b", "a")),
        ({"roles": "b,a,b"}, "roles", ("b", "a")),
        ({"roles": "b, a"}, "roles", ("b", " a")),
        ({"roles": ["b,a"]}, "roles", ("b,a",)),
        ({"roles": [7, "7", 1]}, "roles", ("7", "1")),
        ({"roles": 7}, "roles", ("7",)),
        ({"roles": 0}, "roles", ("0",)),
        ({"a": {"b": {"roles": ["x"]}}}, "a.b.roles", ("x",)),
        ({"a.b.roles": ["x"]}, "a.b.roles", ("x",)),
        ({"a": {"b": {"roles": None}}, "a.b.roles": "x"}, "a.b.roles", ("x",)),
        ({"a": "text", "a.b.roles": "x"}, "a.b.roles", ("x",)),
        ({"a": {"b": {"roles": ["n"]}}, "a.b.roles": ["x"]}, "a.b.roles", ("n",)),
        ({"https://idp.example/roles": ["x"]}, "https://idp.example/roles", ("x",)),
    ],
    ids=str,
)
def test_the_texts_of_a_claim(
    claims: dict[str, object], name: str, values: tuple[str, ...]
) -> None:
    expected = ClaimValues(name, values, is_present=True, is_silent=False)
    assert said(claims, name) == expected


@pytest.mark.parametrize(
    ("claims", "name", "is_present"),
    [
        ({}, "roles", False),
        ({"": ["x"]}, "", False),
        ({"roles": ["x"]}, "a.roles", False),
        ({"a": {"roles": {}}}, "a.b.roles", False),
        ({"roles": None}, "roles", True),
        ({"roles": []}, "roles", True),
        ({"a": {"roles": []}, "a.roles": ["x"]}, "a.roles", True),
    ],
    ids=str,
)
def test_a_claim_that_says_nothing(claims: dict[str, object], name: str, is_present: bool) -> None:
    assert said(claims, name) == ClaimValues(name, is_present=is_present, is_silent=True)


@pytest.mark.parametrize("claim", ["", [""], ",", ["", ""]], ids=repr)
def test_an_empty_text_names_nothing_and_is_not_silence(claim: object) -> None:
    assert said({"roles": claim}) == ClaimValues("roles", is_present=True, is_silent=False)


@pytest.mark.parametrize(
    ("claim", "values", "is_silent", "note"),
    [
        (1.5, (), True, "is a fraction, which names nothing"),
        ({"user": True}, (), True, "is an object, which names nothing"),
        (True, (), False, "is true or false, which names nothing"),
        ([None], (), False, "holds null, which names nothing"),
        (
            [["user"], "a", {}, None, [], 2.5],
            ("a",),
            False,
            "holds a fraction, a list, an object and null, which name nothing",
        ),
        (["\0", "a", "\ud800"], ("a",), False, "holds a text that cannot be stored, which"),
        (
            ["x" * (MAX_NAME_LENGTH + 1), "x" * MAX_NAME_LENGTH],
            ("x" * MAX_NAME_LENGTH,),
            False,
            "holds a text of more than 200 characters, which names nothing",
        ),
        (10**5000, (), False, "is a very long number, which names nothing"),
    ],
    ids=["fraction", "object", "true", "null", "several", "unstorable", "long", "number"],
)
def test_what_names_nothing_is_left_out_with_a_note(
    claim: object, values: tuple[str, ...], is_silent: bool, note: str
) -> None:
    found = said({"roles": claim})
    assert (found.values, found.is_present, found.is_silent) == (values, True, is_silent)
    [told] = found.notes
    assert told.startswith(f"the claim `roles` {note}")


def test_without_a_separator_a_text_is_one_name() -> None:
    assert said({"roles": "a,b"}, separator="").values == ("a,b",)
    assert said({"roles": "a, b"}, separator=", ").values == ("a", "b")


@given(st.dictionaries(NAMES, VALUES, max_size=4), NAMES, st.sampled_from([",", ";", "", "aa"]))
def test_whatever_json_it_is_the_texts_are_ones_that_can_be_stored(
    claims: dict[str, object], name: str, separator: str
) -> None:
    found = claim_values(claims, name, separator)
    assert len(set(found.values)) == len(found.values)
    assert all(type(one) is str and 0 < len(one) <= MAX_NAME_LENGTH for one in found.values)
    "".join(found.values).encode()  # raises for half of a surrogate pair
    assert "\0" not in "".join(found.values)
    assert not (found.is_silent and found.values)
    assert found.is_present or found.is_silent


def test_something_that_is_no_json_names_nothing() -> None:
    assert said({"roles": timedelta(1)}).values == ()
