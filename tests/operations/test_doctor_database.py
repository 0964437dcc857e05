"""What `doctor` says of databases that cannot be used, and of files that are open to others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grantctl.operations.demonstration import make_organisation
from grantctl.store import reader
from grantctl.store.database import Database
from grantctl.store.revision import KNOWN_REVISIONS, SCHEMA_REVISION
from grantctl.store.url import file_url
from tests.contract.damage import REVISIONS, STATES, flip_bytes, footprint
from tests.operations.health import HEALTHY, amiss, checks, look, make_healthy, write_past

ALL_STATES = {**STATES, **REVISIONS}
ON_THE_HOST = {"configuration_valid", "configuration_private", "secret", "seeds_valid"}
CANNOT = "the database cannot be looked at"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    folder = tmp_path / "databases"
    folder.mkdir()
    return folder / "g.db"


@pytest.mark.parametrize("state", ALL_STATES)
def test_a_database_that_cannot_be_used_is_a_failure_and_left_as_it_is(
    state: str, path: Path, sqlite_template: Path
) -> None:
    ALL_STATES[state].make(path, sqlite_template)
    before = footprint(path.parent)
    rows = look(str(file_url(str(path))))
    message, hint = ALL_STATES[state].said(path)
    failures = [row for row in rows if row[0] == "failure"]
    [(_, check, subject, found_message, advice)] = failures
    assert check in ("database_reachable", "database_current", "integrity")
    assert (subject, advice) == ("", hint)
    assert found_message.startswith(message)
    found = checks(rows)
    fine = {name for name, status in found.items() if status == "ok"}
    assert fine - ON_THE_HOST <= {"database_reachable"}
    skipped = {row[3] for row in rows if row[0] == "skipped"}
    assert skipped == {CANNOT}
    assert footprint(path.parent) == before


def test_a_database_of_an_older_revision_is_to_be_migrated(
    path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(sqlite_template, path)
    monkeypatch.setattr(reader, "SCHEMA_REVISION", "9999")
    monkeypatch.setattr(reader, "KNOWN_REVISIONS", (*KNOWN_REVISIONS, "9999"))
    url = str(file_url(str(path)))
    found = [row for row in amiss(look(url)) if row[0] != "skipped"]
    assert found == [
        (
            "failure",
            "database_current",
            "",
            f"the database has the older revision `{SCHEMA_REVISION}`, not `9999`: {url}",
            "grantctl db migrate",
        )
    ]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "postgresql://nobody:hunter2@127.0.0.1:1/none",
            "the database cannot be reached: postgresql://nobody:***@127.0.0.1:1/none",
        ),
        ("nonsense", "`nonsense` is no database URL"),
        ("mysql://u:hunter2@host/name", "`mysql` databases are not supported"),
        ("openwebui+sqlite:////no/such/webui.db", "there is no database at `/no/such/webui.db`"),
    ],
)
def test_a_database_that_nobody_reaches_is_a_failure(url: str, message: str) -> None:
    first, *rest = amiss(look(url))
    assert first[:4] == ("failure", "database_reachable", "", message)
    assert first[4]
    assert {(row[0], row[3]) for row in rest} == {("skipped", CANNOT)}


@pytest.mark.parametrize(
    ("mode", "status", "message"),
    [
        (0o600, "ok", "its owner's alone"),
        (0o640, "warning", "others may read it, the hashes of passwords too"),
        (0o604, "warning", "others may read it, the hashes of passwords too"),
        (0o620, "failure", "others may write it, and so give themselves every right"),
        (0o666, "failure", "others may write it, and so give themselves every right"),
    ],
)
def test_a_file_is_its_owners_alone(
    mode: int, status: str, message: str, path: Path, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, path)
    path.chmod(mode)
    [row] = [one for one in look(str(file_url(str(path)))) if one[1] == "database_private"]
    advice = "" if status == "ok" else f"chmod 600 {path}"
    assert row == (status, "database_private", str(path), message, advice)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_of_a_damaged_file_nothing_is_told_but_the_damage(database: Database, url: str) -> None:
    make_healthy(database)
    write_past(database, "UPDATE users SET role = 'owner'", "UPDATE groups SET parent_pk = pk")
    rows = amiss(look(url))
    assert rows[0] == (
        "failure",
        "damaged",
        "database",
        "CHECK constraint failed in users",
        "restore the file from a copy",
    )
    assert {row[:2] for row in rows if row[3] != "the database is damaged"} == {
        ("failure", "damaged")
    }
    assert {row[0] for row in rows if row[3] == "the database is damaged"} == {"skipped"}


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_table_that_is_gone_takes_no_other_check_with_it(database: Database, url: str) -> None:
    make_healthy(database)
    write_past(database, "DROP TABLE policy_settings")
    found = {row[1]: row for row in amiss(look(url))}
    assert set(found) == {"policy_values", "default_group", "settings_agree", "oauth_lint"}
    assert found["policy_values"] == (
        "failure",
        "policy_values",
        "",
        f"the database lacks a table of grantctl: {database.url}",
        "grantctl db status",
    )


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("seed", range(2))
def test_no_damage_ends_a_look(seed: int, path: Path, tmp_path: Path, engine: str) -> None:
    healthy = tmp_path / "healthy.db"
    make_organisation(file_url(str(healthy)))
    found = set()
    for number in range(25):
        flip_bytes(path, healthy, seed * 1000 + number)
        rows = look(str(file_url(str(path))))
        found |= {row[0] for row in rows if row[1] not in ON_THE_HOST}
    assert "failure" in found


def test_the_healthy_world_is_what_its_name_says() -> None:
    assert {user.role.value for user in HEALTHY.users} == {"admin", "user"}
