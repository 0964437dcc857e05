"""A TAB gets the same completions at the door and from Typer."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from grantctl.cli import completing
from grantctl.cli.completion_variables import BREAKS_VARIABLE, LINE_VARIABLE, SHELL_VARIABLE
from grantctl.cli.door_completion import MANY, PLACES, complete
from grantctl.cli.main import app
from grantctl.store.database import Database
from grantctl.store.url import file_url
from tests.cli.resource_office import RESOURCE_OFFICE

BREAKS = " \t\n\"'@><=;|&(:"
COMPLETED = {
    "complete_who": "user",
    "complete_user": "user",
    "complete_group": "group",
    "complete_permission": "permission",
    "complete_asked": "asked",
    "complete_resource": "resource",
}
BEGUN = (
    *("", "a", "bob@", "ada@example.com", "u", "st", "eng", "chat", "chat.", "chat.c", "r", "wr"),
    *("model", "model:", "model:g", "tool:c", "BOB", "CHAT", "x", "-", "a'b", "Ü"),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    path = tmp_path_factory.mktemp("office") / "g.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = file_url(str(path))
    RESOURCE_OFFICE.write(Database(url))
    return str(url)


def from_typer(environ: dict[str, str]) -> str:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
        assert completing.answer_shell(get_command(app)) == 0
        sys.stdout.flush()
        written: bytes = sys.stdout.buffer.getvalue()  # type: ignore[attr-defined]
        return written.decode()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(PLACES)),
    st.lists(st.sampled_from([one for one in BEGUN if one]), max_size=2),
    st.sampled_from(BEGUN),
    st.sampled_from(["bash", "zsh", "fish"]),
)
def test_whatever_the_line_both_ways_complete_alike(
    file: str, command: str, words: list[str], begun: str, shell: str
) -> None:
    environ = {
        "GRANTCTL_DATABASE": file,
        LINE_VARIABLE: " ".join(["grantctl", command, *words, begun]),
        BREAKS_VARIABLE: BREAKS if shell == "bash" else "",
        SHELL_VARIABLE: shell,
    }
    answered = complete(environ)
    if answered is not None:
        assert answered == from_typer(environ)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("grantctl check ", "ada@example.com\nbob@example.com\nchen@example.com\n"),
        ("grantctl groups add engineering b", "bob@example.com\n"),
        ("grantctl explain u-bob chat.c", "chat.controls\n"),
        ("grantctl check bob@example.com read model:g", "model:gpt-4o\n"),
        ("grantctl check bob@example.com re", "read\n"),
        ("grantctl groups show e", "engineering\n"),
    ],
)
def test_names_are_completed_at_the_door(line: str, expected: str, file: str) -> None:
    found = complete({"GRANTCTL_DATABASE": file, LINE_VARIABLE: line, SHELL_VARIABLE: "zsh"})
    assert found is not None
    assert found.startswith(expected)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "grantctl",
        "grantctl che",
        "grantctl check --",
        "grantctl check --quiet b",
        "grantctl check 'b",
        "grantctl check b\\ ",
        "grantctl roles show a",
        "grantctl check bob chat read x y",
        "FOO=1 grantctl check b",
    ],
)
def test_every_other_line_is_left_to_typer(line: str, file: str) -> None:
    given = {"GRANTCTL_DATABASE": file, LINE_VARIABLE: line, SHELL_VARIABLE: "bash"}
    assert complete(given) is None


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name in command.commands:
            yield from commands(command.commands[name], (*path, name))
    else:
        yield " ".join(path), command


def completer(parameter: Any) -> str | None:
    """The name of our function behind Typer's wrappers."""
    at = parameter._custom_shell_complete
    while at is not None and getattr(at, "__closure__", None):
        inner = [cell.cell_contents for cell in at.__closure__ if callable(cell.cell_contents)]
        if not inner:
            break
        at = inner[0]
    return getattr(at, "__name__", None)


def test_the_places_are_those_of_the_commands() -> None:
    of_app: dict[str, tuple[str, ...]] = {}
    for name, command in commands(get_command(app)):
        places: list[str] = []
        for parameter in command.params:
            if parameter.param_type_name != "argument":
                continue
            place = COMPLETED.get(completer(parameter) or "")
            if place is None:
                break
            places.append(place)
            if parameter.nargs == -1:
                places.append(MANY)
        if places:
            of_app[name] = tuple(places)
    assert {name: places for name, places in of_app.items() if name in PLACES} == PLACES
    assert not of_app.keys() - PLACES.keys()
