"""`grantctl whoami`: whom a token stands for; without one, as whom changes are recorded."""

from __future__ import annotations

import json
from pathlib import Path

import jwt as pyjwt
import pytest

from tests.cli.credential_desk import SECRET, Desk, steady
from tests.conftest import Outcome
from tests.running import refusal, run

BOB = "bob@example.com"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])
MEMBERS = [
    *("user", "id", "name", "role", "groups", "active", "reason", "message", "kind", "token"),
    *("token_name", "scope", "issued_at", "expires_at"),
]


def test_a_token_s_user_groups_scope_and_end(desk: Desk) -> None:
    token = desk.issue(BOB, "--scope", "chat.*", "--name", "ci")
    outcome = desk("whoami", "--token", "-", stdin=token)
    assert (outcome.code, outcome.err) == (0, "")
    assert steady(outcome.out) == (
        "user:       bob@example.com\n"
        "id:         u-bob\n"
        "name:       Bob\n"
        "role:       user\n"
        "groups:\n"
        "  engineering\n"
        "  staff\n"
        "active:     true\n"
        "reason:     ok\n"
        "message:    it is valid\n"
        "kind:       jwt\n"
        "token:      ID\n"
        "token_name: ci\n"
        "scope:      chat.*\n"
        "issued_at:  TIME\n"
        "expires_at: TIME\n"
    )


def test_the_holder_is_who_it_is_now_and_not_when_it_was_issued(desk: Desk) -> None:
    token = desk.key()
    assert desk("groups", "remove", "engineering", BOB).code == 0
    assert desk("users", "update", BOB, "--name", "Robert").code == 0
    told = desk.data("whoami", "--token", "-", stdin=token)
    assert list(told) == MEMBERS
    assert (told["name"], told["groups"], told["kind"]) == ("Robert", [], "api_key")
    assert (told["scope"], told["expires_at"]) == (None, None)


def test_a_session_of_open_webui_is_known_by_its_user(desk: Desk) -> None:
    session = pyjwt.encode({"id": "u-bob"}, SECRET, algorithm="HS256")
    told = desk.data("whoami", "--token", "-", stdin=session)
    assert (told["user"], told["kind"], told["token"]) == (BOB, "openwebui", None)
    assert desk("config", "set", "tokens.accept_openwebui_sessions", "false").code == 0
    assert desk("whoami", "--token", "-", stdin=session).code == 3


def test_a_refused_token_is_nobody_s(desk: Desk, tmp_path: Path) -> None:
    token = desk.issue()
    assert desk("users", "suspend", BOB).code == 0
    file = tmp_path / "token"
    file.write_text(token)
    file.chmod(0o600)
    outcome = desk("whoami", "--token-file", str(file))
    assert (outcome.code, outcome.err) == (3, "")
    assert outcome.out.startswith("invalid: it was revoked on ")
    told = desk.data("whoami", "--token-file", str(file), code=3)
    assert list(told) == MEMBERS
    assert (told["active"], told["reason"]) == (False, "revoked")
    known = {one: told[one] for one in MEMBERS if told[one] not in (None, [])}
    assert list(known) == ["active", "reason", "message"]


@ON_SQLITE
def test_without_a_token_it_says_as_whom_and_where_changes_are_recorded(
    desk: Desk, url: str
) -> None:
    assert desk("whoami") == Outcome(
        0,
        "actor:         tester\n"
        "actor_from:    environment GRANTCTL_ACTOR\n"
        f"database:      {url}\n"
        "database_from: environment GRANTCTL_DATABASE\n",
        "",
    )
    assert desk("whoami", "-o", "name").out == "tester\n"


def test_a_password_in_the_database_s_url_is_not_shown() -> None:
    url = "postgresql://ada:geheim@db.example.com/grantctl"
    outcome = run("whoami", "-o", "json", env={"GRANTCTL_DATABASE": url})
    assert outcome.code == 0
    database = json.loads(outcome.out)["data"]["database"]
    assert database == "postgresql://ada:***@db.example.com/grantctl"


@ON_SQLITE
def test_wrong_words_are_one_line_and_the_right_exit_code(desk: Desk) -> None:
    token = desk.issue()
    for arguments, message in {
        ("--token", token): "a token is never taken from the command line, where others may see it",
        ("--token", ""): "a token is never taken from the command line, where others may see it",
        ("--token", "-", "--token-file", "x"): "only one of `-` and `--token-file` can be used",
        (BOB,): "got unexpected extra argument(s) (bob@example.com)",
    }.items():
        outcome = desk("whoami", *arguments, stdin=token)
        assert (outcome.code, refusal(outcome)[0]) == (2, message)
