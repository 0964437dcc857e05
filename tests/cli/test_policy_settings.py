"""`grantctl config get|set|unset` of policy settings: whole outputs, exit codes, wrong input."""

from __future__ import annotations

import json

import pytest

from tests.cli.user_examples import said
from tests.conftest import Cli
from tests.running import refusal

KEY = "access.admin_bypass"
DRY = "warning: dry run: nothing was changed\n"


def test_a_setting_is_shown_set_and_unset(cli: Cli) -> None:
    default = f"key:    {KEY}\nvalue:  true\norigin: default\n"
    assert said(cli("config", "get", KEY), default)
    tried = cli("config", "set", KEY, "false", "--dry-run")
    changed = f"key:    {KEY}\nvalue:  false\nbefore: true\norigin: database\n"
    assert said(tried, changed, DRY)
    assert said(cli("config", "get", KEY), default)
    assert said(cli("config", "set", KEY, "false"), changed)
    assert said(cli("config", "get", KEY, "-o", "name"), "false\n")
    shown = cli("config", "get", KEY, "-o", "json")
    assert json.loads(shown.out) == {
        "schema": "grantctl.setting/v1",
        "data": {"key": KEY, "value": False, "origin": "database"},
        "warnings": [],
        "next_cursor": None,
    }
    unset = cli("config", "unset", KEY)
    assert said(unset, f"key:    {KEY}\nvalue:  true\nbefore: false\norigin: default\n")
    log = cli("audit", "list", "--action", "policy", "--fields", "actor,action,object")
    assert said(log, f"tester\tpolicy.unset\t{KEY}\ntester\tpolicy.set\t{KEY}\n")


def test_a_list_is_typed_with_commas_and_shown_on_one_line(cli: Cli) -> None:
    key = "oauth.allowed_roles"
    changed = cli("config", "set", key, "staff, cn=a,")
    head = f"key:    {key}\nvalue:  staff, cn=a\n"
    assert said(changed, f"{head}before: user, admin\norigin: database\n")
    assert said(cli("config", "get", key), f"{head}origin: database\n")
    assert cli("config", "get", key, "-o", "name").out == "staff, cn=a\n"
    shown = json.loads(cli("config", "get", key, "-o", "json").out)
    assert shown["data"]["value"] == ["staff", "cn=a"]
    assert cli("config", "set", key, '["a,b"]', "-o", "json").code == 0
    assert json.loads(cli("config", "get", key, "-o", "json").out)["data"]["value"] == ["a,b"]
    assert cli("config", "set", key, "").out.splitlines()[1] == "value:"


def test_the_default_role_is_one_setting_under_two_commands(cli: Cli) -> None:
    key = "users.default_role"
    assert cli("config", "set", key, "user").code == 0
    assert cli("roles", "default", "-o", "name").out == "user\n"
    assert cli("roles", "default", "pending").code == 0
    shown = cli("config", "get", key)
    assert said(shown, f"key:    {key}\nvalue:  pending\norigin: database\n")


def test_the_default_group_is_named_and_its_id_is_kept(cli: Cli) -> None:
    key = "users.default_group"
    assert refusal(cli("config", "set", key, "staff"))[0] == "no group `staff`"
    made = json.loads(cli("groups", "create", "staff", "-o", "json").out)["data"]
    assert cli("config", "set", key, "staff", "-o", "name").out == f"{made['id']}\n"
    assert cli("users", "create", "ada@example.com").code == 0
    members = cli("groups", "members", "staff", "--fields", "email,source,added_by")
    assert members.out == "ada@example.com\tmanual\ttester\n"


def test_a_password_in_the_database_url_is_not_shown(cli: Cli) -> None:
    shown = cli("config", "get", "database", "--database", "postgresql://me:hunter2@db/x")
    assert (shown.code, "hunter2" in shown.out) == (0, False)


FAILURES = (
    (("get", "access.admin"), 4, "error: no policy setting `access.admin`\n"),
    (("set", "access.admin", "true"), 4, "error: no policy setting `access.admin`\n"),
    (("unset", "acess.admin_bypass"), 4, "error: no policy setting `acess.admin_bypass`\n"),
    (("set", "databse", "x"), 4, "error: no setting `databse`\nhint: did you mean `database`? "),
    (("unset", "ouput"), 4, "error: no setting `ouput`\nhint: did you mean `output`? "),
    (("set", KEY, "yes"), 5, "error: `access.admin_bypass` may not be `yes`\n"),
    (("set", KEY, ""), 5, "error: `access.admin_bypass` may not be ``\n"),
    (("set", "oauth.admin_roles", "[1]"), 5, "error: `oauth.admin_roles` may not be `[1]`\n"),
    (("set", "oauth.jwks", "http://x/y"), 5, "error: `oauth.jwks` may not be `http://x/y`\n"),
    (("set", "users.default_role", "admin"), 5, "error: the default role may not be `admin`: "),
    (("set", "users.default_role", "a\x1bb"), 5, "error: no role `a\\x1bb`\n"),
    (("set", KEY), 2, "error: missing argument `VALUE`\n"),
    (("get",), 2, "error: missing argument `KEY`\n"),
)


@pytest.mark.parametrize(("arguments", "code", "message"), FAILURES)
def test_what_is_wrong_is_refused_and_changes_nothing(
    cli: Cli, arguments: tuple[str, ...], code: int, message: str
) -> None:
    refused = cli("config", *arguments)
    assert (refused.code, refused.out) == (code, "")
    assert refused.err.startswith(message)
    assert cli("audit", "list", "--action", "policy").out == ""


def test_a_policy_setting_of_one_process_decides_the_next_check_of_another(
    url: str, cli: Cli, process: Cli
) -> None:
    for line in (
        "users create ada@example.com",
        "users create bob@example.com --role user",
        "resources create model:m --owner bob@example.com",
    ):
        assert cli(*line.split()).code == 0
    env = {"GRANTCTL_DATABASE": url}
    question = ("check", "ada@example.com", "read", "model:m", "-q")
    assert process(*question, env=env).code == 0
    assert process("config", "set", KEY, "false", env=env).code == 0
    assert process(*question, env=env).code == 3
    assert process("config", "unset", KEY, env=env).code == 0
    assert process(*question, env=env).code == 0
