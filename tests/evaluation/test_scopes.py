"""What a scope may be, and what it covers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import InvalidError
from grantctl.evaluation.scopes import Scope, parse_scope, read_scope
from grantctl.model import ResourceRef

MODEL = ResourceRef("model", "gpt-4o:mini")


@pytest.mark.parametrize(
    ("text", "covered", "left_out"),
    [
        ("chat.controls", ["chat.controls"], ["chat", "chat.control", "chat.controls.x", "notes"]),
        ("chat.*", ["chat.controls", "chat.a.b"], ["chat", "chatter.x", "notes"]),
        ("*", ["chat.controls", "notes"], []),
        ("read:model:*", [], ["chat.controls", "read"]),
        ("chat.controls notes", ["chat.controls", "notes"], ["chat.share"]),
    ],
)
def test_a_scope_covers_permissions_by_name_and_by_category(
    text: str, covered: list[str], left_out: list[str]
) -> None:
    scope = parse_scope(text)
    assert [key for key in covered + left_out if scope.covers_permission(key)] == covered


@pytest.mark.parametrize(
    ("text", "is_covered"),
    [
        ("read:model:gpt-4o:mini", True),
        ("read:model:gpt-*", True),
        ("read:*:*", True),
        ("*:model:gpt-4?:mini", True),
        ("*", True),
        ("write:model:gpt-4o:mini", False),
        ("read:tool:*", False),
        ("read:model:gpt-4", False),
        ("read:model:GPT-*", False),
        ("chat.*", False),
    ],
)
def test_a_scope_covers_actions_by_pattern(text: str, is_covered: bool) -> None:
    assert parse_scope(text).covers_access("read", MODEL) is is_covered


@pytest.mark.parametrize(
    "text",
    ["", "  ", 'a"b', "a\\b", "chat..x", "chat.*.x", "é", "a\tb", "read::x", ":m:x", "x" * 2001],
)
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_scope(text)


def test_a_scope_is_written_in_one_way() -> None:
    assert str(parse_scope(" b  a b ")) == "a b"
    assert read_scope("") is None
    assert read_scope("b a") == Scope(("a", "b")) == parse_scope("a b")


@given(st.text("ab*?:.", max_size=8), st.text("ab:.", max_size=8))
def test_a_pattern_fits_what_the_same_regular_expression_fits(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    expected = re.fullmatch(expression, text) is not None
    entry = Scope((f"read:model:{pattern}",))
    assert entry.covers_access("read", ResourceRef("model", text)) is expected


def test_a_hostile_pattern_is_answered_at_once() -> None:
    entry = Scope(("read:model:" + "*a" * 900 + "b",))
    assert not entry.covers_access("read", ResourceRef("model", "a" * 255))
