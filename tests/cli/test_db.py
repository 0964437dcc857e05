"""`grantctl db`: whole outputs of status, check and migrate, on both engines."""

from __future__ import annotations

import json
import sqlite3

import psycopg
import yaml

from grantctl.operations.changes import Intent
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.revision import SCHEMA_REVISION as REVISION
from grantctl.store.url import SQLITE
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.databases import prepared
from tests.running import json_refusal, refusal, run

PAST = "it was written past grantctl: restore or import again"


@prepared
def ada(database: Database) -> None:
    """A database with one user, an admin."""
    create_user(database, Intent("tester"), email="ada@example.com", name="Ada")


def break_parents(database: Database) -> None:
    """Write a group whose parent does not exist, as another program might."""
    columns = "INSERT INTO groups (id, name, description, parent_pk, created_at, updated_at) "
    values = "VALUES ('x', 'lost [red]', '', 4711, 1, 1)"
    if database.url.engine == SQLITE:
        assert database.url.path is not None
        with sqlite3.connect(database.url.path) as raw:
            raw.execute(columns + values)
        raw.close()
    else:
        with psycopg.connect(database.url.dsn) as server:
            server.execute("SET session_replication_role = replica")
            server.execute(columns + values)


def test_the_status_says_which_revision_the_database_has(cli: Cli, ada: Database) -> None:
    assert cli("db", "status") == Outcome(
        0,
        f"database: {ada.url}\nrevision: {REVISION}\nexpected: {REVISION}\n"
        "current:  true\nusers:    1\n",
        "",
    )
    data = {
        "database": str(ada.url),
        "revision": REVISION,
        "expected": REVISION,
        "current": True,
        "users": 1,
    }
    document: dict[str, object] = {
        "schema": "grantctl.database/v1",
        "data": data,
        "warnings": [],
        "next_cursor": None,
    }
    assert json.loads(cli("db", "status", "-o", "json").out) == document
    assert yaml.safe_load(cli("db", "status", "-o", "yaml").out) == document
    assert json.loads(cli("db", "status", "-o", "ndjson").out) == data
    assert cli("db", "status", "-o", "csv").out.splitlines() == [
        "database,revision,expected,current,users",
        f"{ada.url},{REVISION},{REVISION},true,1",
    ]
    assert cli("db", "status", "-o", "name").out == f"{REVISION}\n"


def test_a_current_database_needs_no_migration(cli: Cli, ada: Database) -> None:
    before = cli("audit", "list")
    out = f"database: {ada.url}\nbefore:   {REVISION}\nafter:    {REVISION}\nmigrated: false\n"
    assert cli("db", "migrate") == Outcome(0, out, "")
    assert cli("db", "migrate", "--dry-run") == Outcome(
        0, out, "warning: dry run: nothing was changed\n"
    )
    assert json.loads(cli("db", "migrate", "-o", "json").out)["schema"] == "grantctl.migration/v1"
    assert cli("audit", "list") == before


def test_a_sound_database_is_said_to_be(cli: Cli, ada: Database) -> None:
    assert cli("db", "check") == Outcome(0, "", "nothing is wrong\n")
    assert json.loads(cli("db", "check", "-o", "json").out) == {
        "schema": "grantctl.integrity/v1",
        "data": [],
        "warnings": [],
        "next_cursor": None,
    }


def test_what_is_wrong_is_listed_with_what_helps(cli: Cli, ada: Database) -> None:
    break_parents(ada)
    finding = {
        "code": "orphan_parent",
        "object": "lost [red]",
        "message": "a group whose parent does not exist",
        "hint": PAST,
    }
    assert cli("db", "check") == Outcome(3, "\t".join(finding.values()) + "\n", "")
    outcome = cli("db", "check", "-o", "json")
    assert (outcome.code, json.loads(outcome.out)["data"]) == (3, [finding])
    outcome = cli("db", "check", "-o", "csv")
    assert (outcome.code, outcome.out.splitlines()) == (
        3,
        ["code,object,message,hint", ",".join(finding.values())],
    )
    assert cli("db", "check", "-o", "name") == Outcome(3, "orphan_parent\n", "")
    assert cli("db", "check", "--fields", "object") == Outcome(3, "lost [red]\n", "")


def test_an_attached_database_has_a_status_and_is_checked_but_not_migrated() -> None:
    url = f"openwebui+sqlite:///{OPEN_WEBUI}"
    env = {"GRANTCTL_DATABASE": url}
    outcome = run("db", "status", "--fields", "database,current,users", env=env)
    assert outcome == Outcome(0, f"database: {url}\ncurrent:  true\nusers:    62\n", "")
    checked = run("db", "check", "-o", "name", env=env)
    assert (checked.code, set(checked.out.split())) == (
        3,
        {"missing_owner", "dangling_grant", "missing_base"},
    )
    outcome = run("db", "migrate", env=env)
    assert (outcome.code, *refusal(outcome)) == (
        5,
        "an attached Open WebUI database is only read, never changed",
        "bring it into a database of grantctl's own: grantctl init, "
        "then: grantctl import openwebui",
    )
    assert json_refusal(run("db", "migrate", "-o", "json", env=env))["code"] == "guard"
