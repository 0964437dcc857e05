"""How permission trees become flags and a catalogue, one rule a test."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.interop.sources import (
    STAFF,
    answers,
    check_invariants,
    insert,
    make,
    read,
    settings,
    told,
)

from grantctl.interop.directory import FindingKind, ForeignDirectory
from grantctl.interop.openwebui.defaults import built_in

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
REVISION = "0bd252b206fb"
BUILT_IN = built_in("0.12.4")
ADDED = "not in this version's own tree: taken into the catalogue, default false"


def of_groups(tmp_path: Path, *trees: object, stored: object = None) -> ForeignDirectory:
    """A directory with one group a tree, `g0` and so on; a str or bytes is stored as it is."""
    groups = [
        {**STAFF, "id": f"g{at}", "name": f"G{at}", "permissions": as_stored(tree)}
        for at, tree in enumerate(trees)
    ]
    path = make(tmp_path / "webui.db", "0.12.4", revision=REVISION, groups=groups, stored=stored)
    directory = read(path)
    check_invariants(directory)
    return directory


def as_stored(tree: object) -> object:
    return tree if tree is None or isinstance(tree, (str, bytes)) else json.dumps(tree)


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
        (
            '{"a":' * 3000 + "1" + "}" * 3000,
            "what is stored as its permissions is nested too deeply",
        ),
        (b'{"\xff": true}', "what is stored as its permissions holds bytes that are not UTF-8"),
        ('{"chat": ' + "9" * 9000 + "}", "what is stored as its permissions is not JSON"),
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


def test_the_stored_defaults_go_before_the_built_in_ones(tmp_path: Path) -> None:
    stored = {"chat": {"edit": False}, "workspace": {"models": True}, "custom": {"flag": True}}
    directory = of_groups(tmp_path, stored=stored)
    changed = {"chat.edit": False, "workspace.models": True, "custom.flag": True}
    assert directory.defaults == dict(sorted({**BUILT_IN, **changed}.items()))
    assert directory.findings == ()


@pytest.mark.parametrize("stored", [None, {}, {"chat": {}}])
def test_where_nothing_is_stored_the_built_in_defaults_hold(stored: object, tmp_path: Path) -> None:
    assert of_groups(tmp_path, stored=stored).defaults == dict(sorted(BUILT_IN.items()))


def test_odd_stored_defaults_follow_the_rules_of_groups(tmp_path: Path) -> None:
    stored = {"features": {"notes": 0, "channels": {"x": 1}}, "": 1, "own": {"a": 1}}
    directory = of_groups(tmp_path, {"own": False}, stored=stored)
    changed = {"features.notes": False, "features.channels": True, "own.a": True}
    assert directory.defaults == dict(sorted({**BUILT_IN, **changed}.items()))
    assert directory.flags == {}
    assert [(kind, reason) for kind, _, reason in told(directory, "permission")] == [
        (REJECTED, "`` is no permission key: a part between the dots is empty"),
        (ADAPTED, "`own.a` is `1` here: taken as true"),
        (ADAPTED, "`features.channels` is a permission and a category here: taken as true"),
        (REJECTED, "what lies under `features.channels` left out: it is a permission"),
        (ADAPTED, "`features.notes` is `0` here: taken as false"),
    ]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], (REJECTED, "`chat` is a category, not a permission: a list left out")),
        (True, (REJECTED, "`chat` is a category, not a permission: true left out")),
        (None, (ADAPTED, "`chat` is a category and null here: taken as nothing set")),
    ],
)
def test_a_stored_category_that_is_no_tree_denies_what_lies_under_it(
    value: object, why: tuple[FindingKind, str], tmp_path: Path
) -> None:
    directory = of_groups(tmp_path, {"chat": {"edit": True}}, stored={"chat": value})
    denied = {key: False for key in BUILT_IN if key.startswith("chat.")}
    assert directory.defaults == dict(sorted({**BUILT_IN, **denied}.items()))
    assert directory.flags == {("g0", "chat.edit"): True}
    assert [(kind, reason) for kind, _, reason in told(directory)] == [
        (ADAPTED, "what lies under `chat` is denied by default: it is not filled"),
        why,
    ]


@pytest.mark.parametrize("form", ["0.6.43", "0.12.4"])
@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ("5", "its permissions are `5`, no tree"),
        ("[]", "its permissions are a list, no tree"),
        ('{"chat"', "what is stored is not JSON"),
        ("[" * 5000, "what is stored is nested too deeply"),
    ],
)
def test_stored_defaults_that_are_no_tree_are_rejected(
    form: str, stored: str, why: str, tmp_path: Path
) -> None:
    path = make(tmp_path / "webui.db", form)
    with sqlite3.connect(path) as connection:
        insert(connection, "config", [settings(form, stored)])
    connection.close()
    directory = read(path)
    check_invariants(directory)
    reason = f"{why}: the release's own defaults are taken"
    assert told(directory) == [(REJECTED, "user.permissions", reason)]
    newest = {"0.6.43": "0.7.2", "0.12.4": "0.12.4"}[form]
    assert directory.defaults == dict(sorted(built_in(newest).items()))


@pytest.mark.parametrize("data", ["null", "[]", '{"user": 5}', '{"user": {}}', "{}"])
def test_settings_without_permissions_store_none(data: str, tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.6.43")
    with sqlite3.connect(path) as connection:
        insert(connection, "config", [{"data": data, "version": 0}])
    connection.close()
    directory = read(path)
    assert directory.findings == ()
    assert directory.defaults == dict(sorted(built_in("0.7.2").items()))


def test_of_several_settings_documents_the_newest_counts(tmp_path: Path) -> None:
    path = make(tmp_path / "webui.db", "0.8.12", stored={"chat": {"edit": True}})
    with sqlite3.connect(path) as connection:
        insert(connection, "config", [settings("0.8.12", '{"chat": {"edit": false}}')])
    connection.close()
    assert read(path).defaults["chat.edit"] is False


def test_built_in_defaults_are_not_changed_by_reading(tmp_path: Path) -> None:
    of_groups(tmp_path, stored={"chat": {"edit": False}})
    tree = answers("0.12.4")["permissions"]["built_in_default"]
    assert built_in("0.12.4")["chat.edit"] is tree["chat"]["edit"] is True
