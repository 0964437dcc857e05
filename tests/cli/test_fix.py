"""`grantctl explain --fix`: what would allow it, whom that reaches, in every format."""

from __future__ import annotations

import json
from shlex import split

import pytest

from grantctl.store.database import Database
from tests.cli.credential_desk import DESK_OFFICE, Desk
from tests.cli.resource_office import RESOURCES
from tests.commands import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.contract.resource_worlds import ResourceWorld
from tests.databases import prepared

# ruff: noqa: E501

FIXES: dict[str, tuple[str, str]] = {
    "a group of one's own, another one, the default": (
        "dana@example.com chat.controls",
        """\
to allow it, the least privilege first:
  1. set `chat.controls` true for every member of `support` (1 user gains it)
    grantctl permissions set --group=support chat.controls=true
  2. add the user to `engineering` (1 user gains it; the user also gains 2 rights to resources)
    grantctl groups add engineering dana@example.com
  3. set `chat.controls` true for every user (3 users gain it)
    grantctl permissions set --default chat.controls=true
  4. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role dana@example.com admin
""",
    ),
    "an approval, and more": (
        "eli@example.com chat.controls",
        """\
to allow it, the least privilege first:
  1. approve the user and set `chat.controls` true for every member of `support` (2 users gain it; the user also gains 3 permissions and 5 rights to resources)
    grantctl users approve eli@example.com
    grantctl permissions set --group=support chat.controls=true
  2. approve the user and add the user to `engineering` (1 user gains it; the user also gains 3 permissions and 7 rights to resources)
    grantctl users approve eli@example.com
    grantctl groups add engineering eli@example.com
  3. approve the user and set `chat.controls` true for every user (4 users gain it; the user also gains 3 permissions and 5 rights to resources)
    grantctl users approve eli@example.com
    grantctl permissions set --default chat.controls=true
  4. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role eli@example.com admin
""",
    ),
    "an approval alone": (
        "eli@example.com notes",
        """\
to allow it, the least privilege first:
  1. approve the user (1 user gains it; the user also gains 2 permissions and 5 rights to resources)
    grantctl users approve eli@example.com
  2. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role eli@example.com admin
""",
    ),
    "a membership that has expired": (
        "gus@example.com chat.controls",
        """\
to allow it, the least privilege first:
  1. set `chat.controls` true for every user (3 users gain it)
    grantctl permissions set --default chat.controls=true
  2. renew the expired membership in `engineering` (1 user gains it; the user also gains 1 permission and 3 rights to resources)
    grantctl groups add engineering gus@example.com
  3. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role gus@example.com admin
""",
    ),
    "all of a category": (
        "dana@example.com chat --all",
        """\
to allow it, the least privilege first:
  1. set 2 permissions true for every member of `support` (1 user gains it)
    grantctl permissions set --group=support chat.controls=true chat.enforced=true
    ! `chat.enforced` restricts: the user may then do less
  2. set 2 permissions true for every user (5 users gain it)
    grantctl permissions set --default chat.controls=true chat.enforced=true
    ! `chat.enforced` restricts: the user may then do less
  3. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role dana@example.com admin
""",
    ),
    "a base": (
        "dana@example.com read model:helper",
        """\
to allow it, the least privilege first:
  1. grant the user `read` on `model:gpt-4o` (1 user gains it; the user also gains 1 right to a resource)
    grantctl resources grant --user=dana@example.com model:gpt-4o read
  2. grant every member of `support` `read` on `model:gpt-4o` (1 user gains it; the user also gains 1 right to a resource)
    grantctl resources grant --group=support model:gpt-4o read
  3. add the user to `engineering` (1 user gains it; the user also gains 1 permission and 1 right to a resource)
    grantctl groups add engineering dana@example.com
  4. grant everyone `read` on `model:gpt-4o` (3 users gain it; the user also gains 1 right to a resource)
    grantctl resources publish model:gpt-4o
  5. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role dana@example.com admin
""",
    ),
    "a base that does not exist": (
        "u-flo read model:lost",
        """\
to allow it, the least privilege first:
  1. let `model:lost` have no base (5 users gain it)
    grantctl resources update --no-base model:lost
  2. make `model:gone` known, for every user to read (5 users gain it; the user also gains 1 right to a resource)
    grantctl resources create --public model:gone
  3. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role u-flo admin
""",
    ),
    "what only the role can help": (
        "bob@example.com share model:llama3 --ignore-owner",
        """\
to allow it, the least privilege first:
  1. grant the user `share` on `model:llama3` (1 user gains it)
    grantctl resources grant --user=bob@example.com model:llama3 share
  2. grant every member of `engineering` `share` on `model:llama3` (2 users gain it)
    grantctl resources grant --group=engineering model:llama3 share
  3. grant everyone `share` on `model:llama3` (5 users gain it)
    grantctl resources grant --everyone model:llama3 share
  4. make the user an admin (hands over admin rights: everything is allowed)
    grantctl users set-role bob@example.com admin
""",
    ),
}
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


@prepared
def _desk_office(database: Database) -> None:
    """The office of the desk, with its resources."""
    ResourceWorld(DESK_OFFICE, RESOURCES).write(database)


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_fixes_stand_below_the_tree_in_place_of_the_remedies(office: Cli) -> None:
    for question, fixes in FIXES.values():
        tree, _, _ = office("explain", *split(question)).out.partition("to allow it")
        assert office("explain", *split(question), "--fix") == Outcome(3, tree + fixes, "")


