"""Resources out to a file and in from one, on both engines: nothing lost, nothing half done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from grantctl.errors import DatabaseError, GrantctlError, GuardError, InvalidError
from grantctl.evaluation.access_control import GrantKey
from grantctl.interop.resource_text import FileFormat
from grantctl.model import PrincipalType, ResourceRef
from grantctl.operations import resource_transfer
from grantctl.operations.changes import Intent
from grantctl.operations.resource_transfer import (
    TransferReport,
    export_resources,
    export_to_file,
    import_resources,
)
from grantctl.store import resource_transfer_queries
from grantctl.store.connection import open_writing
from grantctl.store.database import Database
from grantctl.store.driver_errors import TransientError
from grantctl.store.resource_records import ResourceRecord
from grantctl.store.url import parse_url
from tests.conftest import INTENT
from tests.interop.resource_examples import EXAMPLES, content_of, many_records

PEOPLE = (
    "INSERT INTO users (id, email, name, role, created_at, updated_at)"
    " VALUES ('u1', 'ada@example.com', 'Ada', 'admin', 1, 1)",
    "INSERT INTO groups (id, name, description, created_at, updated_at)"
    " VALUES ('g1', 'staff', '', 1, 1)",
)
COUNTS = """
SELECT count(*), count(owner_pk), count(missing_owner), count(base_pk), count(missing_base)
FROM resources
"""
GRANT_COUNTS = """
SELECT count(*), count(user_pk), count(group_pk), count(missing_id) FROM access_grants
"""
Take = Callable[..., TransferReport]

AUDIT = "SELECT actor, action, object_type, object_id, after, reason FROM audit_events ORDER BY pk"


def rows(database: Database, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last statement; the others change something."""
    connection = open_writing(database.url)
    try:
        for statement in statements[:-1]:
            connection.run(statement)
        return connection.rows(statements[-1])
    finally:
        connection.close()


def exported(database: Database, format: FileFormat = FileFormat.NDJSON) -> bytes:
    stream = StringIO(newline="")
    export_resources(database, stream, format=format)
    return stream.getvalue().encode()


@pytest.fixture
def take(database: Database, tmp_path: Path) -> Take:
    """Import rows, or the content of a file: `take([…], is_strict=True)`."""

    def run(
        content: list[dict[str, object]] | list[ResourceRecord] | bytes,
        *,
        intent: Intent = INTENT,
        is_strict: bool = False,
        ending: str = "ndjson",
    ) -> TransferReport:
        path = tmp_path / f"resources.{ending}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif not content or isinstance(content[0], ResourceRecord):
            path.write_bytes(content_of(content, FileFormat(ending)))
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in content))
        return import_resources(database.url, intent, str(path), is_strict=is_strict)

    return run


def model(id_: str, base: str | None = None, **members: object) -> dict[str, object]:
    return {
        "type": "model",
        "id": id_,
        "base": None if base is None else f"model:{base}",
        "access_control": None,
        **members,
    }


def tallies(report: TransferReport) -> dict[str, tuple[int, int, int, int]]:
    return {
        kind: (one.created, one.updated, one.removed, one.unchanged)
        for kind, one in report.tallies.items()
    }


@pytest.mark.parametrize("format", FileFormat)
def test_an_export_imported_elsewhere_is_exported_alike(
    format: FileFormat, database: Database, tmp_path: Path, sqlite_template: Path, take: Take
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "elsewhere.db")
    elsewhere = Database(parse_url(f"sqlite:///{tmp_path}/elsewhere.db"))
    rows(database, *PEOPLE, AUDIT)
    take(EXAMPLES)
    content = exported(database, format)
    assert content == content_of(EXAMPLES, format)
    path = tmp_path / f"export.{format.value}"
    export_to_file(database, path, format=format)
    assert path.read_bytes() == content
    report = import_resources(elsewhere.url, INTENT, str(path))
    assert report.format is format
    assert exported(elsewhere, format) == content
    assert rows(elsewhere, COUNTS) == [(3, 0, 1, 1, 0)]
    assert rows(elsewhere, GRANT_COUNTS) == [(4, 0, 0, 3)]
    back = import_resources(database.url, INTENT, str(path))
    assert tallies(back) == {"resources": (0, 0, 0, 3), "access grants": (0, 0, 0, 4)}
    assert rows(database, COUNTS) == [(3, 1, 0, 1, 0)]
    assert rows(database, GRANT_COUNTS) == [(4, 1, 1, 1)]


