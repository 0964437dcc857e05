"""Our verdicts on the resources of databases that Open WebUI wrote, against its own answers.

What differs, and why, is listed in `access_differences`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.interop.access_differences import (
    AS_ASKED,
    NOW,
    assert_has_access_agrees,
    assert_users_with_access_agree,
)
from tests.interop.access_facts_of import World, world_of
from tests.interop.sources import (
    ADA,
    FIXTURES,
    GRANT,
    STAFF,
    VERSIONS,
    answers,
    check_invariants,
    fixture_url,
    make,
    read,
)

from grantctl.evaluation.access import has_access
from grantctl.evaluation.facts import Group, Membership
from grantctl.model import ResourceRef, Source

Asked = Mapping[str, Any]  # one case of functions.json


@pytest.mark.parametrize("version", VERSIONS)
def test_every_user_has_the_access_that_the_reference_says(version: str) -> None:
    assert_has_access_agrees(version, world_of(read(fixture_url(version))))


@pytest.mark.parametrize("version", VERSIONS)
def test_who_has_access_are_the_users_of_the_reference(version: str) -> None:
    assert_users_with_access_agree(version, world_of(read(fixture_url(version))).everybody)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_read_with_its_owner_and_base(version: str) -> None:
    asked = answers(version)["resources"]
    directory = read(fixture_url(version))
    assert {one.ref: (one.owner_id, one.base) for one in directory.resources} == {
        ResourceRef(kind, row["id"]): (
            row["owner"],
            ResourceRef("model", row["base_model_id"]) if row.get("base_model_id") else None,
        )
        for kind, rows in asked.items()
        for row in rows
    }


def test_nothing_of_the_stored_databases_is_without_a_home() -> None:
    for version in VERSIONS:
        directory = read(fixture_url(version))
        kinds = {one.object_type for one in directory.findings}
        assert not kinds & {"resources", "access grants"}


def cases_of(version: str) -> list[Asked]:
    text = (FIXTURES / version / "functions.json").read_text(encoding="utf-8")
    return list(json.loads(text)["has_access"])


def verdict(world: World, case: Asked, ref: ResourceRef, action: str) -> bool:
    """Our answer for the case's user, in the case's groups."""
    facts = world.facts("ada", ref)
    pks = {"g1": 1, "g2": 2, "g3": 3}
    held = [pks[one] for one in case["user_group_ids"]]
    user = world.people[case["user_id"]].user if case["user_id"] in world.people else None
    facts = replace(
        facts,
        user=user or replace(facts.user, pk=99, id=case["user_id"]),
        groups={pk: Group(pk, id_, id_) for id_, pk in pks.items() if pk in held},
        memberships=tuple(Membership(pk, Source.IMPORT) for pk in held),
    )
    return has_access(facts, action, now=NOW, **AS_ASKED)


def world_with(path: Path, form: str, **things: Any) -> World:
    """A database of `al`, `alice`, `bob` and `eve`, three groups and a model for each case."""
    users = [ADA, *({**ADA, "id": one, "email": None} for one in ("al", "alice", "bob", "eve"))]
    groups = [{**STAFF, "id": one} for one in ("g1", "g2", "g3")]
    directory = read(make(path, form, users=users, groups=groups, **things))
    check_invariants(directory)
    return world_of(directory)


def test_has_access_of_a_json_access_control_answers_as_the_reference_s(tmp_path: Path) -> None:
    cases = cases_of("0.6.43")
    rows = [
        {"id": str(at), "access_control": json.dumps(case["access_control"]), "created_at": at}
        for at, case in enumerate(cases)
    ]
    world = world_with(tmp_path / "webui.db", "0.6.43", resources={"model": rows})
    differing, raised = [], 0
    for at, case in enumerate(cases):
        ours = verdict(world, case, ResourceRef("model", str(at)), case["type"])
        if "error" in case:
            raised += 1
            assert not ours
        elif ours is not case["result"]:
            differing.append(case)
    # A user called `*` is one that no user here can be.
    assert {case["user_id"] for case in differing} == {"*"}
    assert all("*" in case["access_control"][case["type"]]["user_ids"] for case in differing)
    assert (len(differing), raised) == (3, 6)


def test_has_access_of_grants_answers_as_the_reference_s(tmp_path: Path) -> None:
    cases = cases_of("0.12.4")
    grants = [
        ("model", str(at), *(grant.get(name) for name in GRANT[2:]))
        for at, case in enumerate(cases)
        for grant in case["access_grants"] or ()
        if isinstance(grant, dict)
    ]
    rows = [{"id": str(at), "created_at": at} for at in range(len(cases))]
    things = {"resources": {"model": rows}, "grants": grants}
    world = world_with(tmp_path / "webui.db", "0.12.4", **things)
    for at, case in enumerate(cases):
        ours = verdict(world, case, ResourceRef("model", str(at)), case["permission"])
        assert ours is case["result"], case