def test_what_is_allowed_has_nothing_to_fix(office: Cli) -> None:
    for question in ("bob@example.com chat.controls", "bob@example.com read model:gpt-4o"):
        tree = office("explain", *question.split()).out
        said = "there is nothing to fix: it is allowed\n"
        assert office("explain", *question.split(), "--fix") == Outcome(0, tree + said, "")
        document = json.loads(office("explain", *question.split(), "--fix", "-o", "json").out)
        assert document["data"]["fixes"] == []


def test_a_fix_is_data_besides_what_an_explanation_is_without_it(office: Cli) -> None:
    question = ("explain", "dana@example.com", "chat.controls", "-o", "json")
    plain = json.loads(office(*question).out)
    fixed = json.loads(office(*question, "--fix").out)
    fixes = fixed["data"].pop("fixes")
    for one in (plain, fixed):
        del one["data"]["decided_at"]
    assert fixed == plain
    assert [one["kind"] for one in fixes] == ["set_for_group", "join_group", "set_default", "admin"]
    assert fixes[1] == {
        "kind": "join_group",
        "description": "add the user to `engineering`",
        "commands": ["grantctl groups add engineering dana@example.com"],
        "group": {"id": "g-eng", "name": "engineering"},
        "users_gaining": 1,
        "permissions_besides": [],
        "resources_besides": 2,
        "privileges": 3,
        "restricting": [],
        "closed_gates": [],
        "hands_over_admin": False,
    }
    assert fixes[3]["permissions_besides"] == ["chat.enforced"]
    assert fixes[3]["resources_besides"] is None
    assert fixes[3]["hands_over_admin"] is True


@ON_SQLITE
def test_every_format_has_the_fixes(office: Cli) -> None:
    question = ("explain", "u-flo", "read", "knowledge:secrets", "--fix")
    for output in ("json", "ndjson", "yaml", "csv"):
        outcome = office(*question, "-o", output)
        assert (outcome.code, outcome.err) == (3, "")
        assert "resources grant --user=u-flo knowledge:secrets read" in outcome.out, output
    assert office(*question, "-o", "name") == Outcome(3, "deny\n", "")
    shown = office(*question, "--fields", "fixes").out
    assert shown.startswith("fixes:\n  - kind:                grant_user\n")


def test_a_gate_that_stays_closed_is_told(office: Cli) -> None:
    assert office("permissions", "set", "--default", "chat.valves=false").code == 0
    fixes = office("explain", "dana@example.com", "chat.valves", "--fix").out
    assert (
        "  1. set `chat.valves` true for every member of `support` (1 user gains it)\n"
        "    grantctl permissions set --group=support chat.valves=true\n"
        "    ! gated by `chat.controls`, which the user is still denied\n"
    ) in fixes


@ON_SQLITE
def test_a_token_whose_scope_denies_needs_another_token(desk: Desk) -> None:
    token = desk.issue("bob@example.com", "--scope", "notes")
    asked = ("explain", "--token", "-", "chat.controls", "--fix")
    outcome = desk(*asked, stdin=token)
    assert outcome.code == 3
    assert outcome.out.partition("to allow it")[2] == (
        ":\n"
        "  1. issue a token whose scope covers it (the token alone gains it)\n"
        "    grantctl tokens issue '--scope=chat.controls notes' bob@example.com\n"
    )
    [command] = [one[4:] for one in outcome.out.splitlines() if one.startswith("    grantctl ")]
    wider = desk.alone(*split(command)[1:])
    assert desk(*asked, stdin=wider).code == 0


@ON_SQLITE
def test_where_the_user_is_denied_too_both_are_changed(desk: Desk) -> None:
    token = desk.issue("dana@example.com", "--scope", "notes")
    outcome = desk("explain", "--token", "-", "read", "model:gpt-4o", "--fix", stdin=token)
    assert (
        "  1. grant the user `read` on `model:gpt-4o` and issue a token whose scope covers it "
        "(1 user gains it; the user also gains 1 right to a resource)\n"
        "    grantctl resources grant --user=dana@example.com model:gpt-4o read\n"
        "    grantctl tokens issue '--scope=notes read:model:gpt-4o' dana@example.com\n"
    ) in outcome.out


@ON_SQLITE
def test_a_token_that_is_not_accepted_has_no_fixes(desk: Desk) -> None:
    asked = ("explain", "--token", "-", "notes", "--fix")
    outcome = desk(*asked, stdin="gctl_" + "a" * 36)
    assert outcome.code == 3
    assert outcome.out.startswith("denied: the token is not accepted: ")
    document = json.loads(desk(*asked, "-o", "json", stdin="gctl_" + "a" * 36).out)
    assert document["data"]["fixes"] == []


@ON_SQLITE
def test_about_an_attached_database_the_commands_work_once_it_is_brought_in(cli: Cli) -> None:
    url = f"openwebui+sqlite:///{OPEN_WEBUI}"
    outcome = cli("explain", "exotic1@example.com", "workspace.prompts", "--fix", "--database", url)
    assert outcome.code == 3
    assert "    grantctl permissions set --default workspace.prompts=true\n" in outcome.out
    assert outcome.err == (
        "warning: an attached Open WebUI database is only read: the commands work once it is "
        "brought in, grantctl import openwebui\n"
    )


@ON_SQLITE
def test_a_batch_has_no_fixes(office: Cli) -> None:
    assert office("explain", "--batch", "-", "--fix", stdin="") == Outcome(
        2, "", "error: `--fix` is about one question, not about a batch of them\n"
    )