@given(found=many_records())
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_resources_come_out_as_they_went_in(
    found: list[ResourceRecord], database: Database, take: Take
) -> None:
    found = [replace(one, base=None) if one.base == one.ref else one for one in found]
    rows(
        database, "DELETE FROM resources WHERE base_pk IS NOT NULL", "DELETE FROM resources", AUDIT
    )
    try:
        take(found, ending="csv")
    except GuardError as error:
        assert "the bases lead in a circle" in error.message
        return
    for format in FileFormat:
        assert exported(database, format) == content_of(found, format)
        report = take(exported(database, format), ending=format.value)
        assert not report.is_changed


def test_resources_are_made_and_brought_up_to_date_and_none_is_deleted(
    database: Database, take: Take
) -> None:
    rows(database, *PEOPLE, AUDIT)
    first = take(EXAMPLES)
    assert tallies(first) == {"resources": (3, 0, 0, 0), "access grants": (4, 0, 0, 0)}
    handbook, gpt, llama = EXAMPLES
    changed = [
        replace(handbook, is_public=True, owner="u9"),
        replace(
            gpt,
            grants=(
                GrantKey("Use", PrincipalType.EVERYONE, "*"),
                GrantKey("write", PrincipalType.USER, "u1"),
            ),
            base=None,
        ),
        replace(llama, ref=ResourceRef("model", "new"), base=handbook.ref),
    ]
    second = take(changed)
    assert tallies(second) == {"resources": (1, 2, 0, 0), "access grants": (1, 0, 3, 1)}
    assert exported(database) == content_of(
        [changed[0], changed[1], llama, changed[2]], FileFormat.NDJSON
    )


def test_what_only_a_name_or_an_owner_tells_apart_is_brought_up_to_date(
    database: Database, take: Take
) -> None:
    rows(database, *PEOPLE, AUDIT)
    take([model("a"), model("base")])
    for row in (
        model("a", name="A"),
        model("a", name="A", owner="u1"),
        model("a", name="A", owner="u2"),
        model("a", "base", name="A", owner="u2"),
        model("a", "absent", name="A", owner="u2"),
        model("a", "absent", name="A", owner="u2", access_control={}),
    ):
        assert tallies(take([row]))["resources"] == (0, 1, 0, 0)
        assert tallies(take([row]))["resources"] == (0, 0, 0, 1)


def test_who_is_here_by_now_is_joined(database: Database, take: Take) -> None:
    missing = take(EXAMPLES).missing
    assert (missing.owners, missing.bases, missing.grants) == (1, 0, 3)
    rows(database, *PEOPLE, AUDIT)
    again = take(EXAMPLES)
    assert tallies(again)["resources"] == (0, 1, 0, 2)
    assert (again.missing.owners, again.missing.grants) == (0, 1)
    assert rows(database, GRANT_COUNTS) == [(4, 1, 1, 1)]
    assert exported(database) == content_of(EXAMPLES, FileFormat.NDJSON)


def test_a_base_may_come_later_in_the_file_or_in_a_later_file(
    database: Database, take: Take
) -> None:
    assert take([model("a", "b"), model("b", "c")]).missing.bases == 1
    assert rows(database, COUNTS) == [(2, 0, 0, 1, 1)]
    report = take([model("c")])
    assert tallies(report)["resources"] == (1, 0, 0, 0)
    assert rows(database, COUNTS) == [(3, 0, 0, 2, 0)]
    assert take([model("d", "c"), model("a", "b")]).missing.bases == 0
    assert rows(database, COUNTS) == [(4, 0, 0, 3, 0)]


