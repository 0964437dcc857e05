"""`check` and `explain` of whoever holds a token: the token, then its scope, then the user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantctl.store.database import Database
from tests.cli.credential_desk import DESK_OFFICE, SIGNED, Desk, steady
from tests.cli.resource_office import RESOURCES
from tests.conftest import Cli, Outcome
from tests.contract.resource_worlds import ResourceWorld
from tests.databases import prepared
from tests.running import refusal

BOB = "bob@example.com"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


@prepared
def _desk_office(database: Database) -> None:
    """The office of the desk, with its resources."""
    ResourceWorld(DESK_OFFICE, RESOURCES).write(database)


def check(desk: Desk, token: str, *asked: str) -> Outcome:
    return desk("check", "--token", "-", *asked, stdin=token)


def test_the_holder_of_a_token_may_what_its_user_may(desk: Desk) -> None:
    for token in (desk.issue(), desk.key()):
        assert check(desk, token, "chat.controls") == Outcome(
            0, "allowed: group `engineering` sets it true\n", ""
        )
        assert check(desk, token, "read", "model:gpt-4o") == Outcome(
            0, "allowed: group `engineering` is granted `read`\n", ""
        )
        assert check(desk, token, "write", "model:gpt-4o").code == 3
        assert check(desk, token, "chat.enforced", "-q") == Outcome(3, "", "")
        assert check(desk, token, "chat").code == 0
        assert check(desk, token, "chat", "--all").code == 3


def test_rights_are_those_of_the_moment(desk: Desk) -> None:
    token = desk.issue()
    assert check(desk, token, "chat.controls").code == 0
    assert desk("groups", "remove", "engineering", BOB).code == 0
    assert check(desk, token, "chat.controls").code == 3
    assert check(desk, token, "read", "model:gpt-4o").code == 3


def test_a_scope_takes_away_and_never_gives(desk: Desk) -> None:
    token = desk.issue(BOB, "--scope", "chat.* read:model:*")
    assert check(desk, token, "chat.controls").code == 0
    assert check(desk, token, "read", "model:gpt-4o").code == 0
    assert check(desk, token, "chat.enforced").code == 3
    assert check(desk, token, "notes") == Outcome(
        3, "denied: the token's scope `chat.* read:model:*` does not cover `notes`\n", ""
    )
    assert check(desk, token, "read", "tool:calculator").code == 3
    assert desk("check", BOB, "read", "tool:calculator").code == 0
    admin = desk.issue("ada@example.com", "--scope", "notes")
    assert check(desk, admin, "notes").code == 0
    assert check(desk, admin, "chat.controls").code == 3


def test_explain_shows_the_scope_as_a_step(desk: Desk) -> None:
    token = desk.issue(BOB, "--scope", "chat.*")
    outcome = desk("explain", "--token", "-", "chat.share", stdin=token)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[2] == "├─ · scope of the token: chat.*, decides nothing"
    outcome = desk("explain", "--token", "-", "read", "tool:calculator", stdin=token)
    assert outcome.code == 3
    assert outcome.out.splitlines()[:3] == [
        "✗ denied: bob@example.com may not read tool:calculator",
        "├─ because the token's scope `chat.*` does not cover `read tool:calculator`",
        "├─ ✗ scope of the token: chat.*",
    ]
    document = desk.data("check", "--token", "-", "notes", code=3, stdin=token)
    assert document["scope"] == "chat.*"
    assert document["steps"][0]["rule"] == "scope"
    assert document["steps"][0]["verdict"] is False
    assert (document["token"]["active"], document["token"]["sub"]) == (True, "u-bob")


def test_a_refused_token_is_a_denial_before_anything_is_asked(desk: Desk) -> None:
    token = desk.issue()
    assert desk("tokens", "revoke", "--token", "-", stdin=token).code == 0
    sentence = "the token is not accepted: it was revoked on TIME by tester"
    for command in ("check", "explain"):
        for asked in (("chat.controls",), ("read", "model:llama3"), ("no.such.key",)):
            outcome = desk(command, "--token", "-", *asked, stdin=token)
            assert (outcome.code, outcome.err) == (3, "")
            assert steady(outcome.out) == f"denied: {sentence}\n"
    document = desk.data("check", "--token", "-", "chat.controls", code=3, stdin=token)
    assert {one: document[one] for one in ("allowed", "verdict", "reason", "user")} == {
        "allowed": False,
        "verdict": "deny",
        "reason": "token",
        "user": None,
    }
    assert list(document["token"]) == ["active", "reason", "message"]
    assert (document["token"]["active"], document["token"]["reason"]) == (False, "revoked")


def test_a_refusal_has_the_members_that_every_decision_has(desk: Desk) -> None:
    token = desk.issue()
    for asked in (("chat.controls",), ("read", "model:gpt-4o")):
        for options in ((), ("--ignore-role",)):
            accepted = desk("check", "--token", "-", *asked, *options, "-o", "json", stdin=token)
            refused = desk("check", "--token", "-", *asked, *options, "-o", "json", stdin="a.b.c")
            assert (accepted.code, refused.code) == (0, 3)
            told, denied = json.loads(accepted.out), json.loads(refused.out)
            assert list(told["data"]) == list(denied["data"])
            assert told["schema"] == denied["schema"]
            assert told["data"]["ignores_role"] == denied["data"]["ignores_role"]


@pytest.mark.parametrize("output", ["table", "json", "ndjson", "yaml", "csv", "name"])
def test_every_format_has_the_same_exit_code(desk: Desk, output: str) -> None:
    token = desk.issue()
    for text, code in ((token, 0), ("nonsense", 3)):
        for command in ("check", "explain"):
            outcome = desk(command, "--token", "-", "chat.controls", "-o", output, stdin=text)
            assert (outcome.code, outcome.err) == (code, "")


def test_a_valid_token_does_not_hide_that_a_name_is_unknown(desk: Desk) -> None:
    outcome = check(desk, desk.issue(), "chat.contrals")
    assert (outcome.code, refusal(outcome)[0]) == (4, "no permission `chat.contrals`")
    outcome = check(desk, desk.issue(), "read", "model:none")
    assert outcome.code == 4


def test_a_question_does_not_count_as_a_use(desk: Desk) -> None:
    key = desk.key()
    assert check(desk, key, "chat.controls").code == 0
    assert desk.data("tokens", "show", desk.id_of(key))["last_used_at"] is None


@ON_SQLITE
def test_wrong_words_are_one_line_and_the_right_exit_code(desk: Desk, tmp_path: Path) -> None:
    token = desk.issue()
    many = "the token stands for the user, so there is an argument too many"
    for arguments, (code, message) in {
        ("--token", "-"): (2, "missing argument `KEY|ACTION`"),
        ("--token", "-", BOB, "read", "model:x"): (2, many),
        ("--token", token, "chat"): (2, "a token is never taken from the command line, where"),
        ("--token", "-", "--token-file", "x", "chat"): (2, "only one of `-` and `--token-file`"),
        ("--token-file", str(tmp_path / "no"), "chat"): (2, "the token file `"),
        ("--token-file", "a\nb", "chat"): (2, "the token file `a\\nb` cannot be read"),
        ("--token", "-", "chat", "--ignore-base"): (2, "`--ignore-base` goes with a resource"),
    }.items():
        for command in ("check", "explain"):
            outcome = desk(command, *arguments, stdin=token)
            assert outcome.code == code, (arguments, outcome)
            assert refusal(outcome)[0].startswith(message)
    outcome = desk("check", "--token", "-", "--batch", "x", stdin=token)
    assert (outcome.code, outcome.out) == (2, "")


def test_a_process_answers_as_well(url: str, desk: Desk, process: Cli) -> None:
    environment = {**SIGNED, "GRANTCTL_DATABASE": url}
    question = ("check", "--token", "-", "chat.controls")
    assert process(*question, stdin=desk.issue(), env=environment).code == 0
    assert process(*question, stdin="nonsense", env=environment).code == 3


def test_what_may_be_asked_is_completed_where_a_token_stands_for_the_user(
    url: str, desk: Desk, process: Cli
) -> None:
    for line, words in {
        "check --token - chat.c": "chat.controls\n",
        "explain --token-file t wr": "write\n",
        "check bo": "bob@example.com\n",
    }.items():
        variables = {"_GRANTCTL_COMPLETE": "bash", "_GRANTCTL_LINE": f"grantctl {line}"}
        outcome = process(env={**variables, "GRANTCTL_DATABASE": url})
        assert (outcome.code, outcome.out) == (0, words), line
