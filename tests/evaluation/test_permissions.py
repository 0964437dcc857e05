"""Permission trees: their own rules, and the answers of the reference's own functions."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.permissions import combine, fill, flatten, grow, look_up
from grantctl.store.seed import SEEDED_PERMISSIONS
from tests.conftest import FIXTURES

Case = dict[str, Any]
RELEASES = ("0.6.43", "0.12.4")

# Where the reference raised, by the case's number, and why. grantctl answers instead.
OVER_A_LEAF = "a group has a category where the default, or another group, has a leaf"
IN_A_GROUP = "the key leads on where a group's tree, asked before any that grants it, has a leaf"
IN_THE_DEFAULT = "the key leads on where the default has a leaf"
IN_A_NULL = "the key leads on where the default has null"
RAISED_IN_GET_PERMISSIONS: dict[str, dict[int, str]] = {
    "0.6.43": dict.fromkeys((4, 7, 13, 22, 28, 34, 37, 38, 40, 41, 44, 46, 47, 49), OVER_A_LEAF),
    "0.12.4": dict.fromkeys(
        (4, 7, 13, 22, 28, 29, 34, 37, 38, 40, 41, 44, 46, 47, 49), OVER_A_LEAF
    ),
}
# By the case's number: the key that was asked, grantctl's answer, and why the reference has none.
RAISED_IN_HAS_PERMISSION: dict[int, tuple[str, bool, str]] = {
    4: ("chat.controls.x", False, IN_THE_DEFAULT),
    13: ("features.notes", False, IN_THE_DEFAULT),
    31: ("chat.controls.x", False, IN_THE_DEFAULT),
    34: ("chat.controls.controls", False, IN_THE_DEFAULT),
    38: ("chat.controls.x", False, IN_A_GROUP),
    44: ("features.api_keys", False, IN_A_NULL),
    45: ("chat.controls.controls", False, IN_THE_DEFAULT),
    46: ("a.x.y", False, IN_A_GROUP),
    56: ("chat.controls.controls", False, IN_THE_DEFAULT),
    60: ("chat.controls.x", False, IN_A_GROUP),
    61: ("chat.controls.x", False, IN_THE_DEFAULT),
    68: ("workspace.models", False, IN_A_GROUP),
    70: ("chat.controls.controls", False, IN_THE_DEFAULT),
    74: ("sharing.public_models", True, IN_A_GROUP),
    76: ("chat.controls.controls", False, IN_THE_DEFAULT),
    79: ("features.api_keys", False, IN_A_GROUP),
    96: ("chat.controls.controls", False, IN_A_GROUP),
    103: ("chat.controls.controls", False, IN_THE_DEFAULT),
    110: ("chat.controls.controls", False, IN_THE_DEFAULT),
    111: ("chat.controls.x", False, IN_THE_DEFAULT),
    126: ("chat.controls.x", False, IN_A_GROUP),
    127: ("chat.controls.x", False, IN_THE_DEFAULT),
    133: ("b.", False, IN_THE_DEFAULT),
    136: ("a.x.y", False, IN_A_GROUP),
    154: ("chat.controls.x", False, IN_A_GROUP),
    157: ("chat.controls.controls", False, IN_THE_DEFAULT),
    159: ("chat.controls.controls", False, IN_A_GROUP),
    175: ("sharing.public_models", False, IN_A_GROUP),
    177: ("chat.controls.controls", False, IN_THE_DEFAULT),
    179: ("chat.controls.x", False, IN_A_GROUP),
    186: ("chat.controls.controls", False, IN_A_GROUP),
    197: ("chat.controls.controls", False, IN_THE_DEFAULT),
    203: ("chat.controls.x", False, IN_A_NULL),
}


@cache
def reference(release: str) -> dict[str, Any]:
    text = (FIXTURES / "openwebui" / release / "functions.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def compared(cases: list[Case], answers: list[Any]) -> tuple[dict[int, Any], set[int]]:
    """Cases that were answered otherwise, and cases in which the reference raised."""
    raised = {number for number, case in enumerate(cases) if "error" in case}
    differing = {
        number: (case["result"], answer)
        for number, (case, answer) in enumerate(zip(cases, answers, strict=True))
        if number not in raised and case["result"] != answer
    }
    return differing, raised


@pytest.mark.parametrize("release", RELEASES)
def test_fill_answers_as_the_reference_s_fill_missing_permissions(release: str) -> None:
    cases = reference(release)["fill_missing_permissions"]
    answers = [fill(case["permissions"], case["default"]) for case in cases]
    assert len(cases) > 50
    assert compared(cases, answers) == ({}, set())


@pytest.mark.parametrize("release", RELEASES)
def test_combine_and_fill_answer_as_the_reference_s_get_permissions(release: str) -> None:
    cases = reference(release)["get_permissions"]["cases"]
    built_in = reference(release)["built_in_default"]

    def answer(case: Case) -> Any:
        groups = [tree or {} for tree in case["groups"]]
        if release == "0.6.43":  # combined first, then filled from what the caller passed
            return fill(combine([case["default"], *groups]), case["default"])
        return combine([fill(case["default"] or {}, built_in), *groups])

    differing, raised = compared(cases, [answer(case) for case in cases])
    assert len(cases) > 50
    assert differing == {}
    assert raised == RAISED_IN_GET_PERMISSIONS[release].keys()


@pytest.mark.parametrize("release", RELEASES)
def test_look_up_answers_as_the_reference_s_has_permission(release: str) -> None:
    cases = reference(release)["has_permission"]["cases"]
    built_in = reference(release)["built_in_default"]

    def answer(case: Case) -> bool:
        trees = [*case["groups"], fill(case["default"] or {}, built_in)]
        return any(look_up(tree or {}, case["key"]) for tree in trees)

    answers = [answer(case) for case in cases]
    differing, raised = compared(cases, answers)
    assert len(cases) > 200
    assert differing == {}
    assert {number: (cases[number]["key"], answers[number]) for number in raised} == {
        number: listed[:2] for number, listed in RAISED_IN_HAS_PERMISSION.items()
    }
    for number, (_, _, reason) in RAISED_IN_HAS_PERMISSION.items():
        case = cases[number]
        blocked = [_blocking(tree or {}, case["key"]) for tree in case["groups"]]
        default = _blocking(fill(case["default"] or {}, built_in), case["key"])
        assert reason == (
            IN_A_GROUP if any(blocked) else IN_A_NULL if default == "null" else IN_THE_DEFAULT
        )


def _blocking(tree: Any, key: str) -> str | None:
    """`null` or `leaf` where the key leads on behind one, None where it does not."""
    for part in key.split("."):
        if not isinstance(tree, dict):
            return "null" if tree is None else "leaf"
        if part not in tree:
            return None
        tree = tree[part]
    return None


def test_the_one_answer_that_differs_is_that_of_a_category_whose_leaves_are_all_false() -> None:
    # The reference takes the category's dictionary as a boolean (its README here, "Rules").
    tree = {"chat": {"controls": False, "share": False}}
    assert bool(tree["chat"]) is True
    assert look_up(tree, "chat") is False


def test_the_seeded_catalogue_is_the_tree_that_grow_makes_of_it() -> None:
    defaults = {permission.key: permission.default for permission in SEEDED_PERMISSIONS}
    assert grow(defaults) == reference("0.6.43")["built_in_default"]


def test_fill_adds_what_is_missing_and_overrides_nothing() -> None:
    tree = {"chat": {"controls": False}, "notes": True}
    default = {"chat": {"controls": True, "tts": True}, "notes": {"own": True}, "x": {"y": False}}
    assert fill(tree, default) == {
        "chat": {"controls": False, "tts": True},
        "notes": True,
        "x": {"y": False},
    }
    assert fill({"chat": {}}, {"chat": True}) == {"chat": {}}


def test_combine_makes_a_leaf_true_that_is_true_in_any_tree() -> None:
    trees = [{"chat": {"a": False, "b": True}}, {"chat": {"a": True, "b": False}}, {"chat": {}}]
    assert combine(trees) == {"chat": {"a": True, "b": True}}
    assert combine([]) == {}


@pytest.mark.parametrize("order", [1, -1])
def test_combine_keeps_a_category_that_meets_a_leaf(order: int) -> None:
    trees = [{"chat": True}, {"chat": {"a": False}}][::order]
    assert combine(trees) == {"chat": {"a": False}}


def test_flatten_gives_every_leaf_by_its_dotted_key() -> None:
    tree = {"chat": {"a": True, "deep": {"er": False}}, "empty": {}, "notes": True}
    assert flatten(tree) == {"chat.a": True, "chat.deep.er": False, "notes": True}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"chat": True, "chat.a": True}, "`chat.a` lies under a leaf"),
        ({"chat.a": True, "chat": True}, "`chat` is a category too"),
        ({"a.b": True, "a.b.c.d": True}, "`a.b.c.d` lies under a leaf"),
    ],
)
def test_grow_refuses_a_key_that_is_a_leaf_and_a_category(
    flags: dict[str, bool], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        grow(flags)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chat.a", True),
        ("chat.b", False),
        ("chat", True),
        ("chat.deep", False),
        ("chat.deep.er", False),
        ("empty", None),
        ("chat.a.x", None),
        ("chat.", None),
        (".chat", None),
        ("", None),
        ("Chat", None),
        ("nowhere.at.all", None),
    ],
)
def test_look_up_tells_false_from_absent(key: str, value: bool | None) -> None:
    tree = {"chat": {"a": True, "b": False, "deep": {"er": False}}, "empty": {}}
    assert look_up(tree, key) is value


names = st.sampled_from(["chat", "notes", "a", "b", ""])
trees = st.recursive(
    st.dictionaries(names, st.booleans(), max_size=3),
    lambda inner: st.dictionaries(names, inner | st.booleans(), max_size=3),
    max_leaves=8,
)


@given(trees, trees)
def test_nothing_changes_its_arguments_nor_shares_a_node_with_them(first: Any, second: Any) -> None:
    before = deepcopy((first, second))
    for result in (fill(first, second), combine([first, second])):
        _overwrite(result)
    assert (first, second) == before


def _overwrite(tree: Any) -> None:
    for name, value in tree.items():
        if isinstance(value, dict):
            _overwrite(value)
        tree[name] = "changed"


@given(trees, trees, trees)
def test_the_order_of_groups_does_not_matter(first: Any, second: Any, third: Any) -> None:
    assert combine([first, second, third]) == combine([third, first, second])
    assert combine([combine([first, second]), third]) == combine([first, combine([second, third])])
    assert combine([first, first]) == combine([first])


@given(st.dictionaries(st.sampled_from(["a.b", "a.c", "d", "e.f.g", "e.f.h"]), st.booleans()))
def test_grow_is_the_inverse_of_flatten(flags: dict[str, bool]) -> None:
    assert flatten(grow(flags)) == flags
