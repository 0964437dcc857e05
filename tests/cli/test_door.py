"""The hot questions get the same answer at the door and from the Typer app."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from grantctl.cli import door
from grantctl.cli.main import app
from grantctl.cli.plain_line import OPTIONS, read_plain_line
from grantctl.store.database import Database
from grantctl.store.url import file_url
from tests.cli.office import undated
from tests.cli.resource_office import RESOURCE_OFFICE
from tests.commands import invoke
from tests.conftest import Cli, Outcome

WORDS = (
    *("bob@example.com", "u-ada", "Dana", "eli@example.com", "u-flo", "nobody", "check"),
    *("chat.controls", "chat.valves", "chat", "notes", "chat.contrls", "read", "write", "a=b"),
    *("model:gpt-4o", "model:helper", "model:lost", "tool:calculator", "tool:gone", "model"),
)
OPTION_WORDS = (
    *("-o", "json", "--output", "--output=json", "-ojson", "-o=json", "table", "yaml", ""),
    *("--ignore-role", "--ignore-owner", "--ignore-base", "--all", "--quiet", "-q", "-qo"),
    *("--color", "never", "--color=always", "--fields", "allowed", "--", "-", "--help", "--token"),
    *("--database", "--config", "--ignore", "--quiet=1", "-x"),
    *("--with-group=staff", "--without-group=staff", "--role=user", "--set=staff:notes=false"),
    *("--default=notes=true", "--at=2030-01-01", "--with-group", "--role"),
)
LINES = st.tuples(
    st.lists(st.sampled_from(OPTION_WORDS), max_size=1),
    st.sampled_from(["check", "explain"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.lists(st.sampled_from(OPTION_WORDS), max_size=3),
    st.randoms(use_true_random=False),
)
PLAIN = (
    ("bob@example.com", "chat.controls"),
    ("u-gus", "chat.controls"),
    ("dana@example.com", "chat"),
    ("chen@example.com", "chat.valves"),
    ("eli@example.com", "notes"),
    ("chen@example.com", "read", "model:helper"),
    ("dana@example.com", "write", "model:lost"),
    ("bob@example.com", "red", "tool:calculator"),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    path = tmp_path_factory.mktemp("office") / "g.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = file_url(str(path))
    RESOURCE_OFFICE.write(Database(url))
    return str(url)


def at_the_door(arguments: Sequence[str], file: str) -> Outcome | None:
    """What the door answers in this process, None where it leaves the line to the app."""
    streams = sys.stdout, sys.stderr
    raw = io.BytesIO(), io.BytesIO()
    sys.stdout, sys.stderr = (io.TextIOWrapper(one, encoding="utf-8") for one in raw)
    try:
        environ = {**os.environ, "GRANTCTL_DATABASE": file}
        code = door.answer(arguments, environ)
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = (one.getvalue().decode() for one in raw)
    finally:
        sys.stdout, sys.stderr = streams
    if code is None:
        assert (out, err) == ("", "")
        return None
    return Outcome(code, undated(out), undated(err))


def from_the_app(arguments: Sequence[str], file: str) -> Outcome:
    outcome = invoke(arguments, env={"GRANTCTL_DATABASE": file})
    return Outcome(outcome.code, undated(outcome.out), undated(outcome.err))


@pytest.fixture
def _streams_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_are_plain_streams", lambda: True)


@pytest.mark.usefixtures("_streams_of_the_test")
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_whatever_the_line_both_ways_print_the_same_bytes(
    file: str, line: tuple[list[str], str, list[str], list[str], object]
) -> None:
    before, command, words, options, random = line
    behind = [*words, *options]
    random.shuffle(behind)  # type: ignore[attr-defined]
    arguments = [*before, command, *behind]
    answered = at_the_door(arguments, file)
    if answered is not None:
        assert answered == from_the_app(arguments, file)


@pytest.mark.usefixtures("_streams_of_the_test")
@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_a_plain_question_is_answered_at_the_door(words: tuple[str, ...], file: str) -> None:
    for line in (
        ["check", *words],
        ["check", "-q", *words],
        ["--output", "json", "check", *words],
        ["explain", *words, "-o", "json"],
        ["check", *words, "--ignore-role"],
    ):
        answered = at_the_door(line, file)
        assert answered is not None, line
        assert answered == from_the_app(line, file)


@pytest.mark.parametrize(
    "line",
    [
        "check",
        "check bob",
        "users show bob",
        "check bob chat read model:x",
        "check -- bob chat",
        "check bob chat --fields allowed",
        "check bob chat -qo json",
        "check bob chat -o json -o table",
        "check bob chat --quiet --quiet",
        "--ignore-role check bob chat",
        "check --batch - bob",
        "check bob chat --help",
    ],
)
def test_a_line_that_is_not_plain_is_left_to_the_app(line: str) -> None:
    assert read_plain_line(line.split()) is None


@pytest.mark.usefixtures("_streams_of_the_test")
@pytest.mark.parametrize(
    "line",
    [
        "check nobody chat.controls",
        "check bob@example.com chat.contrls",
        "check bob@example.com read tool:gone",
        "explain bob@example.com chat.controls",
        "check bob@example.com chat.controls -o yaml",
        "check bob@example.com chat.controls -o tabel",
        "check bob@example.com chat.controls --config /nowhere/at.all",
        "check bob@example.com chat.controls --database sqlite:////nowhere/at.all",
        "check bob@example.com chat.controls --ignore-owner",
    ],
)
def test_what_goes_wrong_is_left_to_the_app(line: str, file: str) -> None:
    assert at_the_door(line.split(), file) is None


def test_the_options_of_the_door_are_those_of_the_commands() -> None:
    for name, declared in OPTIONS.items():
        command = get_command(app).commands[name]
        of_app = {
            parameter.name: (tuple(parameter.opts), parameter.help, parameter.is_flag)
            for parameter in command.params
            if parameter.param_type_name == "option"
        }
        for option in declared:
            is_switch = option.metavar is None
            expected = (option.spellings, option.help, is_switch)
            assert of_app[option.parameter] == expected, (name, option)


def test_as_a_process_it_answers_as_the_app_does(process: Cli, file: str) -> None:
    env = {"GRANTCTL_DATABASE": file, "PYTHONUTF8": "1"}
    for line, code in (
        ("check bob@example.com chat.controls", 0),
        ("check dana@example.com chat.controls", 3),
        ("check nobody chat.controls", 4),
    ):
        done = process(*line.split(), env=env)
        by_app = process(*line.split(), env={**env, "GRANTCTL_DEBUG": "1"})
        assert done == by_app
        assert done.code == code
