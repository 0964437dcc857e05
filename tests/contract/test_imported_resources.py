"""What an import makes of resources and access grants, on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grantctl.operations.attaching import find_database, import_openwebui
from grantctl.operations.import_state import Tally
from grantctl.operations.importing import ImportReport
from grantctl.store.connection import open_reading
from grantctl.store.database import Database
from tests.interop.sources import ADA, STAFF, make

BOB = {**ADA, "id": "bob", "email": "bob@example.com", "role": "user"}
EVE = {**ADA, "id": "eve", "email": "eve@example.com", "role": "user"}
GPT = {"id": "gpt", "name": "GPT", "user_id": "ada", "base_model_id": "llama", "created_at": 7}
LLAMA = {"id": "llama", "name": "Llama", "user_id": "ada", "created_at": 8}

RESOURCES = """
SELECT r.type, r.id, r.name, r.is_public, coalesce(u.id, '!' || r.missing_owner),
  coalesce(b.id, '!' || r.missing_base), r.created_at
FROM resources AS r LEFT JOIN users AS u ON u.pk = r.owner_pk
LEFT JOIN resources AS b ON b.pk = r.base_pk
"""
GRANTS = """
SELECT r.type, r.id, g.action, g.principal_type, coalesce(u.id, p.id, '!' || g.missing_id)
FROM access_grants AS g JOIN resources AS r ON r.pk = g.resource_pk
LEFT JOIN users AS u ON u.pk = g.user_pk LEFT JOIN groups AS p ON p.pk = g.group_pk
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the sources are."""
    (tmp_path / "sources").mkdir()
    return tmp_path / "sources"


def take(database: Database, folder: Path, *, dry_run: bool = False, **things: Any) -> ImportReport:
    """Import a database in the form of 0.12.4 that holds these things, Ada among them."""
    path = folder / f"{len(list(folder.iterdir()))}.db"
    make(path, "0.12.4", **things)
    return import_openwebui(database.url, str(path), actor="tester", dry_run=dry_run)


def resources_in(database: Database) -> dict[str, tuple[object, ...]]:
    """Name, whether public, owner and base of each resource; `!` marks what is missing."""
    return {
        f"{type_}:{id_}": (name, bool(is_public), owner, base)
        for type_, id_, name, is_public, owner, base, _ in rows(database, RESOURCES)
    }


def grants_in(database: Database) -> list[str]:
    return sorted(
        f"{type_}:{id_} {action} {kind}:{holder or '*'}"
        for type_, id_, action, kind, holder in rows(database, GRANTS)
    )


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    connection = open_reading(database.url)
    try:
        return connection.rows(query)
    finally:
        connection.close()


def counts(report: ImportReport) -> tuple[Tally, Tally]:
    return report.tallies["resources"], report.tallies["access grants"]


THINGS: Mapping[str, Any] = {
    "users": [ADA, BOB],
    "groups": [STAFF],
    "resources": {"model": [GPT, LLAMA], "tool": [{**LLAMA, "id": "t", "user_id": "gone"}]},
    "grants": [
        ("model", "gpt", "user", "bob", "read"),
        ("model", "gpt", "group", "staff", "write"),
        ("model", "gpt", "user", "gone", "read"),
        ("model", "gpt", "group", "gone", "read"),
        ("model", "llama", "user", "*", "read"),
        ("tool", "t", "user", "*", "write"),
    ],
}
TAKEN = {
    "model:gpt": ("GPT", False, "ada", "llama"),
    "model:llama": ("Llama", True, "ada", None),
    "tool:t": ("Llama", False, "!gone", None),
}
GRANTED = [
    "model:gpt read group:!gone",
    "model:gpt read user:!gone",
    "model:gpt read user:bob",
    "model:gpt write group:staff",
    "tool:t write everyone:*",
]


def test_resources_are_taken_with_owner_base_and_access(database: Database, folder: Path) -> None:
    report = take(database, folder, **THINGS)
    assert counts(report) == (Tally(created=3), Tally(created=5))
    assert resources_in(database) == TAKEN
    assert grants_in(database) == GRANTED
    seconds = {row[1]: row[6] for row in rows(database, RESOURCES)}
    assert seconds == {"gpt": 7_000_000, "llama": 8_000_000, "t": 8_000_000}


def test_an_attached_database_has_the_same(folder: Path) -> None:
    path = make(folder / "webui.db", "0.12.4", **THINGS)
    memory = find_database(f"openwebui+sqlite:///{path}").memory
    assert memory is not None
    assert len(memory.rows(RESOURCES)) == len(TAKEN)
    assert len(memory.rows(GRANTS)) == len(GRANTED)


def test_a_second_import_of_the_same_changes_nothing(database: Database, folder: Path) -> None:
    take(database, folder, **THINGS)
    before = (
        rows(database, "SELECT * FROM resources"),
        rows(database, "SELECT * FROM access_grants"),
    )
    report = take(database, folder, **THINGS)
    assert not report.is_changed
    assert counts(report) == (Tally(unchanged=3), Tally(unchanged=5))
    after = rows(database, "SELECT * FROM resources"), rows(database, "SELECT * FROM access_grants")
    assert [sorted(map(repr, one)) for one in after] == [sorted(map(repr, one)) for one in before]


def test_a_dry_run_counts_and_changes_nothing(database: Database, folder: Path) -> None:
    report = take(database, folder, dry_run=True, **THINGS)
    assert counts(report) == (Tally(created=3), Tally(created=5))
    assert resources_in(database) == {}
    assert grants_in(database) == []


def test_what_changed_in_the_source_is_brought_over(database: Database, folder: Path) -> None:
    take(database, folder, **THINGS)
    changed = {
        "model": [
            {**GPT, "name": "GPT 2", "user_id": "bob", "base_model_id": "gone"},
            {**LLAMA, "base_model_id": "gpt"},
        ],
        "tool": [{**LLAMA, "id": "t", "user_id": "gone"}],
    }
    grants = [
        ("model", "gpt", "user", "*", "read"),
        ("model", "llama", "user", "bob", "read"),
        ("tool", "t", "user", "*", "write"),
        ("tool", "t", "user", "bob", "write"),
    ]
    report = take(database, folder, **{**THINGS, "resources": changed, "grants": grants})
    assert counts(report) == (
        Tally(updated=2, unchanged=1),
        Tally(created=2, updated=4, unchanged=1),
    )
    assert resources_in(database) == {
        "model:gpt": ("GPT 2", True, "bob", "!model:gone"),
        "model:llama": ("Llama", False, "ada", "gpt"),
        "tool:t": ("Llama", False, "!gone", None),
    }
    assert grants_in(database) == [
        "model:llama read user:bob",
        "tool:t write everyone:*",
        "tool:t write user:bob",
    ]
    moments = rows(database, "SELECT id, updated_at > created_at FROM resources")
    assert all(is_later for _, is_later in moments)


def test_what_the_source_does_not_know_stays(database: Database, folder: Path) -> None:
    take(database, folder, **THINGS)
    report = take(database, folder, resources={"model": [LLAMA]}, grants=[])
    assert counts(report) == (Tally(updated=1, only_here=2), Tally(only_here=5))
    assert resources_in(database) == {**TAKEN, "model:llama": ("Llama", False, "ada", None)}
    assert grants_in(database) == GRANTED


MISSING: Mapping[str, Any] = {
    "resources": {"model": [{**GPT, "user_id": "eve"}]},
    "grants": [
        ("model", "gpt", "user", "eve", "read"),
        ("model", "gpt", "group", "staff", "read"),
        ("model", "gpt", "user", "nobody", "read"),
    ],
}
COMING: Mapping[str, Any] = {
    "users": [ADA, EVE],
    "groups": [STAFF],
    "resources": {"model": [LLAMA]},
}
HERE = {"model:gpt": ("GPT", False, "eve", "llama")}
FOUND = [
    "model:gpt read group:staff",
    "model:gpt read user:!nobody",
    "model:gpt read user:eve",
]


def test_who_and_what_was_missing_is_found_once_it_comes(database: Database, folder: Path) -> None:
    take(database, folder, **MISSING)
    assert resources_in(database) == {"model:gpt": ("GPT", False, "!eve", "!model:llama")}
    report = take(database, folder, **COMING)
    assert counts(report) == (
        Tally(created=1, updated=1, only_here=1),
        Tally(updated=2, only_here=3),
    )
    assert resources_in(database) == {**HERE, "model:llama": ("Llama", False, "ada", None)}
    assert grants_in(database) == FOUND
    again = take(database, folder, **COMING)
    assert not again.is_changed


def test_who_was_missing_is_found_where_the_source_knows_the_resource(
    database: Database, folder: Path
) -> None:
    take(database, folder, **MISSING)
    models = {"model": [*MISSING["resources"]["model"], LLAMA]}
    report = take(database, folder, **{**MISSING, **COMING, "resources": models})
    assert counts(report) == (
        Tally(created=1, updated=1),
        Tally(created=2, updated=2, unchanged=1),
    )
    assert resources_in(database) == {**HERE, "model:llama": ("Llama", False, "ada", None)}
    assert grants_in(database) == FOUND


def test_a_resource_may_be_its_own_base_or_that_of_its_base(
    database: Database, folder: Path
) -> None:
    bases = {"a": "a", "b": "c", "c": "b"}
    models = [{**GPT, "id": id_, "base_model_id": base} for id_, base in bases.items()]
    take(database, folder, resources={"model": models})
    found = {ref: values[3] for ref, values in resources_in(database).items()}
    assert found == {f"model:{id_}": base for id_, base in bases.items()}
    assert not take(database, folder, resources={"model": models}).is_changed


def test_a_user_whom_json_calls_as_everyone_is_called_is_not_everyone(
    database: Database, folder: Path
) -> None:
    path = folder / "webui.db"
    control = {"read": {"user_ids": ["*"], "group_ids": ["*"]}, "write": {"user_ids": ["*", "bob"]}}
    row = {**LLAMA, "access_control": control}
    make(path, "0.6.43", users=[ADA, BOB], resources={"model": [row]})
    import_openwebui(database.url, str(path), actor="tester")
    assert grants_in(database) == ["model:llama write user:bob"]


def test_many_resources_and_grants_are_taken_in_portions(database: Database, folder: Path) -> None:
    models = [{**GPT, "id": f"m{at}", "base_model_id": f"m{at + 1}"} for at in range(5200)]
    grants = [("model", one["id"], "user", "bob", "read") for one in models]
    things: dict[str, Any] = {"users": [ADA, BOB], "resources": {"model": models}, "grants": grants}
    report = take(database, folder, **things)
    assert counts(report) == (Tally(created=5200), Tally(created=5200))
    found = resources_in(database)
    assert found["model:m0"] == ("GPT", False, "ada", "m1")
    assert found["model:m5199"] == ("GPT", False, "ada", "!model:m5200")
    assert not take(database, folder, **things).is_changed
