"""How the stored default permissions become the catalogue's, one rule a test."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.interop.sources import (
    answers,
    check_invariants,
    insert,
    make,
    of_groups,
    read,
    settings,
    told,
)

from grantctl.interop.directory import FindingKind
from grantctl.interop.openwebui.defaults import built_in

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
BUILT_IN = built_in("0.12.4")


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
        pytest.param("[" * 200_000, "what is stored is nested too deeply", id="deep"),
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
