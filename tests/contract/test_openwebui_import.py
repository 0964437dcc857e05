"""What an import brings in answers as Open WebUI's own functions did, on both engines.

What differs, and why, is listed in `tests.interop.differences`.
"""

from __future__ import annotations

import pytest

from grantctl.evaluation.facts import PermissionFacts
from grantctl.operations.attaching import find_database, import_openwebui
from grantctl.store.database import Database
from tests.conftest import FIXTURES, Cli
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