@pytest.mark.parametrize(
    ("before", "content", "message"),
    [
        ([], [model("a", "a")], "line 1: the bases lead in a circle: `model:a` -> `model:a`"),
        (
            [],
            [model("x", "a"), model("a", "b"), model("b", "a")],
            "line 2: the bases lead in a circle: `model:a` -> `model:b` -> `model:a`",
        ),
        (
            [model("a", "b"), model("b", "c"), model("c")],
            [model("x"), model("c", "a")],
            "line 2: the bases lead in a circle: `model:c` -> `model:a` -> `model:b` -> `model:c`",
        ),
        (
            [model("a", "b")],
            [model("b", "a")],
            "line 1: the bases lead in a circle: `model:b` -> `model:a` -> `model:b`",
        ),
    ],
)
def test_bases_never_lead_in_a_circle(
    before: list[dict[str, object]],
    content: list[dict[str, object]],
    message: str,
    database: Database,
    take: Take,
) -> None:
    take(before)
    found = exported(database), rows(database, AUDIT)
    with pytest.raises(GuardError) as told:
        take(content)
    assert told.value.message == message
    assert (exported(database), rows(database, AUDIT)) == found


def test_a_circle_is_opened_by_the_file_that_closes_another(database: Database, take: Take) -> None:
    take([model("a", "b"), model("b")])
    take([model("b", "a"), model("a")])
    assert rows(database, COUNTS) == [(2, 0, 0, 1, 0)]


@pytest.mark.parametrize(
    ("row", "whom"),
    [
        (model("a", owner="u9"), "owner `u9`"),
        (model("a", "absent"), "base `model:absent`"),
        (model("a", access_control={"read": {"user_ids": ["u1", "u9"]}}), "user `u9`"),
        (model("a", access_control={"read": {"group_ids": ["g9"]}}), "group `g9`"),
    ],
)
def test_a_strict_import_refuses_who_is_not_here(
    row: dict[str, object], whom: str, database: Database, take: Take
) -> None:
    rows(database, *PEOPLE, AUDIT)
    good = model("later", "z", owner="u1", access_control={"read": {"user_ids": ["*", "u1"]}})
    assert take([good, model("z")], is_strict=True).is_changed
    found = exported(database), rows(database, AUDIT)
    with pytest.raises(InvalidError) as told:
        take([model("new"), row], is_strict=True)
    assert told.value.message == f"line 2: there is no {whom} here"
    assert told.value.hint == "without --strict it is kept, as one that is missing"
    assert (exported(database), rows(database, AUDIT)) == found


def test_a_resource_stands_in_a_file_once(database: Database, take: Take) -> None:
    with pytest.raises(InvalidError) as told:
        take([model("a"), model("b"), model("a", name="A")])
    assert told.value.message == "line 3: `model:a` stands in line 1 already"
    assert exported(database) == b""


def test_a_fault_in_the_last_row_keeps_nothing(database: Database, take: Take) -> None:
    take([model("a")])
    found = exported(database), rows(database, AUDIT)
    many: list[dict[str, object]] = [model(f"m{number:05}") for number in range(2500)]
    for bad, message in (
        ({"type": "model", "id": "z"}, "line 2501: `access_control` is missing"),
        (model("z", "z"), "line 2501: the bases lead in a circle: `model:z` -> `model:z`"),
    ):
        with pytest.raises(GrantctlError) as told:
            take([*many, bad])
        assert told.value.message == message
        assert (exported(database), rows(database, AUDIT)) == found
    with pytest.raises(InvalidError) as told:
        take([*many, model("z", owner="nobody")], is_strict=True)
    assert told.value.message == "line 2501: there is no owner `nobody` here"
    assert (exported(database), rows(database, AUDIT)) == found
    assert tallies(take([*many, model("a")]))["resources"] == (2500, 0, 0, 1)


def test_a_dry_run_tells_and_changes_nothing(database: Database, take: Take) -> None:
    found = exported(database), rows(database, AUDIT)
    report = take(EXAMPLES, intent=Intent("tester", dry_run=True))
    assert tallies(report) == {"resources": (3, 0, 0, 0), "access grants": (4, 0, 0, 0)}
    assert (exported(database), rows(database, AUDIT)) == found


