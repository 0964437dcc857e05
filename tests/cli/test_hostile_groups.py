"""Groups with hostile names, and names completed."""

from __future__ import annotations

import csv
import io
import json

import pytest
import typer
from typer.main import get_command

from grantctl.cli.groups import app
from grantctl.store.database import Database
from tests.conftest import Cli
from tests.databases import prepared
from tests.operations.group_examples import (
    make_groups,
    make_users,
)


@prepared
def company(database: Database) -> None:
    """Three groups below one another, one beside them, and three users in some."""
    make_users(database, "ada", "bob", "cyd")
    make_groups(database, "company", "company/backend", "company/backend/api", "guests")


@pytest.mark.parametrize(
    "name", ["-x", "--help", "[red]a[/red]", "[/]", ":skull:", "a\u202eb", "=1+1", "%s{x}", "éß漢"]
)
def test_hostile_names_are_data_and_shown_harmless(cli: Cli, name: str) -> None:
    shown = name.replace("\u202e", "\\u202e")
    assert cli("groups", "create", "-o", "name", "--", name).out == f"{shown}\n"
    assert cli("groups", "list", "-o", "name").out == f"{shown}\n"
    assert f"name:              {shown}\n" in cli("groups", "show", "--", name).out
    assert json.loads(cli("groups", "show", "-o", "json", "--", name).out)["data"]["name"] == name
    [_, row] = csv.reader(io.StringIO(cli("groups", "list", "-o", "csv").out))
    assert row[0].lstrip("'") == shown
    refused = cli("groups", "delete", "--", name)
    assert refused.err == (
        f"error: delete `{shown}` with no memberships, no flags and no grants "
        "(nobody gains or loses anything): not confirmed\n"
        "hint: confirm with --yes\n"
    )
    assert cli("groups", "delete", "--yes", "-o", "name", "--", name).out == f"{shown}\n"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("x" * 1_000_000, "a group's name may have 200 characters at most, not 1000000"),
        ("a\0b", "a group's name holds the control character U+0000"),
        ("a\udcffb", "a group's name holds the control character U+DCFF"),
        ("\x1b[31mred", "a group's name holds the control character U+001B"),
        ("", "a group's name may not be empty"),
    ],
)
def test_names_that_may_not_be_are_refused_alike(cli: Cli, name: str, complaint: str) -> None:
    for arguments in (("create", name), ("update", "staff", "--name", name)):
        outcome = cli("groups", *arguments)
        assert (outcome.code, outcome.out, outcome.err) == (5, "", f"error: {complaint}\n")
    for arguments in (
        ("show", name),
        ("members", name),
        ("add", name, "x"),
        ("move", name, "--root"),
    ):
        outcome = cli("groups", *arguments)
        assert (outcome.code, outcome.out) == (4, "")
        assert "\x1b" not in outcome.err


def test_bytes_of_argv_that_are_no_text_are_refused(process: Cli, url: str) -> None:
    outcome = process("groups", "create", "a\udcff", env={"GRANTCTL_DATABASE": url})
    assert (outcome.code, outcome.out, outcome.err) == (
        5,
        "",
        "error: a group's name holds the control character U+DCFF\n",
    )


@pytest.mark.parametrize(
    ("verb", "parameter", "begun", "names"),
    [
        ("show", "group", "gu", ["guests"]),
        ("move", "parent", "b", ["backend"]),
        ("delete", "groups", "", ["api", "backend", "company", "guests"]),
        ("add", "users", "b", ["bob@example.com"]),
        ("remove", "users", "c", ["cyd@example.com"]),
    ],
)
def test_names_complete_from_the_database(
    url: str,
    company: Database,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    parameter: str,
    begun: str,
    names: list[str],
) -> None:
    monkeypatch.setenv("GRANTCTL_DATABASE", url)
    command = get_command(app).commands[verb]  # type: ignore[attr-defined]
    [found] = [one for one in command.params if one.name == parameter]
    items = found.shell_complete(typer.Context(command), begun)
    assert [item.value for item in items] == names
