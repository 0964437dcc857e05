"""Resources with hostile ids, names and arguments."""

from __future__ import annotations

import csv
import io
import json
from itertools import cycle

import pytest
import typer
from typer.main import get_command

from grantctl.cli.resources import app
from grantctl.config import OUTPUTS
from grantctl.operations.groups import create_group
from grantctl.operations.resources import create_resource
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from tests.cli.test_hostile_users import HOSTILE, require_harmless
from tests.conftest import Cli
from tests.databases import INTENT, prepared


@pytest.mark.parametrize(
    "id_", ["-x", "--help", "[red]a[/red]", "[/]", ":skull:", "=1+1", "%s{x}", "éß漢", "a b", "a:b"]
)
def test_hostile_ids_are_data_and_shown_harmless(cli: Cli, id_: str) -> None:
    ref = f"model:{id_}"
    assert cli("resources", "create", "-o", "name", "--", ref).out == f"{ref}\n"
    assert cli("resources", "list", "-o", "name").out == f"{ref}\n"
    shown = json.loads(cli("resources", "show", "-o", "json", ref).out)["data"]
    assert (shown["id"], shown["name"]) == (id_, id_)
    [_, row] = csv.reader(io.StringIO(cli("resources", "list", "-o", "csv").out))
    assert row[0] == ref
    assert row[1].lstrip("'") == id_
    assert cli("resources", "grant", ref, "read", "--everyone").code == 0
    refused = cli("resources", "delete", ref)
    assert refused.err == (
        f"error: delete `{ref}` with 1 grant: not confirmed\nhint: confirm with --yes\n"
    )
    assert cli("resources", "delete", "--yes", "-o", "name", ref).out == f"{ref}\n"


@pytest.mark.parametrize("id_", ["a\u202eb", "a\u200bb", "a\u2028b", "\ufeffa"])
def test_invisible_characters_in_a_new_id_are_refused_and_in_a_name_escaped(
    cli: Cli, id_: str
) -> None:
    refused = cli("resources", "create", f"model:{id_}")
    assert (refused.code, refused.out, refused.err) == (
        5,
        "",
        "error: a resource's id may not hold a control or invisible character\n",
    )
    assert cli("resources", "create", "model:x", "--name", id_).code == 0
    assert id_ not in cli("resources", "list").out


@prepared
def shelf(database: Database) -> None:
    """Ada, the group staff, two models and a prompt."""
    create_user(database, INTENT, email="ada@example.com")
    create_group(database, INTENT, name="staff")
    for reference in ("model:gpt-3", "model:gpt-4o", "prompt:hi"):
        create_resource(database, INTENT, reference)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("verb", "parameter", "begun", "found"),
    [
        ("show", "resource", "", ["model:", "prompt:"]),
        ("show", "resource", "model:g", ["model:gpt-3", "model:gpt-4o"]),
        ("delete", "resources", "pr", ["prompt:"]),
        ("list", "type", "p", ["prompt"]),
        ("list", "access", "p", ["public", "private"]),
        ("list", "owner", "a", ["ada@example.com"]),
        ("grant", "action", "w", ["write"]),
        ("grant", "users", "a", ["ada@example.com"]),
        ("revoke", "groups", "s", ["staff"]),
        ("publish", "resource", "model:gpt-4", ["model:gpt-4o"]),
        ("set-owner", "user", "ad", ["ada@example.com"]),
    ],
)
def test_names_complete_from_the_database(
    shelf: Database,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    parameter: str,
    begun: str,
    found: list[str],
) -> None:
    monkeypatch.setenv("GRANTCTL_DATABASE", url)
    command = get_command(app).commands[verb]  # type: ignore[attr-defined]
    [wanted] = [one for one in command.params if one.name == parameter]
    items = wanted.shell_complete(typer.Context(command), begun)
    assert [item.value for item in items] == found


VERBS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("show", (), ()),
    ("create", (), ()),
    ("publish", ("--yes",), ()),
    ("restrict", ("--yes",), ()),
    ("set-owner", ("--yes",), ("ada@example.com",)),
    ("delete", ("--yes",), ()),
)


def attempts(text: str) -> list[tuple[str, ...]]:
    """Every argument of every command, hostile."""
    one = "model:one"
    return [
        *(
            (verb, *options, "--", reference, *more)
            for reference in (text, f"model:{text}", f"{text}:one", f"model:{text}*", f"*:{text}?")
            for verb, options, more in VERBS
        ),
        ("create", "model:two", f"--name={text}"),
        ("create", "model:three", f"--owner={text}"),
        ("create", "model:four", f"--base={text}"),
        ("update", one, f"--name={text}"),
        ("update", one, f"--base=model:{text}"),
        ("set-owner", "--", one, text),
        ("grant", one, "read", f"--user={text}"),
        ("grant", one, "read", f"--group={text}"),
        ("grant", "--everyone", "--", one, text),
        ("grant", "--everyone", "--yes", "--", f"model:{text}", "read"),
        ("revoke", one, "read", f"--user={text}"),
        ("revoke", one, "read", f"--group={text}"),
        ("revoke", "--everyone", "--", one, text),
        ("list", f"--type={text}"),
        ("list", f"--owner={text}"),
        ("list", f"--access={text}"),
        ("list", f"--text={text}"),
        ("list", f"--cursor={text}"),
        ("list", f"--fields={text}"),
        ("publish", one, f"--reason={text}"),
        ("restrict", one, f"--actor={text}"),
    ]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_harmless_in_every_argument(cli: Cli, kind: str) -> None:
    assert cli("users", "create", "ada@example.com").code == 0
    assert cli("resources", "create", "model:one").code == 0
    outputs = cycle(OUTPUTS)
    for verb, *arguments in attempts(HOSTILE[kind]):
        output = next(outputs)
        done = cli("resources", verb, "-o", output, *arguments, stdin="")
        require_harmless(done, (verb, arguments, output))
        if output == "json" and done.code:
            assert done.out == ""
            assert json.loads(done.err)["error"]["exit_code"] == done.code
