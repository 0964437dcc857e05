"""`grantctl revoke plan`: what it takes, who loses what besides, in every format."""

from __future__ import annotations

import json
from shlex import split

import pytest

from grantctl.store.database import Database
from tests.commands import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI

# ruff: noqa: E501

PLANS: dict[str, tuple[str, str]] = {
    "one group that sets it": (
        "bob@example.com chat.controls",
        """\
allowed: group `engineering` sets it true
to take it away, one of these:
  1. set `chat.controls` false for every member of `engineering`
    grantctl permissions set --group=engineering chat.controls=false
    the user loses nothing else; 1 other loses `chat.controls`
  2. take the user out of `engineering`
    grantctl groups remove engineering bob@example.com
    the user also loses 1 permission (notes) and 2 rights to resources (read model:gpt-4o, read model:helper); nobody else loses anything
""",
    ),
    "a group above": (
        "chen@example.com notes",
        """\
allowed: group `staff`, held through `interns`, sets it true
to take it away, one of these:
  1. set `notes` false for every member of `staff`
    grantctl permissions set --group=staff notes=false
    the user loses nothing else; 2 others lose `notes`
  2. take the user out of `interns`
    grantctl groups remove interns chen@example.com
    the user also loses 1 permission (chat.controls) and 3 rights to resources (read model:gpt-4o, read model:helper, read tool:calculator); nobody else loses anything
""",
    ),
    "the default": (
        "bob@example.com chat.share",
        """\
allowed: the default is true
to take it away:
  1. set `chat.share` false for every user
    grantctl permissions set --default chat.share=false
    the user loses nothing else; 4 others lose `chat.share`
""",
    ),
    "a category": (
        "bob@example.com chat",
        """\
allowed: 3 of 4 permissions under it are allowed, and one is enough
to take it away, one of these:
  1. set `chat.controls` false for every member of `engineering` and set 2 permissions false for every user
    grantctl permissions set --group=engineering chat.controls=false
    grantctl permissions set --default chat.share=false chat.valves=false
    the user loses nothing else; 1 other loses `chat.controls`, 4 others lose `chat.share`, 4 others lose `chat.valves`
  2. take the user out of `engineering` and set 2 permissions false for every user
    grantctl groups remove engineering bob@example.com
    grantctl permissions set --default chat.share=false chat.valves=false
    the user also loses 1 permission (notes) and 2 rights to resources (read model:gpt-4o, read model:helper); 4 others lose `chat.share`, 4 others lose `chat.valves`
""",
    ),
    "the owner's right and a group's grant": (
        "bob@example.com read tool:calculator",
        """\
allowed: the user owns `tool:calculator`, and owners are allowed everything
to take it away, one of these:
  1. revoke `read` on `tool:calculator` from every member of `staff` and let nobody own `tool:calculator`
    grantctl resources revoke --group=staff tool:calculator read
    grantctl resources set-owner --none tool:calculator
    the user also loses 1 right to a resource (write tool:calculator); 1 other loses `read tool:calculator`
  2. take the user out of `engineering` and let nobody own `tool:calculator`
    grantctl groups remove engineering bob@example.com
    grantctl resources set-owner --none tool:calculator
    the user also loses 2 permissions (chat.controls, notes) and 3 rights to resources (read model:gpt-4o, read model:helper, write tool:calculator); nobody else loses anything
""",
    ),
    "what everyone may, and a base": (
        "bob@example.com read model:helper",
        """\
allowed: `model:helper` is public, and every user may read it
to take it away, one of these:
  1. revoke `read` on `model:helper` from everyone
    grantctl resources revoke --everyone model:helper read
    the user loses nothing else; 1 other loses `read model:helper`
  2. take the user out of `engineering`
    grantctl groups remove engineering bob@example.com
    the user also loses 2 permissions (chat.controls, notes) and 1 right to a resource (read model:gpt-4o); nobody else loses anything
  3. revoke `read` on `model:gpt-4o` from every member of `engineering`
    grantctl resources revoke --group=engineering model:gpt-4o read
    the user also loses 1 right to a resource (read model:gpt-4o); 1 other loses `read model:gpt-4o`, 1 other loses `read model:helper`
""",
    ),
    "nothing": (
        "eli@example.com notes",
        "nothing to revoke: pending users are denied everything\n",
    ),
    "nothing of a resource": (
        "bob@example.com write model:llama3",
        "nothing to revoke: `model:llama3` is public, which lets every user read it and no more\n",
    ),
}
LAST_ADMIN = (
    "the user is the last admin and must stay one: make another first, "
    "grantctl users set-role USER admin"
)
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_a_plan_lists_the_smallest_first_and_who_loses_what(office: Cli) -> None:
    for asked, plan in PLANS.values():
        assert office("revoke", "plan", *split(asked)) == Outcome(0, plan, "")


def test_a_plan_changes_nothing_and_its_commands_do(office: Cli) -> None:
    asked = ("bob@example.com", "read", "tool:calculator")
    plan = office("revoke", "plan", *asked).out
    assert office("check", *asked).code == 0
    first = [line[4:] for line in plan.splitlines() if line.startswith("    grantctl ")][:2]
    for command in first:
        assert office(*split(command)[1:]).code == 0
    assert office("check", *asked).code == 3
    assert office("revoke", "plan", *asked).out.startswith("nothing to revoke: ")


