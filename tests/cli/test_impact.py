"""`groups impact` and `permissions impact`: whole outputs, on both engines and attached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantctl.operations.flags import set_flags
from grantctl.operations.memberships import add_members
from grantctl.store.database import Database
from tests.commands import Cli, Outcome
from tests.databases import INTENT, prepared
from tests.interop.sources import ADA, STAFF, make
from tests.operations.group_examples import make_groups, make_many_users, make_users

BOB = {"id": "bob", "name": "Bob", "email": "bob@example.com", "role": "user", "created_at": 8}
RESTRICTS = "warning: `chat.enforced`: where it is true, a user may do less\n"
FIRST = "the first 10 users of each are named: all of them with --all"


@prepared
def many(database: Database) -> None:
    """Twelve users of one group, and one of none."""
    people = make_many_users(database, 12)
    make_groups(database, "crowd")
    make_users(database, "zoe")
    add_members(database, INTENT, "crowd", people)
    set_flags(database, INTENT, "crowd", {"workspace.tools": True})


def test_a_deletion_takes_what_members_held_through_the_group_and_those_above(
    cli: Cli, resource_office: Database
) -> None:
    assert cli("groups", "impact", "staff") == Outcome(
        0,
        "notes\t0\t3\tbob@example.com, chen@example.com, dana@example.com\n"
        "read tool:calculator\t0\t1\tdana@example.com\n",
        "warning: deleting `staff`: 3 of 3 members lose 1 permission and 1 action on resources\n"
        "warning: `engineering`, `support` come to the top level, "
        "without what is held from above\n",
    )
    assert cli("groups", "impact", "g-eng") == Outcome(
        0,
        "chat.controls\t0\t2\tbob@example.com, chen@example.com\n"
        "notes\t0\t2\tbob@example.com, chen@example.com\n"
        "read model:gpt-4o\t0\t2\tbob@example.com, chen@example.com\n"
        "read model:helper\t0\t2\tbob@example.com, chen@example.com\n",
        "warning: deleting `engineering`: "
        "2 of 2 members lose 2 permissions and 2 actions on resources\n"
        "warning: `interns` comes to the top level, without what is held from above\n",
    )


def test_what_is_foretold_of_a_deletion_is_what_it_does(
    cli: Cli, resource_office: Database
) -> None:
    foretold = cli("groups", "impact", "engineering", "--fields", "what,users").out
    for line in foretold.splitlines():
        what, users = line.split("\t")
        for user in users.split(", "):
            assert cli("check", user, *what.split()).code == 0
    assert cli("groups", "delete", "engineering", "--yes").code == 0
    for line in foretold.splitlines():
        what, users = line.split("\t")
        for user in users.split(", "):
            assert cli("check", user, *what.split()).code == 3


def test_a_move_gives_and_takes_what_lies_above(cli: Cli, resource_office: Database) -> None:
    assert cli("groups", "impact", "support", "--parent", "engineering") == Outcome(
        0,
        "chat.controls\t1\t0\tdana@example.com\n"
        "read model:gpt-4o\t1\t0\tdana@example.com\n"
        "read model:helper\t1\t0\tdana@example.com\n",
        "warning: moving `support`: 1 of 1 member gains 1 permission and 2 actions on resources\n",
    )
    assert cli("groups", "impact", "support", "--root") == Outcome(
        0,
        "notes\t0\t1\tdana@example.com\nread tool:calculator\t0\t1\tdana@example.com\n",
        "warning: moving `support`: 1 of 1 member loses 1 permission and 1 action on resources\n",
    )
    assert cli("groups", "impact", "support", "--parent", "staff") == Outcome(
        0, "", "warning: moving `support`: nobody gains or loses anything\n"
    )
    for parent, why in (("staff", "itself"), ("interns", "`interns`, which lies below it")):
        assert cli("groups", "impact", "staff", "--parent", parent) == Outcome(
            5, "", f"error: `staff` cannot be below {why}\n"
        )


def test_an_impact_is_one_json_document_with_ids(cli: Cli, resource_office: Database) -> None:
    outcome = cli("groups", "impact", "support", "--root", "-o", "json")
    assert (outcome.code, outcome.err) == (0, "")
    dana = {"users": ["dana@example.com"], "ids": ["u-dana"]}
    counts = {"gained": 0, "lost": 1, "restricts": False, **dana}
    assert json.loads(outcome.out) == {
        "schema": "grantctl.group-impact/v1",
        "data": [
            {"what": "notes", "permission": "notes", "action": None, "resource": None, **counts},
            {
                "what": "read tool:calculator",
                "permission": None,
                "action": "read",
                "resource": "tool:calculator",
                **counts,
            },
        ],
        "warnings": [
            "moving `support`: 1 of 1 member loses 1 permission and 1 action on resources"
        ],
        "next_cursor": None,
    }


def test_settings_show_who_gains_and_who_loses(office: Cli) -> None:
    assert office(
        *("permissions", "impact", "notes=false", "chat.controls=unset", "--group", "engineering")
    ) == Outcome(
        0,
        "chat.controls\ttrue\t\t0\t2\tbob@example.com, chen@example.com\nnotes\t\tfalse\t0\t0\t\n",
        "",
    )
    assert office("permissions", "impact", "notes=true", "--default") == Outcome(
        0, "notes\tfalse\ttrue\t2\t0\tu-flo, gus@example.com\n", ""
    )
    assert office("permissions", "impact", "chat=true", "--default", "-o", "csv") == Outcome(
        0,
        "key,before,after,gained,lost,users,restricts,ids\n"
        'chat.controls,false,true,3,0,"[""dana@example.com"",""u-flo"",""gus@example.com""]",'
        'false,"[""u-dana"",""u-flo"",""u-gus""]"\n'
        'chat.enforced,false,true,5,0,"[""bob@example.com"",""chen@example.com"",'
        '""dana@example.com"",""u-flo"",""gus@example.com""]",true,'
        '"[""u-bob"",""u-chen"",""u-dana"",""u-flo"",""u-gus""]"\n'
        "chat.share,true,true,0,0,[],false,[]\n"
        "chat.valves,true,true,0,0,[],false,[]\n",
        RESTRICTS,
    )


def test_the_first_ten_users_are_named_and_all_where_asked(cli: Cli, many: Database) -> None:
    first = [f"u{number}@example.com" for number in range(10)]
    every = ", ".join([*first, "u10@example.com", "u11@example.com"])
    deleting = "warning: deleting `crowd`: 12 of 12 members lose 1 permission\n"
    assert cli("groups", "impact", "crowd") == Outcome(
        0,
        f"workspace.tools\t0\t12\t{', '.join(first)}\n",
        f"{deleting}warning: {FIRST}\n",
    )
    assert cli("groups", "impact", "crowd", "--all") == Outcome(
        0, f"workspace.tools\t0\t12\t{every}\n", deleting
    )
    line = ("permissions", "impact", "workspace.tools=unset", "--group", "crowd")
    assert cli(*line) == Outcome(
        0, f"workspace.tools\ttrue\t\t0\t12\t{', '.join(first)}\n", f"warning: {FIRST}\n"
    )
    assert cli(*line, "--all") == Outcome(0, f"workspace.tools\ttrue\t\t0\t12\t{every}\n", "")


@pytest.mark.parametrize(
    ("line", "code", "err"),
    [
        (
            "groups impact engineerin",
            4,
            "error: no group `engineerin`\n"
            "hint: did you mean `engineering`? grantctl groups list\n",
        ),
        (
            "groups impact staff --root --parent support",
            2,
            "error: say where to: `--parent GROUP` or `--root`, and not both\n",
        ),
        (
            "permissions impact notes=true",
            2,
            "error: say for whom: `--group GROUP` or `--default`, and not both\n"
            "hint: grantctl permissions set --group editors chat.controls=true\n",
        ),
        (
            "permissions impact notes=maybe --default",
            2,
            "error: `notes=maybe` is not of the form KEY=true, KEY=false or KEY=unset\n"
            "hint: grantctl permissions impact --group editors chat.controls=true\n",
        ),
        (
            "permissions impact note=true --default",
            4,
            "error: no permission `note`\nhint: did you mean `notes`? grantctl permissions list\n",
        ),
        (
            "permissions impact chat=true chat.share=false --default",
            5,
            "error: `chat.share` is given two values\n"
            "hint: name it once, or leave its category out\n",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(office: Cli, line: str, code: int, err: str) -> None:
    assert office(*line.split()) == Outcome(code, "", err)


@pytest.mark.parametrize("format", ["table", "json", "ndjson", "yaml", "csv", "name"])
def test_every_format_answers(office: Cli, format: str) -> None:
    for line in ("groups impact staff", "permissions impact chat=true --default"):
        outcome = office(*line.split(), "-o", format)
        assert (outcome.code, bool(outcome.out)) == (0, True)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_attached_database_is_measured_too(url: str, cli: Cli, tmp_path: Path) -> None:
    source = make(
        tmp_path / "webui.db",
        "0.12.4",
        revision="0bd252b206fb",
        users=(ADA, BOB),
        groups=({**STAFF, "permissions": {"workspace": {"tools": True}}},),
        members=(("staff", "bob"),),
        resources={"tool": [{"id": "saw", "name": "Saw", "user_id": "ada", "created_at": 8}]},
        grants=[("tool", "saw", "group", "staff", "read")],
    )
    attached = ("--database", f"openwebui+sqlite:///{source}")
    assert cli("groups", "impact", "staff", *attached) == Outcome(
        0,
        "workspace.tools\t0\t1\tbob@example.com\nread tool:saw\t0\t1\tbob@example.com\n",
        "warning: deleting `Staff`: 1 of 1 member loses 1 permission and 1 action on resources\n",
    )
    assert cli("permissions", "impact", "workspace.models=true", "--default", *attached) == (
        Outcome(0, "workspace.models\tfalse\ttrue\t1\t0\tbob@example.com\n", "")
    )


def test_hostile_names_are_shown_harmless(cli: Cli, many: Database) -> None:
    name = "a\u202e[red]b"
    assert cli("groups", "create", name).code == 0
    assert cli("groups", "impact", name) == Outcome(
        0, "", "warning: deleting `a\\u202e[red]b`: nobody gains or loses anything\n"
    )