def test_one_entry_of_the_audit_log_stands_for_an_import(
    database: Database, take: Take, tmp_path: Path
) -> None:
    before = rows(database, AUDIT)
    take(EXAMPLES, intent=Intent("ada", "moving in"))
    take(EXAMPLES)
    take([])
    (entry,) = rows(database, AUDIT)[len(before) :]
    actor, action, object_type, object_id, after, reason = entry
    assert (actor, action, object_type, object_id, reason) == (
        *("ada", "resource.import", "resource", "import"),
        "moving in",
    )
    assert (after if isinstance(after, dict) else json.loads(str(after))) == {
        "source": str(tmp_path / "resources.ndjson"),
        "format": "ndjson",
        "counts": {
            "resources": {"created": 3, "updated": 0, "removed": 0},
            "access grants": {"created": 4, "updated": 0, "removed": 0},
        },
    }


def test_a_transaction_that_another_made_fail_is_done_again(
    database: Database, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [TransientError("another change came first"), None]
    record = resource_transfer._record

    def fail_once(*arguments: object) -> None:
        record(*arguments)  # type: ignore[arg-type]  # as they came
        failure = failures.pop(0)
        if failure:
            raise failure

    monkeypatch.setattr(resource_transfer, "_record", fail_once)
    many: list[dict[str, object]] = [model(f"m{number:05}") for number in range(1500)]
    assert tallies(take(many))["resources"] == (1500, 0, 0, 0)
    assert failures == []
    assert len(exported(database).splitlines()) == 1500


def test_an_export_may_be_of_one_type(database: Database, take: Take) -> None:
    take(EXAMPLES)
    stream = StringIO()
    export_resources(database, stream, format=FileFormat.NDJSON, type_="model")
    assert stream.getvalue().encode() == content_of(EXAMPLES[1:], FileFormat.NDJSON)
    with pytest.raises(InvalidError, match="`Model` is no type of resource"):
        export_resources(database, stream, format=FileFormat.NDJSON, type_="Model")


def test_an_export_is_in_code_point_order_on_both_engines(database: Database, take: Take) -> None:
    ids = ["Z", "a", "é", "_", "-", "10", "9", "🔑", "\uffee", "a b", "a-b"]
    take([model(id_) for id_ in ids])
    found = [json.loads(line)["id"] for line in exported(database).splitlines()]
    assert found == sorted(ids)


def test_progress_is_told(
    database: Database, take: Take, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resource_transfer, "PROGRESS_ROWS", 2)
    take(EXAMPLES)
    told: list[tuple[str, int]] = []
    progress = lambda what, count: told.append((what, count))  # noqa: E731
    path = tmp_path / "x.json"
    export_to_file(database, path, format=FileFormat.JSON, progress=progress)
    import_resources(database.url, INTENT, str(path), progress=progress)
    assert told == [("exported", 2), ("checked", 2), ("written", 3)]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("damage", "noun"),
    [
        ("UPDATE resources SET missing_base = 'llama' WHERE id = 'handbook'", "resource"),
        ("UPDATE resources SET name = x'00' WHERE id = 'handbook'", "resource"),
        ("UPDATE access_grants SET action = x'00'", "resource"),
    ],
)
def test_a_damaged_row_is_neither_exported_nor_taken_for_another(
    damage: str, noun: str, database: Database, take: Take
) -> None:
    take(EXAMPLES)
    rows(database, damage, AUDIT)
    with pytest.raises(DatabaseError) as told:
        exported(database)
    assert told.value.message == (
        f"the database is damaged: the row of a {noun} cannot be understood"
    )


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("name", ["RESOURCES", "GRANTS", "USERS", "GROUPS"])
def test_looking_up_reads_no_table_from_end_to_end(name: str, database: Database) -> None:
    connection = open_writing(database.url)
    statement = getattr(resource_transfer_queries, f"{name}_SQLITE")
    lines = [
        str(row[-1]) for row in connection.rows(f"EXPLAIN QUERY PLAN {statement}", {"values": "[]"})
    ]
    connection.close()
    assert [line for line in lines if line.startswith("SCAN")] == ["SCAN k VIRTUAL TABLE INDEX 1:"]
    assert any("INDEX" in line for line in lines[1:])
