"""`grantctl config get|set|unset`: whole outputs, exit codes, wrong input."""

from __future__ import annotations

import json

import pytest

from tests.cli.user_examples import said
from tests.conftest import Cli

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


def test_the_default_role_is_one_setting_under_two_commands(cli: Cli) -> None:
    key = "users.default_role"
    assert cli("config", "set", key, "user").code == 0
    assert cli("roles", "default", "-o", "name").out == "user\n"
    assert cli("roles", "default", "pending").code == 0
    shown = cli("config", "get", key)
    assert said(shown, f"key:    {key}\nvalue:  pending\norigin: database\n")


def test_what_belongs_to_the_client_is_shown_but_not_set(cli: Cli, url: str) -> None:
    shown = cli("config", "get", "actor")
    assert said(shown, "key:    actor\nvalue:  tester\norigin: environment GRANTCTL_ACTOR\n")
    assert cli("config", "get", "output", "-o", "csv").out == (
        "key,value,origin\noutput,csv,flag --output\n"
    )
    for arguments in (("set", "output", "json"), ("unset", "output")):
        refused = cli("config", *arguments)
        assert (refused.code, refused.out) == (2, "")
        first, hint = refused.err.splitlines()
        assert first == "error: `output` is a setting of this client, not of the database"
        assert hint.startswith("hint: write it into the configuration file: ")


def test_a_password_in_the_database_url_is_not_shown(cli: Cli) -> None:
    shown = cli("config", "get", "database", "--database", "postgresql://me:hunter2@db/x")
    assert (shown.code, "hunter2" in shown.out) == (0, False)


FAILURES = (
    (("get", "access.admin"), 4, "error: no policy setting `access.admin`\n"),
    (("set", "access.admin", "true"), 4, "error: no policy setting `access.admin`\n"),
    (("unset", "acess.admin_bypass"), 4, "error: no policy setting `acess.admin_bypass`\n"),
    (("set", KEY, "yes"), 5, "error: `access.admin_bypass` may not be `yes`\n"),
    (("set", KEY, ""), 5, "error: `access.admin_bypass` may not be ``\n"),
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
