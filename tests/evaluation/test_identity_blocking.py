from __future__ import annotations

import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.identity_blocking import is_blocked, pattern_problem

MALFORMED = "it is a malformed regular expression"
EXPLOSIVE = "it repeats what may match in several ways, which may take for ever: it blocks all"


@pytest.mark.parametrize(
    ("pattern", "blocked", "free"),
    [
        ("Admins", ["Admins"], ["admins", "Admins2", ""]),
        ("dev-*", ["dev-", "dev-team"], ["Dev-team", "my-dev-team"]),
        ("d?v", ["dev", "d v"], ["dv", "deev"]),
        ("*", ["", "anything"], []),
        ("^root$", ["root", "^root$"], ["groot"]),
        ("x|y", ["x", "every", "x|y"], ["z"]),
        ("team[0-9]+", ["team1", "my team12"], ["team"]),
        ("Team [A]", ["Team [A]", "Team A"], ["Team B"]),
        ("[ab]*", ["", "anything"], []),
        ("[invalid", ["[invalid"], ["invalid"]),
        ("[invalid*", ["[invalid", "[invalid too"], ["invalid"]),
        ("a++b{,", [], ["a"]),
        (r"\d", ["a1"], ["a"]),
        ("(?i)^ADMIN", ["admins"], ["my admins"]),
        ("", [], ["", "x"]),
    ],
)
def test_what_an_entry_blocks(pattern: str, blocked: list[str], free: list[str]) -> None:
    assert [one for one in (*blocked, *free) if is_blocked(one, (pattern,))] == blocked
    assert [one for one in (*blocked, *free) if is_blocked(one, ("nobody", pattern))] == blocked


def test_without_entries_nothing_is_blocked() -> None:
    assert not is_blocked("x", ())


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("Admins", None),
        ("dev-*", None),
        ("^team-[a-z]+-[0-9]{2,4}$", None),
        ("(dev|ops)-team", None),
        ("(abc)+", None),
        ("(a{2}){3}", None),
        (r"\(a+\)+", None),
        ("[(a+)]+", None),
        ("(a+)?b", None),
        ("(?:a+)b*", None),
        ("[invalid", MALFORMED),
        ("a)", MALFORMED),
        ("a{99999999999}", MALFORMED),
        ("(" * 5000 + ")" * 5000, MALFORMED),
        ("(a+)+$", EXPLOSIVE),
        ("(a|a)*$", EXPLOSIVE),
        ("((a?)b?)+$", EXPLOSIVE),
        ("(?P<n>a*){3}=", EXPLOSIVE),
        ("(?=(a+)+)=", EXPLOSIVE),
    ],
    ids=lambda one: str(one)[:20],
)
def test_what_is_wrong_with_an_entry(pattern: str, problem: str | None) -> None:
    assert pattern_problem(pattern) == problem


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("(a+)+$", "a" * 100 + "!"),
        ("(a|aa)+$", "a" * 100 + "!"),
        ("a+a+a+a+a+b", "a" * 200),
        (r"\w+\w+\w+=", "a" * 200),
        (r"^(\w+\s?)*$", "a" * 100 + "!"),
        ("[a-z]+[a-z]+=", "a" * 1000),
    ],
)
def test_a_name_that_an_expression_would_take_long_on_is_blocked(pattern: str, name: str) -> None:
    started = process_time()
    assert is_blocked(name, (pattern,))
    assert process_time() - started < 1


def test_names_as_groups_have_them_are_held_against_expressions_with_many_repetitions() -> None:
    pattern = "^[a-z]+-[a-z]+-[a-z]+-[0-9]+$"
    assert is_blocked("team-north-sales-042", (pattern,))
    assert not is_blocked("team-north-sales-042-x", (pattern,))


@given(st.text("ab*?[]!^(){}|+\\.,1-", max_size=12), st.text("ab-1", max_size=8))
def test_any_entry_can_be_asked_and_is_open_webui_s_rule(pattern: str, name: str) -> None:
    blocked = is_blocked(name, (pattern,))
    problem = pattern_problem(pattern)
    if problem == EXPLOSIVE:
        assert blocked
    elif pattern and problem is None and set(pattern) & set("^$[](){}+\\|"):
        assert blocked >= bool(re.search(pattern, name))


@given(st.text("a()+*?|{}1,", min_size=1, max_size=14))
def test_an_expression_that_is_tried_ends_soon(pattern: str) -> None:
    started = process_time()
    is_blocked("a" * 60 + "!", (pattern,))
    assert process_time() - started < 1
