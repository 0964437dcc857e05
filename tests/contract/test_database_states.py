"""SQLite files that are missing, foreign, damaged or of another revision: said, and left alone."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from grantctl.store import reader
from grantctl.store.revision import KNOWN_REVISIONS, SCHEMA_REVISION
from grantctl.store.url import file_url
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI, REVISIONS, STATES, State, flip_bytes, footprint
from tests.contract.questions import ALLOWED, CHANGE, DENIED, KEY, QUESTIONS, ask
from tests.running import json_refusal, refusal

COMMANDS = (
    *QUESTIONS,
    CHANGE,
    ("db", "check"),
    ("db", "migrate"),
    ("import", "openwebui", str(OPEN_WEBUI)),
)
ALL_STATES = {**STATES, **REVISIONS}


def check_refused(path: Path, state: State, command: tuple[str, ...]) -> None:
    before = footprint(path.parent)
    plain, as_json = ask(path, *command), ask(path, *command, "-o", "json")
    message, hint = refusal(plain)
    expected_message, expected_hint = state.said(path)
    assert (plain.code, as_json.code) == (7, 7)
    assert message.startswith(expected_message)
    assert hint == expected_hint
    assert json_refusal(as_json) == {
        "code": "database",
        "message": message,
        "hint": hint,
        "exit_code": 7,
    }
    assert footprint(path.parent) == before


@pytest.mark.parametrize("state", ALL_STATES)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_database_that_cannot_be_used_is_refused_and_left_as_it_is(
    state: str, command: tuple[str, ...], path: Path, healthy: Path
) -> None:
    ALL_STATES[state].make(path, healthy)
    check_refused(path, ALL_STATES[state], command)


@pytest.mark.parametrize("state", STATES)
def test_the_status_of_what_is_no_database_is_an_error(
    state: str, path: Path, healthy: Path
) -> None:
    STATES[state].make(path, healthy)
    check_refused(path, STATES[state], ("db", "status"))


@pytest.mark.parametrize("state", REVISIONS)
def test_the_status_of_another_revision_is_an_answer(state: str, path: Path, healthy: Path) -> None:
    REVISIONS[state].make(path, healthy)
    before = footprint(path.parent)
    outcome = ask(path, "db", "status", "--fields", "current,users")
    assert (outcome.code, outcome.out) == (7, "current: false\nusers:\n")
    assert outcome.err == f"hint: {REVISIONS[state].hint}\n"
    assert footprint(path.parent) == before


@pytest.mark.parametrize("state", ["missing", "text", "Open WebUI's", "newer", "cut in half"])
def test_a_process_says_so_in_two_lines(
    state: str, path: Path, healthy: Path, process: Cli
) -> None:
    ALL_STATES[state].make(path, healthy)
    message, hint = ALL_STATES[state].said(path)
    url = str(file_url(str(path)))
    outcome = process("check", ALLOWED, KEY, env={"GRANTCTL_DATABASE": url})
    assert outcome == Outcome(7, "", f"error: {message}\nhint: {hint}\n")


def test_an_older_revision_is_to_be_migrated(
    path: Path, healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(healthy, path)
    monkeypatch.setattr(reader, "SCHEMA_REVISION", "9999")
    monkeypatch.setattr(reader, "KNOWN_REVISIONS", (*KNOWN_REVISIONS, "9999"))
    message = f"the database has the older revision `{SCHEMA_REVISION}`, not `9999`: {{url}}"
    state = State(lambda *_: None, message, "grantctl db migrate")
    for command in (*QUESTIONS, CHANGE, ("db", "check"), ("import", "openwebui", str(OPEN_WEBUI))):
        check_refused(path, state, command)
    outcome = ask(path, "db", "status", "-o", "json")
    assert (outcome.code, outcome.err) == (7, "hint: grantctl db migrate\n")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("directory", 7),
        ("pipe", 7),
        ("text", 7),
        ("cut in half", 7),
        ("newer", 7),
        ("other program's", 5),
        ("Open WebUI's", 5),
    ],
)
@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["", "dry"])
def test_init_takes_nothing_over(
    state: str, code: int, flags: tuple[str, ...], path: Path, healthy: Path
) -> None:
    ALL_STATES[state].make(path, healthy)
    before = footprint(path.parent)
    outcome = ask(path, "init", *flags)
    assert outcome.code == code
    _, hint = refusal(outcome)
    assert hint is not None
    assert ("openwebui+sqlite:///" in hint) is (state == "Open WebUI's")
    assert footprint(path.parent) == before


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_file_never_allows_and_never_crashes(
    seed: int, path: Path, healthy: Path
) -> None:
    for number in range(25):
        flip_bytes(path, healthy, seed * 1000 + number)
        damaged = footprint(path.parent)
        assert ask(path, "check", DENIED, KEY).code in (3, 4, 7), number
        for command in (QUESTIONS[number % len(QUESTIONS)], ("db", "check"), ("db", "status")):
            outcome = ask(path, *command)
            assert outcome.code in (0, 3, 4, 7), (number, outcome)
            assert outcome.code != 7 or outcome.out == "" or command[0] == "who-can"
        assert footprint(path.parent) == damaged, number
        assert ask(path, *CHANGE).code in (0, 4, 5, 7), number
        for left in path.parent.glob("g.db-*"):
            left.unlink()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET role = 'owner'",
        "UPDATE users SET name = x'ff' WHERE email = 'dana@example.com'",
        "UPDATE permissions SET default_allowed = 'yes' WHERE key = 'chat.controls'",
        "UPDATE permissions SET default_allowed = 2 WHERE key = 'chat.controls'",
        "UPDATE group_permissions SET allowed = 'yes'",
        "UPDATE memberships SET source = 'magic'",
        "UPDATE memberships SET expires_at = 'never'",
        "UPDATE memberships SET expires_at = 9223372036854775807",
        "UPDATE groups SET name = x'00'",
    ],
)
def test_a_value_that_cannot_be_one_is_damage_not_an_answer(
    statement: str, path: Path, healthy: Path
) -> None:
    shutil.copyfile(healthy, path)
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA ignore_check_constraints=ON")
        raw.execute(statement)
    raw.close()
    outcomes = [ask(path, "explain", user, KEY) for user in (ALLOWED, DENIED)]
    assert 0 not in [one.code for one in outcomes if "dana" in one.out]
    refused = [refusal(one)[0] for one in outcomes if one.code == 7]
    assert refused
    assert all(one.startswith("the database is damaged") for one in refused)


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        ("UPDATE users SET role = 'owner'", ("users", "list")),
        ("UPDATE users SET created_at = 'today'", ("users", "list")),
        ("UPDATE users SET created_at = 9223372036854775807", ("users", "list")),
        ("UPDATE audit_events SET after = '{'", ("audit", "list")),
        ("UPDATE audit_events SET at = x'00'", ("audit", "list")),
    ],
)
def test_lists_too_tell_damage_from_a_fault_of_theirs(
    statement: str, command: tuple[str, ...], path: Path, healthy: Path
) -> None:
    shutil.copyfile(healthy, path)
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA ignore_check_constraints=ON")
        raw.execute(statement)
    raw.close()
    outcome = ask(path, *command)
    assert outcome.code == 7
    assert refusal(outcome)[0].startswith("the database is damaged")
