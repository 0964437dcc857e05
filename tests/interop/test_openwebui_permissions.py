"""How permission trees become flags and a catalogue, one rule a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.interop.sources import of_groups, told

from grantctl.interop.directory import FindingKind
from grantctl.interop.openwebui.defaults import built_in

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
BUILT_IN = built_in("0.12.4")
ADDED = "not in this version's own tree: taken into the catalogue, default false"


def flags(tmp_path: Path, tree: object) -> tuple[dict[str, bool], list[tuple[str, str]]]:
    """The flags of one group, and what is told about it."""
    directory = of_groups(tmp_path, tree)
    return (
        {key: value for (_, key), value in directory.flags.items()},
        [(kind.value, reason) for kind, _, reason in told(directory, "group")],
    )


@pytest.mark.parametrize("empty", [None, "null", "{}", '{"chat": {}, "new": {}}'])
def test_an_empty_tree_sets_nothing(empty: str | None, tmp_path: Path) -> None:
    assert flags(tmp_path, empty) == ({}, [])


def test_true_and_false_are_kept(tmp_path: Path) -> None:
    tree = {"chat": {"controls": True, "edit": False}}
    assert flags(tmp_path, tree) == ({"chat.controls": True, "chat.edit": False}, [])


@pytest.mark.parametrize(
    ("value", "spelled", "truth"),
    [
        (1, "`1`", True),
        (0, "`0`", False),
        (0.5, "`0.5`", True),
        ("yes", "`yes`", True),
        ("false", "`false`", True),
        ("", "``", False),
        (None, "null", False),
        ([], "a list", False),
        ([False], "a list", True),
    ],
)
def test_another_value_counts_by_its_truth(
    value: object, spelled: str, truth: bool, tmp_path: Path
) -> None:
    why = f"`chat.edit` is {spelled} here: taken as {'true' if truth else 'false'}"
    assert flags(tmp_path, {"chat": {"edit": value}}) == (
        {"chat.edit": truth},
        [("adapted", why)],
    )


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        ("true", "its permissions are true, no tree"),
        ("[]", "its permissions are a list, no tree"),
        ('"chat"', "its permissions are `chat`, no tree"),
        ('{"chat": ', "what is stored as its permissions is not JSON"),
        ("", "what is stored as its permissions is not JSON"),
        pytest.param(
            '{"a":' * 200_000, "what is stored as its permissions is nested too deeply", id="deep"
        ),
        (b'{"\xff": true}', "what is stored as its permissions holds bytes that are not UTF-8"),
        pytest.param(
            '{"chat": ' + "9" * 9000 + "}",
            "what is stored as its permissions is not JSON",
            id="9000 digits",
        ),
    ],
)
def test_what_is_no_tree_is_rejected(tree: object, why: str, tmp_path: Path) -> None:
    assert flags(tmp_path, tree) == ({}, [("rejected", f"{why}: it sets none")])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "a part between the dots is empty"),
        ("a.b", "a name in it holds a dot"),
        ("controls ", "a part begins or ends with a space"),
        ("x" * 65, "a part has more than 64 characters"),
        ("a\u202eb", "it holds a control or invisible character"),
        ("__class__", "`__class__` is a reserved name"),
        ("a=b", "it holds `=`"),
    ],
)
def test_a_name_that_is_no_key_is_rejected_with_all_under_it(
    name: str, why: str, tmp_path: Path
) -> None:
    found, reasons = flags(tmp_path, {"chat": {name: {"deep": True}, "edit": True}})
    assert found == {"chat.edit": True}
    assert reasons == [("rejected", f"`chat.{name}` is no permission key: {why}")]


def test_a_name_with_a_dot_does_not_pass_for_the_place_that_it_spells(tmp_path: Path) -> None:
    assert flags(tmp_path, {"workspace.models": True})[0] == {}


def test_trees_of_eight_levels_are_kept_and_deeper_ones_rejected(tmp_path: Path) -> None:
    tree: dict[str, Any] = {"x": True}
    for name in "gfedcba":
        tree = {name: tree}
    assert flags(tmp_path, tree)[0] == {"a.b.c.d.e.f.g.x": True}


def test_a_ninth_level_is_rejected(tmp_path: Path) -> None:
    tree: dict[str, Any] = {"y": {"z": True}, "x": True}
    for name in "gfedcba":
        tree = {name: tree}
    found, reasons = flags(tmp_path, tree)
    assert found == {"a.b.c.d.e.f.g.x": True}
    assert reasons == [
        ("rejected", "`a.b.c.d.e.f.g.y.z` is no permission key: it has more than 8 levels")
    ]


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (True, "true"),
        (False, "false"),
        (1, "`1`"),
        ("controls and more", "`controls and more`"),
        (["controls"], "a list"),
    ],
)
def test_a_value_in_the_place_of_a_category_is_rejected(
    value: object, spelled: str, tmp_path: Path
) -> None:
    why = f"`chat` is a category, not a permission: {spelled} left out"
    assert flags(tmp_path, {"chat": value}) == ({}, [("rejected", why)])


def test_null_in_the_place_of_a_category_sets_nothing(tmp_path: Path) -> None:
    why = "`chat` is a category and null here: taken as nothing set"
    assert flags(tmp_path, {"chat": None}) == ({}, [("adapted", why)])


def test_a_tree_in_the_place_of_a_permission_counts_by_its_truth(tmp_path: Path) -> None:
    tree = {"chat": {"controls": {"x": {"y": True}}, "edit": {}}}
    assert flags(tmp_path, tree) == (
        {"chat.controls": True, "chat.edit": False},
        [
            ("adapted", "`chat.controls` is a permission and a category here: taken as true"),
            ("rejected", "what lies under `chat.controls` left out: it is a permission"),
            ("adapted", "`chat.edit` is a permission and a category here: taken as false"),
        ],
    )


def test_a_permission_that_only_groups_know_is_told_once(tmp_path: Path) -> None:
    directory = of_groups(tmp_path, {"new": {"key": True}}, {"new": {"key": False}}, {"zzz": True})
    assert directory.defaults == dict(sorted({**BUILT_IN, "new.key": False, "zzz": False}.items()))
    assert directory.flags == {
        ("g0", "new.key"): True,
        ("g1", "new.key"): False,
        ("g2", "zzz"): True,
    }
    assert told(directory) == [(ADAPTED, "new.key", ADDED), (ADAPTED, "zzz", ADDED)]


def test_a_name_unknown_to_the_defaults_is_a_permission_if_any_group_has_a_value_there(
    tmp_path: Path,
) -> None:
    directory = of_groups(tmp_path, {"new": {"key": {"deep": True}}}, {"new": True}, {"new": None})
    assert directory.flags == {("g0", "new"): True, ("g1", "new"): True, ("g2", "new"): False}
    assert told(directory, "group") == [
        (ADAPTED, "g0", "`new` is a permission and a category here: taken as true"),
        (REJECTED, "g0", "what lies under `new` left out: it is a permission"),
        (ADAPTED, "g2", "`new` is null here: taken as false"),
    ]


def test_null_does_not_make_a_permission_of_what_another_group_has_as_category(
    tmp_path: Path,
) -> None:
    directory = of_groups(tmp_path, {"new": {"key": True}}, {"new": None})
    assert directory.flags == {("g0", "new.key"): True}
    why = "`new` is a category and null here: taken as nothing set"
    assert told(directory, "group") == [(ADAPTED, "g1", why)]
