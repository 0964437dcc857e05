"""`check`, `who-can` and `access` about resources, as a user and as a script would ask."""

from __future__ import annotations

import json

import pytest

from grantctl.store.database import Database
from tests.conftest import Cli, Outcome


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_check_says_it_in_a_line_and_in_its_exit_code(office: Cli) -> None:
    assert office("check", "bob@example.com", "read", "model:gpt-4o") == Outcome(
        0, "allowed: group `engineering` is granted `read`\n", ""
    )
    assert office("check", "dana@example.com", "read", "model:gpt-4o") == Outcome(
        3, "denied: `model:gpt-4o` is restricted, and its one grant is not to the user\n", ""
    )
    assert office("check", "dana@example.com", "read", "model:gpt-4o", "-q") == Outcome(3, "", "")


def test_a_process_answers_as_well(url: str, resource_office: Database, process: Cli) -> None:
    outcome = process("check", "Flo", "read", "model:llama3", env={"GRANTCTL_DATABASE": url})
    assert outcome == Outcome(
        0, "allowed: `model:llama3` is public, and every user may read it\n", ""
    )


def test_write_does_not_imply_read_and_the_other_way_round(office: Cli) -> None:
    assert office("check", "Flo", "write", "tool:calculator").code == 0
    assert office("check", "Flo", "read", "tool:calculator").code == 3
    assert office("check", "chen@example.com", "read", "tool:calculator").code == 0
    assert office("check", "chen@example.com", "write", "tool:calculator").code == 3


def test_without_the_admin_bypass_an_admin_is_judged_as_any_user(office: Cli) -> None:
    question = ("check", "ada@example.com", "read", "tool:calculator")
    assert office(*question).code == 0
    assert office("config", "set", "access.admin_bypass", "false").code == 0
    denied = office("explain", *question[1:])
    assert denied.code == 3
    assert denied.out.splitlines()[2] == "├─ · role: admin, decides nothing"
    assert denied.out.splitlines()[-2:] == [
        "  let admins do everything again",
        "    grantctl config set access.admin_bypass true",
    ]
    assert office("check", "ada@example.com", "read", "model:gpt-4o").out == (
        "allowed: the user owns `model:gpt-4o`, and owners are allowed everything\n"
    )
    assert "ada@example.com" not in office("who-can", "read", "tool:calculator").out


def test_who_can_says_through_what(office: Cli) -> None:
    assert office("who-can", "read", "tool:calculator") == Outcome(
        0,
        "ada@example.com\tadmin\t\n"
        "bob@example.com\towner, group\tengineering › staff\n"
        "chen@example.com\tgroup\tinterns, interns › engineering › staff\n"
        "dana@example.com\tgroup\tsupport › staff\n",
        "",
    )
    assert office("who-can", "write", "tool:calculator").out == (
        "ada@example.com\tadmin\t\nbob@example.com\towner\t\n"
        "dana@example.com\tgroup\tsupport\nu-flo\tdirect\t\n"
    )
    assert office("who-can", "write", "tool:whiteboard", "-o", "name").out == (
        "ada@example.com\nbob@example.com\nchen@example.com\ndana@example.com\nu-flo\n"
        "gus@example.com\n"
    )
    assert office("who-can", "read", "model:helper").out == (
        "ada@example.com\tadmin\t\nbob@example.com\tpublic\t\nchen@example.com\tpublic\t\n"
    )
    assert office("who-can", "read", "knowledge:secrets", "--ignore-role", "--ignore-owner") == (
        Outcome(0, "", "")
    )


def test_who_can_as_json_has_users_and_their_ways(office: Cli) -> None:
    document = json.loads(office("who-can", "read", "model:gpt-4o", "-o", "json").out)
    assert document["schema"] == "grantctl.access-subjects/v1"
    assert document["data"][1] == {
        "user": "bob@example.com",
        "via": ["group"],
        "paths": ["engineering"],
        "id": "u-bob",
        "name": "Bob",
        "role": "user",
    }


