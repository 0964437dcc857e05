"""SQLite files that are missing, foreign, damaged, locked or read-only: said, and left alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from grantctl.operations.changes import Intent
from grantctl.operations.databases import create_database
from grantctl.operations.demonstration import make_organisation
from grantctl.store import reader, sqlite_file
from grantctl.store.url import file_url, parse_url
from tests.conftest import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI, REVISIONS, STATES, State, flip_bytes, footprint
from tests.contract.nobody import as_nobody, open_folder
from tests.running import json_refusal, refusal, run

ALLOWED, DENIED = "bob@example.com", "dana@example.com"
KEY = "chat.controls"
CHANGE = ("permissions", "set", "--default", f"{KEY}=true")
QUESTIONS = (
    ("check", ALLOWED, KEY),
    ("explain", ALLOWED, KEY),
    ("who-can", KEY),
    ("access", ALLOWED),
    ("users", "list"),
    ("audit", "list"),
)
COMMANDS = (
    *QUESTIONS,
    CHANGE,
    ("db", "check"),
    ("db", "migrate"),
    ("import", "openwebui", str(OPEN_WEBUI)),
)
ALL_STATES = {**STATES, **REVISIONS}


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a small organisation in it."""
    path = tmp_path_factory.mktemp("healthy") / "healthy.db"
    make_organisation(file_url(str(path)))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is, alone in its folder."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "g.db"


def ask(path: Path, *command: str) -> Outcome:
    return run(*command, env={"GRANTCTL_DATABASE": str(file_url(str(path)))})


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
    monkeypatch.setattr(reader, "SCHEMA_REVISION", "0002")
    monkeypatch.setattr(reader, "KNOWN_REVISIONS", ("0001", "0002"))
    message = "the database has the older revision `0001`, not `0002`: {url}"
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


@pytest.fixture
def locked(path: Path, healthy: Path) -> Iterator[Path]:
    """A database in which another program has begun to write."""
    shutil.copyfile(healthy, path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM users")
    yield path
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("command", QUESTIONS, ids=lambda command: command[0])
def test_reading_goes_on_while_another_writes(
    locked: Path, healthy: Path, command: tuple[str, ...]
) -> None:
    assert ask(locked, *command) == ask(healthy, *command)


@pytest.mark.parametrize(
    "command", [CHANGE, ("import", "openwebui", str(OPEN_WEBUI))], ids=lambda one: one[0]
)
def test_a_second_writer_gives_up_after_a_while(
    locked: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_SECONDS", 0.1)
    for outcome in (ask(locked, *command), ask(locked, *command, "--dry-run")):
        assert outcome.code == 7
        assert refusal(outcome) == (
            f"the database is locked by another process: {file_url(str(locked))}",
            "try again when it has ended",
        )


KILLED = """
import os, sqlite3, sys
raw = sqlite3.connect(sys.argv[1], isolation_level=None)
raw.execute("UPDATE permissions SET default_allowed = 1 WHERE key = 'chat.controls'")
raw.execute("BEGIN IMMEDIATE")
raw.execute("DELETE FROM users")
raw.execute("PRAGMA cache_spill = 1")
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_writer_committed_counts_and_nothing_else(path: Path, healthy: Path) -> None:
    shutil.copyfile(healthy, path)
    assert ask(path, "check", DENIED, KEY).code == 3
    os.spawnv(os.P_WAIT, os.sys.executable, ["python", "-c", KILLED, str(path)])  # type: ignore[attr-defined]
    assert path.with_name("g.db-wal").stat().st_size > 0
    main = path.read_bytes()
    assert ask(path, "check", DENIED, KEY).code == 0
    assert path.read_bytes() == main
    assert ask(path, "permissions", "set", "--default", f"{KEY}=false").code == 0
    assert ask(path, "check", DENIED, KEY).code == 3
    assert [one.name for one in path.parent.iterdir()] == ["g.db"]


@pytest.mark.parametrize(
    ("file_mode", "folder_mode"), [(0o444, 0o555), (0o644, 0o555), (0o444, 0o755)]
)
def test_what_may_only_be_read_is_read_and_not_written(
    file_mode: int, folder_mode: int, healthy: Path
) -> None:
    with open_folder() as folder:
        path = folder / "g.db"
        shutil.copyfile(healthy, path)
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        for command in QUESTIONS:
            expected = ask(healthy, *command)
            assert as_nobody(lambda: ask(path, *command)) == expected  # noqa: B023
        before = footprint(folder)
        outcome = as_nobody(lambda: ask(path, *CHANGE))
        assert outcome.code == 7
        message, hint = refusal(outcome)
        assert message in (
            f"the database cannot be written: {file_url(str(path))}",
            f"the database cannot be opened: {file_url(str(path))}",
        )
        assert hint == "check the permissions of the file and of its folder"
        assert footprint(folder) == before
        folder.chmod(0o755)


def test_what_may_not_be_read_is_said(healthy: Path) -> None:
    with open_folder() as folder:
        path = folder / "g.db"
        shutil.copyfile(healthy, path)
        path.chmod(0)
        (folder / "closed").mkdir(mode=0)
        for outcome in (
            as_nobody(lambda: ask(path, *QUESTIONS[0])),
            as_nobody(lambda: ask(path, "init")),
            as_nobody(lambda: ask(folder / "closed" / "g.db", *QUESTIONS[0])),
            as_nobody(lambda: ask(folder / "closed" / "g.db", "init")),
        ):
            assert outcome.code == 7
            message, hint = refusal(outcome)
            assert "cannot be" in message
            assert hint == "check the permissions of the file and of its folder"
        folder.chmod(0o555)
        for flags in ((), ("--dry-run",)):
            outcome = as_nobody(lambda: ask(folder / "new.db", "init", *flags))  # noqa: B023
            assert (outcome.code, *refusal(outcome)) == (
                7,
                f"`{folder}/new.db` cannot be made: permission denied",
                "another place? --database sqlite:///PATH",
            )
        folder.chmod(0o755)


def test_an_initialised_database_in_an_empty_file_is_whole(path: Path) -> None:
    path.touch()
    assert create_database(parse_url(f"sqlite:///{path}"), Intent("tester", dry_run=True))
    assert footprint(path.parent) == {"g.db": b""}
    assert create_database(parse_url(f"sqlite:///{path}"), Intent("tester"))
    assert ask(path, "db", "check").code == 0