def test_the_last_admin_is_told_to_be_one(office: Cli) -> None:
    outcome = office("revoke", "plan", "ada@example.com", "chat.enforced")
    assert outcome == Outcome(
        0,
        """\
allowed: admins are allowed everything
to take it away:
  1. make the admin a user
    grantctl users set-role ada@example.com user
    the user also loses 2 permissions (chat.controls, notes) and 6 rights to resources (write model:helper, write model:llama3, read model:lost, write model:lost, read tool:calculator and 1 more); nobody else loses anything
""",
        "warning: `chat.enforced` restricts: where it is true, the user may do less\n"
        f"warning: {LAST_ADMIN}\n",
    )
    assert office("users", "set-role", "ada@example.com", "user").code == 5
    assert office("users", "set-role", "bob@example.com", "admin", "--yes").code == 0
    assert office("revoke", "plan", "ada@example.com", "chat.enforced").err == (
        "warning: `chat.enforced` restricts: where it is true, the user may do less\n"
    )


def test_an_admin_who_would_have_it_as_a_user_too_loses_both(office: Cli) -> None:
    plan = office("revoke", "plan", "ada@example.com", "read", "knowledge:secrets").out
    assert plan.splitlines()[2:5] == [
        "  1. make the admin a user and let nobody own `knowledge:secrets`",
        "    grantctl users set-role ada@example.com user",
        "    grantctl resources set-owner --none knowledge:secrets",
    ]


def test_a_plan_is_data(office: Cli) -> None:
    document = json.loads(
        office("revoke", "plan", "bob@example.com", "chat.controls", "-o", "json").out
    )
    assert document["data"].pop("decided_at")
    assert document == {
        "schema": "grantctl.revocation-plan/v1",
        "data": {
            "allowed": True,
            "verdict": "allow",
            "reason": "group",
            "cause": "group `engineering` sets it true",
            "user": {"id": "u-bob", "email": "bob@example.com", "name": "Bob", "role": "user"},
            "asked": "chat.controls",
            "resource": None,
            "last_admin": False,
            "ways": [
                {
                    "kind": "change_groups",
                    "description": "set `chat.controls` false for every member of `engineering`",
                    "commands": [
                        "grantctl permissions set --group=engineering chat.controls=false"
                    ],
                    "user_loses": {"permissions": [], "resources": []},
                    "others_losing": 1,
                    "others_lose": [{"what": "chat.controls", "users": 1}],
                    "privileges": 1,
                    "demotes": False,
                },
                {
                    "kind": "leave_groups",
                    "description": "take the user out of `engineering`",
                    "commands": ["grantctl groups remove engineering bob@example.com"],
                    "user_loses": {
                        "permissions": ["notes"],
                        "resources": ["read model:gpt-4o", "read model:helper"],
                    },
                    "others_losing": 0,
                    "others_lose": [],
                    "privileges": 3,
                    "demotes": False,
                },
            ],
        },
        "warnings": [],
        "next_cursor": None,
    }


@ON_SQLITE
def test_every_format_has_the_ways(office: Cli) -> None:
    asked = ("revoke", "plan", "bob@example.com", "chat.controls")
    for output in ("ndjson", "yaml", "csv"):
        outcome = office(*asked, "-o", output)
        assert (outcome.code, outcome.err) == (0, "")
        assert "groups remove engineering bob@example.com" in outcome.out, output
    assert office(*asked, "-o", "name") == Outcome(0, "allow\n", "")
    assert office(*asked, "--fields", "asked,cause").out == (
        "asked: chat.controls\ncause: group `engineering` sets it true\n"
    )
    admin = json.loads(office("revoke", "plan", "ada@example.com", "notes", "-o", "json").out)
    assert admin["warnings"] == [LAST_ADMIN]


@ON_SQLITE
def test_about_an_attached_database_the_commands_work_once_it_is_brought_in(cli: Cli) -> None:
    url = f"openwebui+sqlite:///{OPEN_WEBUI}"
    outcome = cli("revoke", "plan", "exotic0@example.com", "chat.controls", "--database", url)
    assert outcome.code == 0
    assert "grantctl permissions set --default chat.controls=false\n" in outcome.out
    assert outcome.err.startswith("warning: an attached Open WebUI database is only read: ")


@ON_SQLITE
def test_what_there_is_not_is_an_error(office: Cli) -> None:
    for asked, message in (
        ("nobody chat.controls", "no user `nobody`"),
        ("bob@example.com chat.contrls", "no permission `chat.contrls`"),
        ("bob@example.com read model:none", "no resource `model:none`"),
    ):
        outcome = office("revoke", "plan", *asked.split())
        assert (outcome.code, outcome.out) == (4, "")
        assert outcome.err.startswith(f"error: {message}\n")
    for code, asked in (
        (2, "bob@example.com"),
        (5, "bob@example.com read model"),
        (5, "b a:b m:x"),
    ):
        assert office("revoke", "plan", *asked.split()).code == code


def test_a_misspelt_action_does_not_pass_for_nothing_to_revoke(office: Cli) -> None:
    assert office("revoke", "plan", "bob@example.com", "raed", "model:gpt-4o") == Outcome(
        0,
        "nothing to revoke: `model:gpt-4o` is restricted, and its one grant is not for `raed`: "
        "the user has `read`, which does not imply `raed`\n",
        "warning: no grant on `model:gpt-4o` names the action `raed`: did you mean `read`?\n",
    )


def test_without_a_permission_that_restricts_a_user_may_do_more(office: Cli) -> None:
    assert office("permissions", "set", "--default", "chat.enforced=true").code == 0
    outcome = office("revoke", "plan", "bob@example.com", "chat.enforced", "-o", "json")
    assert json.loads(outcome.out)["warnings"] == [
        "`chat.enforced` restricts: where it is true, the user may do less"
    ]
