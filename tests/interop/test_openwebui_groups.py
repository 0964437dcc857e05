"""How groups and memberships become ours, one rule a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.interop.sources import FORMS, STAFF, Fields, check_invariants, make, read, told

from grantctl.interop.directory import FindingKind, ForeignDirectory, ForeignGroup

ADAPTED, REJECTED = FindingKind.ADAPTED, FindingKind.REJECTED
MARK = "\N{REPLACEMENT CHARACTER}"
LONG = "x" * 1_000_000


def group(tmp_path: Path, **fields: object) -> tuple[ForeignGroup, list[str]]:
    directory = read(make(tmp_path / "webui.db", "0.12.4", groups=[{**STAFF, **fields}]))
    check_invariants(directory)
    return directory.groups[0], [one.reason for one in directory.findings]


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_group_without_name_is_called_by_its_id(name: str | None, tmp_path: Path) -> None:
    found, reasons = group(tmp_path, name=name)
    assert (found.name, reasons) == ("staff", ["it has no name: its id is taken"])


def test_two_groups_may_have_one_name(tmp_path: Path) -> None:
    groups = [STAFF, {**STAFF, "id": "other"}]
    directory = read(make(tmp_path / "webui.db", "0.12.4", groups=groups))
    assert ([one.name for one in directory.groups], directory.findings) == (["Staff"] * 2, ())


def test_a_description_may_be_missing_or_long(tmp_path: Path) -> None:
    assert group(tmp_path, description=None)[0].description == ""


def test_a_long_description_is_cut(tmp_path: Path) -> None:
    found, reasons = group(tmp_path, description=LONG)
    assert len(found.description) == 2000
    assert reasons == ["its description has 1000000 characters: cut to 2000"]


def nested(tmp_path: Path, **parents: str | None) -> ForeignDirectory:
    groups = [
        {**STAFF, "id": one, "name": one.upper(), "parent_group_id": parent, "created_at": at}
        for at, (one, parent) in enumerate(parents.items())
    ]
    directory = read(make(tmp_path / "webui.db", "0.12.4", groups=groups))
    check_invariants(directory)
    return directory


def test_parents_are_kept(tmp_path: Path) -> None:
    directory = nested(tmp_path, a="b", b="c", c=None)
    assert {one.id: one.parent_id for one in directory.groups} == {"a": "b", "b": "c", "c": None}
    assert directory.findings == ()


def test_a_parent_that_leads_nowhere_is_dropped(tmp_path: Path) -> None:
    directory = nested(tmp_path, a="a", b="gone", c="")
    assert {one.parent_id for one in directory.groups} == {None}
    assert told(directory) == [
        (ADAPTED, "a", "it is its own parent: kept without"),
        (ADAPTED, "b", "its parent `gone` does not exist: kept without"),
        (ADAPTED, "c", "its parent `` does not exist: kept without"),
    ]


def test_cycles_are_kept_and_each_is_told_once(tmp_path: Path) -> None:
    directory = nested(tmp_path, z="c", a="b", b="c", c="a", x="y", y="x", free=None)
    assert {one.id: one.parent_id for one in directory.groups} == {
        "z": "c",
        "a": "b",
        "b": "c",
        "c": "a",
        "x": "y",
        "y": "x",
        "free": None,
    }
    assert told(directory) == [
        (ADAPTED, "a", "its parents form a cycle: `A` → `B` → `C` → `A`; kept as it is"),
        (ADAPTED, "x", "its parents form a cycle: `X` → `Y` → `X`; kept as it is"),
    ]


def test_a_long_cycle_is_shortened(tmp_path: Path) -> None:
    ring = {f"g{at:02}": f"g{(at + 1) % 30:02}" for at in range(30)}
    directory = nested(tmp_path, **ring)
    shown = " → ".join(f"`G{at:02}`" for at in range(8))
    why = f"its parents form a cycle: {shown} → 22 more → `G00`; kept as it is"
    assert told(directory) == [(ADAPTED, "g00", why)]


def memberships(directory: ForeignDirectory) -> list[tuple[str, str]]:
    check_invariants(directory)
    return [(one.group_id, one.user_id) for one in directory.memberships]


def test_memberships_that_lead_nowhere_are_rejected(tmp_path: Path) -> None:
    pairs = [("staff", "ada"), ("gone", "ada"), ("staff", "ghost"), ("staff", "ada\0")]
    directory = read(make(tmp_path / "webui.db", "0.12.4", groups=[STAFF], members=pairs))
    assert memberships(directory) == [("staff", "ada")]
    assert told(directory) == [
        (REJECTED, "gone/ada", "there is no group `gone`: left out"),
        (REJECTED, f"staff/ada{MARK}", f"there is no user `ada{MARK}`: left out"),
        (REJECTED, "staff/ghost", "there is no user `ghost`: left out"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_memberships_are_found_in_every_form(form: str, tmp_path: Path) -> None:
    is_listed = form in ("0.6.5", "0.6.36")
    staff: Fields = {**STAFF, "user_ids": ["ada"]} if is_listed else STAFF
    pairs = [] if is_listed else [("staff", "ada")]
    directory = read(make(tmp_path / "webui.db", form, groups=[staff], members=pairs))
    assert memberships(directory) == [("staff", "ada")]
    assert (directory.memberships[0].added_at is None) == is_listed


def listed(tmp_path: Path, user_ids: object) -> ForeignDirectory:
    return read(make(tmp_path / "webui.db", "0.6.5", groups=[{**STAFF, "user_ids": user_ids}]))


@pytest.mark.parametrize("empty", [None, "null", "[]"])
def test_no_list_is_an_empty_one(empty: str | None, tmp_path: Path) -> None:
    directory = listed(tmp_path, empty)
    assert (memberships(directory), directory.findings) == ([], ())


def test_a_user_listed_twice_is_a_member_once(tmp_path: Path) -> None:
    directory = listed(tmp_path, ["ada", "ada", "ghost", "ghost", "ada"])
    assert memberships(directory) == [("staff", "ada")]
    assert told(directory) == [
        (ADAPTED, "staff/ada", "listed more than once: kept once"),
        (REJECTED, "staff/ghost", "there is no user `ghost`: left out"),
    ]


def test_members_that_are_no_ids_are_rejected(tmp_path: Path) -> None:
    directory = listed(tmp_path, json.dumps(["ada", 5, None, True, ["ada"], {"id": "ada"}]))
    assert memberships(directory) == [("staff", "ada")]
    spelled = ("`5`", "null", "true", "a list", "an object")
    assert told(directory) == [
        (REJECTED, "staff", f"its member {one} is no user's id: left out") for one in spelled
    ]


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ('{"ada": 1}', "its members are an object, no list"),
        ('"ada"', "its members are `ada`, no list"),
        ("true", "its members are true, no list"),
        ('["ada"', "what is stored as its members is not JSON"),
        ("", "what is stored as its members is not JSON"),
        pytest.param(
            "[" * 200_000, "what is stored as its members is nested too deeply", id="deep"
        ),
        (b'["\xff"]', "what is stored as its members holds bytes that are not UTF-8"),
    ],
)
def test_what_is_no_list_of_members_is_rejected(stored: object, why: str, tmp_path: Path) -> None:
    directory = listed(tmp_path, stored)
    assert memberships(directory) == []
    assert told(directory) == [(REJECTED, "staff", f"{why}: it has none")]
