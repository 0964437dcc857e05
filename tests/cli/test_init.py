"""`grantctl init`: whole outputs; what it makes, and that it is safe to repeat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantctl.store.revision import SCHEMA_REVISION as REVISION
from grantctl.store.url import parse_url
from tests.conftest import Cli, Outcome
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


# Seeds


ENVIRON = {
    "DEFAULT_USER_ROLE": "user",
    "USER_PERMISSIONS_CHAT_CONTROLS": "False",
    "OAUTH_MERGE_ACCOUNTS_BY_EMAIL": "True",
}


def test_a_new_database_is_seeded_by_the_environment_and_the_file(
    empty_url: str, tmp_path: Path, process: Cli
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        f'database = "{empty_url}"\n[policy]\nusers.default_role = "pending"\n'
        "access.admin_bypass = false\n"
    )
    env = ENVIRON | {"GRANTCTL_CONFIG": str(file)}
    made = process("init", env=env)
    assert made.code == 0
    assert made.err.splitlines()[1:] == [
        "seeded: users.default_role = user (environment DEFAULT_USER_ROLE)",
        f"seeded: access.admin_bypass = false (file {file} [policy])",
        "seeded: chat.controls = false (environment USER_PERMISSIONS_CHAT_CONTROLS)",
        HINT.rstrip(),
    ]
    assert made.err.startswith("warning: `OAUTH_MERGE_ACCOUNTS_BY_EMAIL` is not honoured: ")
    elsewhere = {"GRANTCTL_DATABASE": empty_url}  # another host, without file and variables
    assert process("config", "get", "access.admin_bypass", "-o", "name", env=elsewhere).out == (
        "false\n"
    )
    assert process("users", "create", "ada@example.com", env=elsewhere).code == 0
    bob = process("users", "create", "bob@example.com", "-o", "json", env=elsewhere)
    assert json.loads(bob.out)["data"]["role"] == "user"
    assert process("check", "bob@example.com", "chat.controls", env=elsewhere).code == 3
    again = process("init", env=env | {"DEFAULT_USER_ROLE": "pending"})
    assert (again.code, again.err) == (0, "")


def test_a_dry_run_tells_the_seeds_and_makes_nothing(empty_url: str) -> None:
    env = {"GRANTCTL_DATABASE": empty_url, "DEFAULT_USER_ROLE": "user"}
    outcome = run("init", "--dry-run", "-o", "name", env=env)
    assert outcome.err == (
        "seeded: users.default_role = user (environment DEFAULT_USER_ROLE)\n"
        "warning: dry run: nothing was changed\n"
    )
    assert run("users", "list", env=env).code == 7


@pytest.mark.parametrize(
    ("environ", "content", "message"),
    [
        (
            {"ENABLE_OAUTH_SIGNUP": "yes"},
            "",
            "`ENABLE_OAUTH_SIGNUP`: `oauth.signup` may not be `yes`",
        ),
        (
            {"USER_PERMISSIONS_CHAT_EDIT": "1"},
            "",
            "`USER_PERMISSIONS_CHAT_EDIT` may not be `1`",
        ),
        (
            {"DEFAULT_USER_ROLE": "user"},
            "[policy]\nusers.default_role = 'usr'\n",
            "`FILE` line 2: no role `usr`",
        ),
        ({}, "[policy]\n\nusers.role = 'user'\n", "`FILE` line 3: no policy setting `users.role`"),
    ],
)
def test_a_malformed_seed_is_refused_and_nothing_is_made(
    tmp_path: Path, environ: dict[str, str], content: str, message: str
) -> None:
    file, folder = tmp_path / "c.toml", tmp_path / "data"
    file.write_text(content)
    env = environ | {"GRANTCTL_DATABASE": f"sqlite:///{folder}/g.db", "GRANTCTL_CONFIG": str(file)}
    for arguments in (("init",), ("init", "--dry-run")):
        outcome = run(*arguments, env=env)
        assert outcome.code == 2
        assert refusal(outcome)[0] == message.replace("FILE", str(file))
        assert not folder.exists()
    assert run("init", env={"GRANTCTL_DATABASE": env["GRANTCTL_DATABASE"]}).code == 0
    assert run("init", env=env).code == 0  # an existing database takes no seeds


def test_warnings_about_seeds_are_part_of_the_document(empty_url: str) -> None:
    env = {
        "GRANTCTL_DATABASE": empty_url,
        "DEFAULT_GROUP_ID": "staff",
        "USER_PERMISSIONS_WORKSPACE_SKILLS_ACCESS": "True",
    }
    outcome = run("init", "-o", "json", env=env)
    assert json.loads(outcome.out)["warnings"] == [
        "`users.default_group` has no effect: there is no group with the id `staff` yet",
        "environment USER_PERMISSIONS_WORKSPACE_SKILLS_ACCESS: there is no permission "
        "`workspace.skills` in the catalogue",
    ]
    assert outcome.err == (
        f"seeded: users.default_group = staff (environment DEFAULT_GROUP_ID)\n{HINT}"
    )
