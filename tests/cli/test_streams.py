"""Streams and environments as callers leave them: closed, full, unread, in ASCII, homeless."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from grantctl.operations.changes import Intent
from grantctl.operations.demonstration import make_organisation
from grantctl.operations.groups import create_group
from grantctl.operations.users import create_user
from grantctl.store.url import file_url
from tests.conftest import Outcome
from tests.running import json_refusal, refusal

PYTHON = f"'{sys.executable}' -m grantctl"
SCRIPT = Path(sys.executable).with_name("grantctl")
CHECK = "check zoë@example.com chat.controls"
COMMANDS = (
    CHECK,
    "explain zoë@example.com chat.controls",
    "who-can chat.controls",
    "audit list -o json",
    "check --help",
)


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which not every name is ASCII, and with more than a pipe takes at once."""
    path = tmp_path_factory.mktemp("organisation") / "g.db"
    database = make_organisation(file_url(str(path)))
    intent = Intent("tester", reason="für Zoë: 会议室 🔑 " + "x" * 1500)
    create_user(database, intent, email="zoë@example.com", name="Zoë 🦊")
    for number in range(60):
        create_group(database, intent, name=f"Gruppe Nº {number} 会议室")
    return path


def shell(line: str, path: Path, env: Mapping[str, str | None] | None = None) -> Outcome:
    """Run a shell's command line; `$G` is grantctl."""
    variables: dict[str, str | None] = {
        **os.environ,
        "GRANTCTL_DATABASE": str(file_url(str(path))),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": None,
        **(env or {}),
    }
    done = subprocess.run(
        ["bash", "-c", line.replace("$G", PYTHON)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={name: value for name, value in variables.items() if value is not None},
        timeout=60,
    )
    out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    return Outcome(done.returncode, out, err)


@cache
def plain(line: str, path: Path) -> Outcome:
    """What a line leaves behind where nothing is odd, run once."""
    return shell(line, path)


@pytest.mark.parametrize(
    "command",
    [
        "audit list --all",
        "audit list --all -o json",
        "who-can chat.controls -o yaml",
        "who-can chat.controls -o csv",
        "who-can chat.controls -o ndjson",
        f"{CHECK} -o json",
        f"{CHECK} -o name",
        "--help",
        "--version",
    ],
)
@pytest.mark.parametrize("unbuffered", [None, "1"])
def test_an_answer_that_does_not_fit_on_the_disk_is_an_error(
    command: str, unbuffered: str | None, organisation: Path
) -> None:
    outcome = shell(f"$G {command} > /dev/full", organisation, {"PYTHONUNBUFFERED": unbuffered})
    assert outcome.code == 1
    is_json = command.endswith("-o json")
    error = json_refusal(outcome)["message"] if is_json else refusal(outcome)[0]
    assert error == "the answer could not be written: no space left on device"


@pytest.mark.parametrize("command", [CHECK, f"{CHECK} -o json", "groups list", "--version"])
def test_an_answer_that_nobody_can_be_given_is_an_error(command: str, organisation: Path) -> None:
    outcome = shell(f"$G {command} >&-", organisation)
    assert outcome.code == 1
    assert "the answer could not be written: bad file descriptor" in outcome.err
    assert outcome.err.count("\n") == 1


def test_who_wants_no_answer_needs_no_stream(organisation: Path) -> None:
    quiet = f"$G {CHECK} --quiet"
    for streams in (">&-", "> /dev/full", "0<&- >&- 2>&-", "2>&-", "2> /dev/full"):
        assert shell(f"{quiet} {streams}", organisation) == Outcome(3, "", "")


@pytest.mark.parametrize("streams", ["2>&-", "2> /dev/full", "2>&- 0<&-"])
def test_what_cannot_be_said_changes_neither_answer_nor_exit_code(
    streams: str, organisation: Path
) -> None:
    said = plain("$G users list --limit 1 --fields email", organisation)
    assert said.err.startswith("warning: there is more")
    unsaid = shell(f"$G users list --limit 1 --fields email {streams}", organisation)
    assert unsaid == Outcome(0, said.out, "")
    assert shell(f"$G check nobody chat {streams}", organisation) == Outcome(4, "", "")
    assert shell(f"$G no-such-command {streams}", organisation) == Outcome(2, "", "")


def test_a_question_is_not_answered_from_a_closed_stdin(organisation: Path) -> None:
    outcome = shell("$G groups delete staff <&-", organisation)
    assert outcome.code == 6
    assert refusal(outcome)[1] == "confirm with --yes"


@pytest.mark.parametrize(
    "command", ["audit list --all", "who-can chat", "access zoë@example.com -o json"]
)
@pytest.mark.parametrize("unbuffered", [None, "1"])
def test_a_reader_that_has_seen_enough_ends_it_quietly(
    command: str, unbuffered: str | None, organisation: Path
) -> None:
    for reader in ("head -n 1", "true"):
        line = f"$G {command} | {reader}; echo ${{PIPESTATUS[0]}}"
        outcome = shell(line, organisation, {"PYTHONUNBUFFERED": unbuffered})
        assert outcome.err == ""
        assert outcome.out.splitlines()[-1] in ("0", "141")


def test_nobody_reading_is_told_from_an_answer_that_was_read(organisation: Path) -> None:
    line = "$G audit list --all -o ndjson | sleep 0; echo ${PIPESTATUS[0]}"
    assert shell(line, organisation) == Outcome(0, "141\n", "")


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_every_command_answers_in_any_locale(env: dict[str, str], organisation: Path) -> None:
    lines = [f"$G {command}; echo $?" for command in COMMANDS]
    outcome = shell("; ".join(lines), organisation, env)
    assert outcome.err == ""
    assert outcome.out.count("\n3\n") == 2
    assert outcome.out.count("\n0\n") == len(COMMANDS) - 2


def test_json_is_the_same_in_any_locale(organisation: Path) -> None:
    line = "$G who-can chat.controls -o json"
    expected = json.loads(plain(line, organisation).out)
    for env in ({"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}):
        assert json.loads(shell(line, organisation, env).out) == expected


def test_nothing_depends_on_assertions_or_docstrings(organisation: Path) -> None:
    for command in (CHECK, "groups list", "check nobody chat"):
        line = f"$G {command}"
        assert shell(line, organisation, {"PYTHONOPTIMIZE": "2"}) == plain(line, organisation)


@pytest.mark.parametrize(
    "env",
    [
        {"COLUMNS": "0", "TERM": None, "TZ": "No/Such_Zone"},
        {"COLUMNS": "wide", "TERM": "no-such-terminal", "TZ": "Pacific/Apia"},
        {"COLUMNS": "9" * 400, "LANG": "xx_XX", "LC_ALL": None, "LANGUAGE": "xx"},
        {"HOME": None, "XDG_CONFIG_HOME": None, "XDG_DATA_HOME": None},
        {"HOME": "/nonexistent", "XDG_CONFIG_HOME": None, "COLUMNS": "-1"},
    ],
    ids=lambda env: " ".join(f"{name}={str(value)[:20]}" for name, value in env.items()),
)
def test_odd_variables_change_no_answer(env: dict[str, str | None], organisation: Path) -> None:
    line = f"$G {CHECK}; $G explain zoë@example.com chat; $G who-can chat.controls"
    assert shell(line, organisation, env) == plain(line, organisation)


def test_a_folder_that_is_gone_is_no_obstacle(organisation: Path, tmp_path: Path) -> None:
    gone = f"mkdir '{tmp_path}/x' && cd '{tmp_path}/x' && rmdir '{tmp_path}/x';"
    assert shell(f"{gone} $G {CHECK}", organisation) == plain(f"$G {CHECK}", organisation)
    outcome = shell(f"{gone} $G {CHECK} --database sqlite:///here.db", organisation)
    assert (outcome.code, refusal(outcome)[0]) == (7, "there is no database at `here.db`")
    outcome = shell(f"{gone} $G init --database sqlite:///here.db", organisation)
    assert outcome.code == 7
    assert refusal(outcome)[0].startswith("`here.db` cannot be made: ")


def test_the_module_is_the_script(organisation: Path) -> None:
    for command in ("--version", "no-such-command", CHECK, ""):
        assert shell(f"{SCRIPT} {command}", organisation) == plain(f"$G {command}", organisation)
