"""`grantctl init`: whole outputs; what it makes, and that it is safe to repeat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantctl.store.revision import SCHEMA_REVISION as REVISION
from grantctl.store.url import parse_url
from tests.conftest import Outcome
from tests.running import json_refusal, refusal, run

HINT = "hint: the first user becomes admin: grantctl users create EMAIL\n"


def test_a_database_is_made_once(empty_url: str) -> None:
    env = {"GRANTCTL_DATABASE": empty_url}
    shown = str(parse_url(empty_url))
    assert run("init", env=env) == Outcome(
        0, f"database: {shown}\noutcome:  initialised\nrevision: {REVISION}\n", HINT
    )
    assert run("init", env=env) == Outcome(
        0, f"database: {shown}\noutcome:  was initialised before\nrevision: {REVISION}\n", ""
    )
    assert run("init", "--dry-run", "-o", "name", env=env) == Outcome(
        0, f"{shown}\n", "warning: dry run: nothing was changed\n"
    )


def test_its_making_is_the_first_entry_of_the_audit_log(empty_url: str) -> None:
    env = {"GRANTCTL_DATABASE": empty_url}
    assert run("init", "--reason", "a new house", "--actor", "ada", env=env).code == 0
    run("init", "--reason", "again", env=env)
    listed = run("audit", "list", "-o", "ndjson", env=env).out.splitlines()
    assert len(listed) == 1
    entry = json.loads(listed[0])
    assert (entry["number"], entry["actor"], entry["action"], entry["reason"]) == (
        1,
        "ada",
        "database.init",
        "a new house",
    )
    assert entry["after"] == {"revision": REVISION, "permissions": 47}


def test_json_is_a_document(empty_url: str) -> None:
    outcome = run("init", "-o", "json", env={"GRANTCTL_DATABASE": empty_url})
    assert json.loads(outcome.out) == {
        "schema": "grantctl.initialisation/v1",
        "data": {
            "database": str(parse_url(empty_url)),
            "outcome": "initialised",
            "revision": REVISION,
        },
        "warnings": [],
        "next_cursor": None,
    }


def test_without_a_setting_the_database_is_in_the_user_s_own_folder(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    outcome = run("init", "-o", "name", env=env)
    assert outcome.out == f"sqlite:///{tmp_path}/data/grantctl/grantctl.db\n"
    assert (tmp_path / "data" / "grantctl" / "grantctl.db").stat().st_mode & 0o777 == 0o600


def test_an_attached_database_is_never_initialised(tmp_path: Path) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{tmp_path}/webui.db"}
    outcome = run("init", env=env)
    assert outcome.code == 5
    assert refusal(outcome)[0] == "an attached Open WebUI database is only read, never changed"
    assert json_refusal(run("init", "-o", "json", env=env))["code"] == "guard"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "flags"),
    [("/dev/null/x.db", ()), ("/dev/null/x.db", ("--dry-run",)), ("/proc/nowhere/x.db", ())],
)
def test_a_place_where_no_file_can_be_made_is_refused(place: str, flags: tuple[str, ...]) -> None:
    outcome = run("init", *flags, env={"GRANTCTL_DATABASE": f"sqlite:///{place}"})
    assert outcome.code == 7
    message, hint = refusal(outcome)
    assert message.startswith(f"`{place}` cannot be made: ")
    assert hint == "another place? --database sqlite:///PATH"