def test_access_lists_what_a_user_may_do_to_resources_and_through_what(office: Cli) -> None:
    assert office("access", "chen@example.com", "--type", "*") == Outcome(
        0,
        "model:gpt-4o\tread\tgroup\tinterns › engineering\tGPT-4o\n"
        "model:helper\tread\tpublic\t\tHelper\n"
        "model:llama3\tread\tpublic\t\tLlama 3\n"
        "tool:calculator\tread\tgroup\tinterns, interns › engineering › staff\tCalculator\n"
        "tool:whiteboard\tread\towner, everyone\t\tWhiteboard\n"
        "tool:whiteboard\twrite\towner, everyone\t\tWhiteboard\n",
        "",
    )
    assert office("access", "Flo", "--type", "tool", "--action", "write").out == (
        "tool:calculator\twrite\tdirect\t\tCalculator\n"
        "tool:whiteboard\twrite\teveryone\t\tWhiteboard\n"
    )
    assert office("access", "eli@example.com", "--type", "tool") == Outcome(0, "", "")
    admin = office("access", "ada@example.com", "--type", "knowledge", "-o", "ndjson").out
    assert [json.loads(line)["via"] for line in admin.splitlines()] == [["admin"], ["admin"]]


def test_a_batch_answers_both_kinds_of_questions_in_order(office: Cli) -> None:
    rows = (
        "Flo\tread\tmodel:llama3\n"
        "bob@example.com\tchat.controls\n"
        '{"user": "Flo", "action": "read", "resource": "tool:calculator"}\n'
        "Flo\tread\tmodel:llama4\n"
    )
    outcome = office("check", "--batch", "-", "-o", "ndjson", stdin=rows)
    assert (outcome.code, outcome.err) == (8, "")
    answers = [json.loads(line) for line in outcome.out.splitlines()]
    assert answers[0] == {
        "user": "Flo",
        "permission": "read model:llama3",
        "verdict": "allow",
        "reason": "public",
        "action": "read",
        "resource": "model:llama3",
    }
    assert [one["verdict"] for one in answers] == ["allow", "allow", "deny", "error"]
    ignoring = office("check", "--batch", "-", "--ignore-base", stdin="Flo\tread\tmodel:lost\n")
    assert ignoring.out == "Flo\tread model:lost\tallow\tpublic\n"


WRONG = [
    (("check", "Bob", "read", "gpt"), 5, "`gpt` does not name a resource"),
    (("check", "Bob", "read", "Model:x"), 5, "`Model` is no type of resource"),
    (("check", "Bob", "read", "model:"), 5, "`model:` does not name a resource"),
    (("check", "Bob", "re ad", "model:x"), 5, "`re ad` is no action: "),
    (("check", "Bob", "", "model:x"), 5, "`` is no action: it is empty"),
    (("check", "Bob", "read", "model:x"), 4, "no resource `model:x`"),
    (("check", "nobody", "read", "model:llama3"), 4, "no user `nobody`"),
    (("check", "Bob", "chat", "--ignore-owner"), 2, "`--ignore-owner` goes with a resource"),
    (("explain", "Bob", "chat", "--ignore-base"), 2, "`--ignore-base` goes with a resource"),
    (("check", "Bob", "read", "model:llama3", "--all"), 2, "`--all` goes with a category"),
    (("who-can", "read", "model:x\x1b"), 5, "a resource's id holds the control character U+001B"),
    (("access", "Bob", "--type", "toll"), 4, "no resource is of the type `toll`"),
    (("access", "Bob", "chat", "--type", "tool"), 2, "`--type` asks for resources, "),
    (("access", "Bob", "--action", "read"), 2, "`--action`, `--ignore-owner` and "),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG)
def test_wrong_words_are_one_line_and_the_right_exit_code(
    office: Cli, arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = office(*arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(f"error: {message}")
    assert outcome.err.count("\n") <= 2


def test_an_empty_database_has_no_resource_to_ask_about(cli: Cli) -> None:
    assert cli("users", "create", "ada@example.com").code == 0
    outcome = cli("check", "ada@example.com", "read", "model:x")
    assert outcome == Outcome(
        4, "", "error: there are no resources\nhint: grantctl resources create TYPE:ID\n"
    )
    assert cli("access", "ada@example.com", "--type", "*") == Outcome(0, "", "")
