"""What an import brings in answers as Open WebUI's own functions did, on both engines.

What differs, and why, is listed in `tests.interop.differences` and `access_differences`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grantctl.evaluation.facts import AccessFacts, PermissionFacts
from grantctl.model import ResourceRef
from grantctl.operations.attaching import find_database, import_openwebui
from grantctl.store.database import Database
from tests.conftest import FIXTURES, Cli
from tests.interop.access_differences import (
    assert_has_access_agrees,
    assert_users_with_access_agree,
)
from tests.interop.access_facts_of import World
from tests.interop.differences import (
    HAS_PERMISSION,
    assert_get_permissions_agrees,
    assert_has_permission_agrees,
)
from tests.interop.sources import VERSIONS, answers, fixture_url

DIFFERING = {key for one in HAS_PERMISSION["0.6.43"] for key in one.keys}


def facts_in(database: Database, version: str) -> dict[str, PermissionFacts]:
    with database.reader() as reader:
        return {user["id"]: reader.access_facts(user["id"]) for user in answers(version)["users"]}


def assert_access_agrees(database: Database, version: str) -> None:
    """What the reader finds of users and resources answers as the reference."""
    asked = answers(version)
    anybody = asked["users"][0]["id"]
    refs = [
        ResourceRef(kind, row["id"])
        for kind in asked["resources"]
        for row in asked["resources"][kind]
    ]
    with database.reader() as reader:
        people = {user["id"]: reader.access_facts(user["id"]) for user in asked["users"]}
        resources = {ref: reader.resources.facts(anybody, ref).resource for ref in refs}

        def candidates(ref: ResourceRef, action: str) -> Iterator[AccessFacts]:
            return reader.resources.facts_of_candidates(ref, action)

        world = World(people, resources)
        assert_has_access_agrees(version, world)
        assert_users_with_access_agree(version, candidates)
        for user, ref in zip(people, refs[::7], strict=False):
            ours, theirs = world.facts(user, ref), reader.resources.facts(user, ref)
            assert (ours.chain, ours.groups) == (theirs.chain, theirs.groups)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_imported_database_answers_as_the_reference(database: Database, version: str) -> None:
    import_openwebui(database.url, str(fixture_url(version)), actor="tester")
    facts = facts_in(database, version)
    assert_has_permission_agrees(version, facts)
    assert_get_permissions_agrees(version, facts)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_attached_database_answers_as_the_reference(version: str) -> None:
    facts = facts_in(find_database(f"openwebui+{fixture_url(version)}"), version)
    assert_has_permission_agrees(version, facts)
    assert_get_permissions_agrees(version, facts)


@pytest.mark.parametrize("version", VERSIONS)
def test_imported_resources_are_answered_as_by_the_reference(
    database: Database, version: str
) -> None:
    import_openwebui(database.url, str(fixture_url(version)), actor="tester")
    assert_access_agrees(database, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_attached_resources_are_answered_as_by_the_reference(version: str) -> None:
    assert_access_agrees(find_database(f"openwebui+{fixture_url(version)}"), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_second_import_changes_nothing(database: Database, version: str) -> None:
    first = import_openwebui(database.url, str(fixture_url(version)), actor="tester")
    second = import_openwebui(database.url, str(fixture_url(version)), actor="tester")
    assert (first.is_changed, second.is_changed) == (True, False)
    assert second.findings == first.findings
    assert {kind: tally.unchanged for kind, tally in second.tallies.items()} == {
        kind: tally.created + tally.updated + tally.unchanged
        for kind, tally in first.tallies.items()
    }


def test_a_batch_of_every_user_and_key_is_answered_as_by_the_reference(cli: Cli) -> None:
    source = FIXTURES / "openwebui" / "0.6.43" / "webui.db"
    assert cli("import", "openwebui", str(source)).code == 0
    asked = answers("0.6.43")["permissions"]
    expected, rows = [], []
    for user, answer in list(asked["has_permission"].items())[::9]:
        raised = {key for keys in answer["errors"].values() for key in keys}
        for key in sorted(set(asked["keys"]) - raised - DIFFERING):
            if key.strip() == key != "":
                rows.append(f"{user}\t{key}\n")
                expected.append((user, key, key in answer["granted"]))
    outcome = cli("check", "--ignore-role", "--batch", "-", stdin="".join(rows))
    answered = [line.split("\t") for line in outcome.out.splitlines()]
    assert [(user, key, verdict == "allow") for user, key, verdict, _ in answered] == expected
    unknown = {line[1] for line in answered if line[2] == "error"}
    assert outcome.code == 8
    assert all("no permission" in line[3] for line in answered if line[1] in unknown)
    assert "nope" in unknown
    assert "chat.controls" not in unknown
