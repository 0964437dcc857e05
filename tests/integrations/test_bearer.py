"""What a request presents as its credential."""

from __future__ import annotations

from itertools import product

import pytest

from grantctl.integrations.bearer import PresentedProblem, presented_credential

NOTHING = PresentedProblem.NOTHING
OTHER_SCHEME = PresentedProblem.OTHER_SCHEME
MALFORMED = PresentedProblem.MALFORMED
CONFLICTING = PresentedProblem.CONFLICTING


def presented(headers: list[str], cookies: list[str]) -> str | PresentedProblem:
    found = presented_credential(headers, cookies, cookie_name="token")
    assert (found.text == "") is (found.problem is not None)
    return found.problem or found.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_compared_without_its_case(scheme: str) -> None:
    assert presented([f"{scheme} abc.def-_~+/=="], []) == "abc.def-_~+/=="


def test_spaces_around_the_token_are_none_of_it() -> None:
    assert presented(["  Bearer   abc \t"], []) == "abc"


@pytest.mark.parametrize("header", ["", "Basic YWJj", "Bearerabc", "abc", "Bearer:abc"])
def test_another_scheme_is_no_token(header: str) -> None:
    assert presented([header], []) is OTHER_SCHEME


@pytest.mark.parametrize(
    "token", ["", " ", "a b", "a,b", "a\tb", "a\n", "a;b", "=", "a=b", "é", "a\x00", "Bearer abc"]
)
def test_what_no_token_may_hold_is_malformed(token: str) -> None:
    assert presented([f"Bearer {token}"], []) is MALFORMED


def test_a_cookie_is_found_among_others() -> None:
    assert presented([], ["theme=dark; token=abc; tokens=no"]) == "abc"
    assert presented([], ["theme=dark", 'token="abc"']) == "abc"
    assert presented([], ["Token=abc; xtoken=abc; token; theme=token=abc"]) is NOTHING


def test_an_empty_cookie_is_none() -> None:
    assert presented([], ["token="]) is NOTHING
    assert presented(["Bearer abc"], ['token=""']) == "abc"


@pytest.mark.parametrize("value", ["a b", "a,b", '"', 'a"', "é"])
def test_a_malformed_cookie_is_not_left_out(value: str) -> None:
    assert presented([], [f"token={value}"]) is MALFORMED
    assert presented(["Bearer abc"], [f"token={value}"]) is MALFORMED


def test_a_cookie_may_repeat_the_header() -> None:
    assert presented(["Bearer abc"], ["token=abc"]) == "abc"
    assert presented([], ["token=abc; token=abc"]) == "abc"


def test_two_different_credentials_are_not_chosen_from() -> None:
    assert presented(["Bearer abc"], ["token=abd"]) is CONFLICTING
    assert presented([], ["token=abc; token=abd"]) is CONFLICTING
    assert presented([], ["token=abc", "token=abd"]) is CONFLICTING
    assert presented(["Bearer abc", "Bearer abc"], []) is CONFLICTING
    assert presented(["Basic YWJj", "Bearer abc"], []) is CONFLICTING


def test_another_scheme_hides_the_cookie() -> None:
    assert presented(["Basic YWJj"], ["token=abc"]) is OTHER_SCHEME


def test_without_a_name_no_cookie_counts() -> None:
    found = presented_credential([], ["token=abc"], cookie_name=None)
    assert found.problem is NOTHING


def test_only_where_no_token_is_shown_is_none_called_invalid() -> None:
    assert [one for one in PresentedProblem if one.is_absence] == [NOTHING, OTHER_SCHEME]


def test_a_token_is_not_in_the_representation() -> None:
    for headers, cookies in product([["Bearer secret"], []], [["token=secret"]]):
        found = presented_credential(headers, cookies, cookie_name="token")
        assert found.text == "secret"
        assert "secret" not in repr(found)
