"""`grantctl config`: both kinds of settings shown, contexts, and the file written."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from grantctl.operations.config_files import sample_text
from grantctl.operations.policy_settings import SETTINGS
from tests.cli.user_examples import said
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI, REVISIONS, STATES, flip_bytes
from tests.running import refusal, run

CLIENT = ["database", "output", "color", "actor", "keys", "context"]
DRY = "warning: dry run: nothing was changed\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "c.toml"


def shown(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """The rows of `config show -o json` by their keys."""
    assert outcome.code == 0, outcome
    return {row["key"]: row for row in json.loads(outcome.out)["data"]}


def warnings(outcome: Outcome) -> list[str]:
    found: list[str] = json.loads(outcome.out)["warnings"]
    return found


# show


def test_every_setting_is_shown_with_its_kind_and_origin(cli: Cli) -> None:
    rows = shown(cli("config", "show", "-o", "json"))
    assert list(rows) == [*CLIENT, *SETTINGS, "secret_key"]
    assert {row["kind"] for row in rows.values()} == {"client", "policy", "secret"}
    assert all(rows[key]["kind"] == "policy" for key in SETTINGS)
    assert rows["oauth.allowed_roles"] == {
        "kind": "policy",
        "key": "oauth.allowed_roles",
        "value": ["user", "admin"],
        "origin": "default",
        "shadows": [],
        "updated_at": None,
        "updated_by": None,
    }


def test_what_is_stored_says_who_set_it_and_what_says_something_else(cli: Cli, file: Path) -> None:
    file.write_text("[policy]\nusers.default_role = 'pending'\napi_keys.enabled = false\n")
    assert cli("config", "set", "users.default_role", "user").code == 0
    env = {
        "DEFAULT_USER_ROLE": "pending",
        "USER_PERMISSIONS_CHAT_EDIT": "False",
        "USER_PERMISSIONS_CHAT_EDTI": "False",
        "ENABLE_OAUTH_SIGNUP": "perhaps",
        "GRANTCTL_CONFIG": str(file),
    }
    outcome = cli("config", "show", "-o", "json", env=env)
    role = shown(outcome)["users.default_role"]
    assert (role["value"], role["origin"], role["updated_by"]) == ("user", "database", "tester")
    assert role["updated_at"].endswith("Z")
    assert role["shadows"] == [
        "environment DEFAULT_USER_ROLE: pending",
        f"file {file} [policy]: pending",
    ]
    assert warnings(outcome) == [
        "`USER_PERMISSIONS_CHAT_EDTI` sets no permission that is known; did you mean "
        "`USER_PERMISSIONS_CHAT_EDIT`?",
        "`ENABLE_OAUTH_SIGNUP`: `oauth.signup` may not be `perhaps`; true or false",
        "`users.default_role` is `user`: the database decides, though environment "
        "DEFAULT_USER_ROLE says `pending`",
        f"`api_keys.enabled` is `true`: the database decides, though file {file} [policy] says "
        "`false`",
        "`chat.edit` is `true`: the database decides, though environment "
        "USER_PERMISSIONS_CHAT_EDIT says `False`",
    ]
    assert outcome.err == (
        "hint: what is not set is set as the environment and the file say: grantctl config seed\n"
    )


def test_secrets_are_told_and_never_shown(tmp_path: Path) -> None:
    secret = "hunter2" * 8
    env = {
        "GRANTCTL_DATABASE": "postgresql://me:hunter2@127.0.0.1:1/x",
        "GRANTCTL_SECRET_KEY": secret,
        "WEBUI_SECRET_KEY": secret,
    }
    config = tmp_path / "c.toml"
    config.write_text(
        'database = "postgresql://me:hunter2@h/y"\n[contexts.a]\ndatabase = "postgresql://u:hunter2@h/z"'
    )
    for arguments in (("show",), ("show", "-o", "json"), ("contexts",), ("get", "database")):
        outcome = run("config", *arguments, "--config", str(config), env=env)
        assert (outcome.code, "hunter2" in outcome.out + outcome.err) == (0, False)
    row = shown(run("config", "show", "-o", "json", env=env))["secret_key"]
    assert (row["kind"], row["value"], row["origin"], row["shadows"]) == (
        "secret",
        "***",
        "environment GRANTCTL_SECRET_KEY",
        ["environment WEBUI_SECRET_KEY: ***"],
    )
    none = shown(run("config", "show", "-o", "json"))["secret_key"]
    assert (none["value"], none["origin"]) == ("", "none")


@pytest.mark.parametrize("state", [*STATES, *REVISIONS])
def test_without_a_usable_database_the_settings_of_the_client_are_shown(
    state: str, tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "g.db"
    (STATES | REVISIONS)[state].make(path, sqlite_template)
    outcome = run("config", "show", "-o", "json", env={"GRANTCTL_DATABASE": f"sqlite:///{path}"})
    assert list(shown(outcome)) == [*CLIENT, "secret_key"]
    (warning,) = warnings(outcome)
    message, hint = (STATES | REVISIONS)[state].said(path)
    assert warning.startswith(f"policy settings are left out: {message}")
    assert hint in warning


def test_a_damaged_file_ends_no_showing(tmp_path: Path, sqlite_template: Path) -> None:
    for seed in range(12):
        path = tmp_path / f"{seed}.db"
        flip_bytes(path, sqlite_template, seed)
        outcome = run(
            "config", "show", "-o", "json", env={"GRANTCTL_DATABASE": f"sqlite:///{path}"}
        )
        assert list(shown(outcome))[: len(CLIENT)] == CLIENT


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://h/d", "postgresql://127.0.0.1:1/x", "openwebui+sqlite:////none"]
)
def test_a_database_that_cannot_be_reached_is_a_warning(url: str) -> None:
    outcome = run("config", "show", env={"GRANTCTL_DATABASE": url})
    assert (outcome.code, outcome.out.count("\n")) == (0, 7)
    assert outcome.err.startswith("warning: policy settings are left out: ")


def test_the_settings_of_an_attached_database_are_shown() -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    assert len(shown(run("config", "show", "-o", "json", env=env))) == len(SETTINGS) + 7


def test_the_sample_is_shown_without_a_database(process: Cli) -> None:
    sample = Path(__file__).parents[2] / "sample-config.toml"
    outcome = process("--config", str(sample), "config", "show", "-o", "name")
    assert (outcome.code, outcome.out.split()) == (0, [*CLIENT, "secret_key"])


# Contexts


def test_contexts_are_listed_with_their_database_and_which_is_current(file: Path) -> None:
    config = ("--config", str(file))
    file.write_text("")
    assert said(
        run("config", "contexts", *config),
        "",
        "hint: make one: grantctl config set --context NAME database URL\n",
    )
    file.write_text(
        'context = "b"\n[contexts.a]\ndatabase = "postgresql://u:p@h/d"\n'
        '[contexts.b]\nactor = "x"\n'
    )
    listed = "a\tfalse\tpostgresql://u:***@h/d\nb\ttrue\t\n"
    assert said(run("config", "contexts", *config), listed)
    outcome = run("config", "contexts", "--context", "a", "-o", "ndjson", *config)
    assert [json.loads(line) for line in outcome.out.splitlines()] == [
        {
            "context": "a",
            "current": True,
            "database": "postgresql://u:***@h/d",
            "output": None,
            "color": None,
            "actor": None,
            "keys": None,
        },
        {
            "context": "b",
            "current": False,
            "database": None,
            "output": None,
            "color": None,
            "actor": "x",
            "keys": None,
        },
    ]


def test_a_context_chooses_the_database_before_and_behind_the_command(
    url: str, file: Path, process: Cli
) -> None:
    file.write_text(f'[contexts.prod]\ndatabase = "{url}"\noutput = "json"\n')
    env = {"GRANTCTL_CONFIG": str(file), "GRANTCTL_DATABASE": "sqlite:////nowhere/x.db"}
    made = process("users", "create", "ada@example.com", "--context", "prod", env=env)
    assert json.loads(made.out)["data"]["email"] == "ada@example.com"
    asked = process("--context=prod", "check", "ada@example.com", "chat.edit", env=env)
    assert (asked.code, json.loads(asked.out)["schema"]) == (0, "grantctl.decision/v1")
    named = process("users", "list", env=env | {"GRANTCTL_CONTEXT": "prod"})
    assert (named.code, named.out) == (7, "")  # the variable of the database stands before it
    assert json.loads(named.err)["error"]["code"] == "database"


def test_an_error_is_json_where_the_context_says_so(file: Path) -> None:
    file.write_text('[contexts.prod]\noutput = "json"\n')
    for context in (("--context", "prod"), ("--context=prod",)):
        refused = run("nonsense", "--config", str(file), *context)
        assert json.loads(refused.err)["error"]["exit_code"] == 2


def test_an_unknown_context_is_a_usage_error(file: Path) -> None:
    file.write_text("[contexts.prod]\n")
    outcome = run("check", "a", "b", "--context", "prd", "--config", str(file))
    assert (outcome.code, refusal(outcome)) == (
        2,
        (f"`--context` names no context of `{file}`: `prd`", "did you mean `prod`? one of prod"),
    )


# set and unset


def test_settings_of_the_client_are_written_into_the_file(file: Path) -> None:
    config, origin = ("--config", str(file)), f"file {file}"
    tried = run("config", "set", "output", "json", "--dry-run", *config)
    assert said(tried, f"key:    output\nvalue:  json\nbefore:\norigin: {origin}\n", DRY)
    assert not file.exists()
    assert run("config", "set", "output", "json", *config).code == 0
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ('output = "json"\n', 0o600)
    changed = run("config", "set", "output", "csv", "-o", "table", *config)
    assert said(changed, f"key:    output\nvalue:  csv\nbefore: json\norigin: {origin}\n")
    assert run("config", "get", "output", *config).out == f"key,value,origin\noutput,csv,{origin}\n"
    removed = run("config", "unset", "output", "-o", "table", *config)
    assert said(removed, f"key:    output\nvalue:\nbefore: csv\norigin: {origin}\n")
    assert file.read_text() == ""


def test_a_context_is_made_by_its_first_setting_and_chosen_by_name(file: Path) -> None:
    config = ("--config", str(file))
    url = "postgresql://u:hunter2@h/d"
    made = run("config", "set", "--context", "prod", "database", url, *config)
    assert said(
        made,
        "key:    database\nvalue:  postgresql://u:***@h/d\nbefore:\n"
        f"origin: file {file} [contexts.prod]\n",
        "the context is new\n",
    )
    assert url in file.read_text()
    refused = run("config", "set", "context", "prd", *config)
    assert (refused.code, refusal(refused)) == (
        2,
        (f"there is no context `prd` in `{file}`", "did you mean `prod`? one of prod"),
    )
    assert run("config", "set", "context", "prod", *config).code == 0
    assert run("config", "contexts", *config).out == "prod\ttrue\tpostgresql://u:***@h/d\n"


def test_a_policy_setting_is_never_set_in_a_database_that_nobody_meant(
    cli: Cli, file: Path
) -> None:
    key = "users.default_role"
    for content, context in (("[contexts.prod]\n", "prd"), ("output = 1\n", "")):
        file.write_text(content)
        named = ("--context", context) if context else ()
        refused = cli("config", "set", key, "user", "--config", str(file), *named)
        assert (refused.code, refused.out) == (2, "")
    assert cli("config", "get", key, "-o", "name").out == "pending\n"


def test_what_the_writer_may_not_expect_is_told(file: Path) -> None:
    file.write_text("# mine\n")
    file.chmod(0o644)
    config, env = ("--config", str(file)), {"GRANTCTL_DATABASE": "sqlite:///x.db"}
    outcome = run("config", "set", "database", "postgresql://u:pw@h/d", *config, env=env)
    assert outcome.err == (
        "warning: `GRANTCTL_DATABASE` is set, and stands before the file\n"
        f"warning: others may read the password in `{file}`: chmod 600 FILE\n"
    )
    assert run("config", "set", "database", "postgresql://h/d", *config).err == ""


def test_a_broken_file_is_mended_by_the_command_that_sets_it(file: Path) -> None:
    config = ("--config", str(file))
    file.write_text("# mine\noutput = true\n")
    assert run("config", "show", *config).code == 2
    assert run("config", "set", "output", "csv", *config).code == 0
    assert file.read_text() == '# mine\noutput = "csv"\n'
    file.write_text("output = ")
    refused = run("config", "set", "output", "csv", *config)
    assert (refused.code, refusal(refused)[0]) == (
        2,
        f"`{file}` line 1 (`output`): invalid value",
    )


# path and init


def test_the_path_is_told_whatever_the_file_holds(file: Path) -> None:
    for content in ("", "output = true", "not TOML"):
        file.write_text(content)
        assert said(run("config", "path", "--config", str(file)), f"{file}\n")
    record = json.loads(run("config", "path", "--config", "/none", "-o", "json").out)["data"]
    assert record == {"path": "/none", "exists": False}
    assert run("config", "path", "--color", "pink").code == 2


def test_init_writes_the_sample_where_the_file_is_looked_for(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    file = tmp_path / "config" / "grantctl" / "config.toml"
    assert said(run("config", "init", "--dry-run", env=env), f"{file}\n", DRY)
    assert not file.exists()
    assert said(run("config", "init", env=env), f"{file}\n")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (sample_text(), 0o600)
    file.write_text("mine")
    refused = run("config", "init", env=env)
    assert (refused.code, refusal(refused)) == (
        5,
        (f"`{file}` exists already, and is left as it is", "--force, or --to FILE"),
    )
    assert file.read_text() == "mine"
    assert run("config", "init", "--force", env=env).code == 0
    assert file.read_text() == sample_text()


def test_init_writes_another_file_where_it_is_told_to(file: Path, tmp_path: Path) -> None:
    outcome = run("config", "init", "--to", str(file), "-o", "json")
    assert json.loads(outcome.out)["data"] == {"path": str(file), "exists": True}
    other = tmp_path / "new.toml"
    assert said(run("config", "init", env={"GRANTCTL_CONFIG": str(other)}), f"{other}\n")
    assert run("--config", str(other), "config", "get", "color", "-o", "name").out == "auto\n"


# seed


def test_what_is_not_set_is_seeded_and_told(cli: Cli, file: Path) -> None:
    file.write_text("[policy]\noauth.roles_claim = 'groups'\nlogin.max_failures = 3\n")
    env = {"DEFAULT_USER_ROLE": "user", "GRANTCTL_CONFIG": str(file)}
    assert cli("config", "set", "login.max_failures", "7").code == 0
    rows = (
        "users.default_role\tuser\tseeded\tenvironment DEFAULT_USER_ROLE\tuser\n"
        f"login.max_failures\t7\tkept\tfile {file} [policy]\t3\n"
        f"oauth.roles_claim\tgroups\tseeded\tfile {file} [policy]\tgroups\n"
    )
    kept = f"warning: `login.max_failures` is left as it is, though file {file} [policy] says `3`\n"
    assert said(cli("config", "seed", "--dry-run", env=env), rows, kept + DRY)
    assert cli("config", "get", "users.default_role", "-o", "name").out == "pending\n"
    assert said(cli("config", "seed", "--reason", "new", env=env), rows, kept)
    assert cli("config", "get", "users.default_role", "-o", "name").out == "user\n"
    again = cli("config", "seed", env=env).out
    assert again == rows.replace("\tseeded\t", "\tunchanged\t")
    logged = cli("audit", "list", "--action", "policy", "-o", "ndjson").out.splitlines()
    newest = json.loads(logged[0])
    assert (newest["object"], newest["reason"]) == ("oauth.roles_claim", "new")
    assert newest["after"] == {"value": "groups", "seed": f"file {file} [policy]"}
    assert len(logged) == 3


def test_without_seeds_there_is_nothing_to_do(cli: Cli) -> None:
    said_nothing = "neither the environment nor the file says anything of policy settings\n"
    assert said(cli("config", "seed"), "", said_nothing)


def test_a_malformed_seed_is_refused_before_anything_is_written(cli: Cli, file: Path) -> None:
    file.write_text("[policy]\nusers.default_role = 'user'\n\noauth.signup = 1\n")
    refused = cli("config", "seed", "--config", str(file))
    assert (refused.code, refusal(refused)) == (
        2,
        (f"`{file}` line 4: `oauth.signup` is true or false", "true or false"),
    )
    assert cli("config", "get", "users.default_role", "-o", "name").out == "pending\n"


# Completion


def test_settings_values_and_contexts_are_completed(file: Path, process: Cli) -> None:

    def ask(line: str) -> list[str]:
        variables = {"_GRANTCTL_COMPLETE": "fish", "_GRANTCTL_LINE": f"grantctl {line}"}
        outcome = process(env={**variables, "GRANTCTL_CONFIG": str(file)})
        assert outcome.err == ""
        return [one.split("\t")[0] for one in outcome.out.splitlines()]

    file.write_text("[contexts.prod]\n[contexts.copy]\n")
    assert ask("users list --context p") == ["prod"]
    assert ask("config set context ") == ["prod", "copy"]
    assert ask("config set users.default_") == ["users.default_role", "users.default_group"]
    assert ask("config set oauth.unmatched_role ") == ["default_role", "refuse"]
    assert ask("config set oauth.signup t") == ["true"]
    assert ask("config set output n") == ["ndjson", "name"]
    assert ask("config set tokens.default_ttl ") == []
