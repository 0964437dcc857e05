"""Lists of names are the same at the door as from the Typer app, and end as its own do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.cli import door, list_door
from grantctl.cli.plain_line import LISTS, read_plain_line
from grantctl.errors import DatabaseError
from grantctl.evaluation.facts import Resource
from grantctl.model import ResourceRef
from grantctl.operations.demonstration import make_organisation
from grantctl.store.database import Database
from grantctl.store.url import file_url
from tests.cli.resource_office import RESOURCE_OFFICE
from tests.cli.test_door import at_the_door, from_the_app
from tests.cli.test_streams import shell
from tests.conftest import Cli, Outcome

HOSTILE = ("\x1b[2J", "new\nline", "\u202eback", "[red]", "=1+1", "ñ  x")
WORDS = (
    *("bob@example.com", "u-ada", "Dana", "eli@example.com", "u-flo", "nobody", "chat"),
    *("chat.controls", "notes", "chat.contrls", "model:gpt-4o", "read"),
)
OPTION_WORDS = (
    *("-o", "json", "--output=name", "name", "table", ""),
    *("--type", "--type=model", "--type=*", "--type=tool", "--type=modle", "model"),
    *("--action=read", "--action=write", "--action=*", "--action=Re ad", "--action"),
    *("--ignore-role", "--ignore-owner", "--ignore-base", "--all", "--role=user"),
    *("--color=never", "--color=pink", "--fields=name", "--batch=-", "--", "--help"),
)
LINES = st.tuples(
    st.sampled_from(LISTS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2),
    st.lists(st.sampled_from(OPTION_WORDS), max_size=4),
    st.randoms(use_true_random=False),
)
PLAIN = (
    "who-can chat.controls -o name",
    "who-can chat --output=name --ignore-role",
    "-o name who-can notes",
    "who-can read model:gpt-4o -o name",
    "who-can read model:llama3 -o name --ignore-role --ignore-owner --ignore-base",
    "who-can write tool:whiteboard -o name",
    "access bob@example.com --type model -o name",
    "access bob@example.com --type * --action read -o name",
    "access ada@example.com --type=* -o name --ignore-role --ignore-owner --ignore-base",
    "access ada@example.com --type=* -o name",
    "access eli@example.com --type=* -o name",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> str:
    """The office, with names that would do something to a terminal."""
    path = tmp_path_factory.mktemp("office") / "g.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = file_url(str(path))
    hostile = [
        Resource(pk, ResourceRef("model", id_), "x", is_public=True)
        for pk, id_ in enumerate(HOSTILE, start=100)
    ]
    world = replace(RESOURCE_OFFICE, resources=(*RESOURCE_OFFICE.resources, *hostile))
    world.write(Database(url))
    return str(url)


@pytest.fixture
def _streams_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_are_plain_streams", lambda: True)


@pytest.mark.usefixtures("_streams_of_the_test")
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_whatever_the_line_both_ways_print_the_same_bytes(
    file: str, line: tuple[str, list[str], list[str], object]
) -> None:
    command, words, options, random = line
    behind = [*words, *options, "-o", "name"]
    random.shuffle(behind)  # type: ignore[attr-defined]
    answered = at_the_door([command, *behind], file)
    if answered is not None:
        assert answered == from_the_app([command, *behind], file)


@pytest.mark.usefixtures("_streams_of_the_test")
@pytest.mark.parametrize("line", PLAIN)
def test_names_are_listed_at_the_door(line: str, file: str) -> None:
    answered = at_the_door(line.split(), file)
    assert answered is not None
    assert answered == from_the_app(line.split(), file)
    assert answered == from_the_app(line.replace("-o name", "").split() + by_name(line), file)


def by_name(line: str) -> list[str]:
    """The options by which a table shows what `-o name` shows, by the long way."""
    field = "user" if "who-can" in line else "resource"
    return ["-o", "table", "--fields", field]


@pytest.mark.usefixtures("_streams_of_the_test")
def test_hostile_ids_are_shown_escaped_one_a_line(file: str) -> None:
    line = "access bob@example.com --type model --action read -o name"
    answered = at_the_door(line.split(), file)
    assert answered == Outcome(
        0,
        "model:\\x1b[2J\nmodel:=1+1\nmodel:[red]\nmodel:gpt-4o\nmodel:helper\n"
        "model:llama3\nmodel:new\\nline\nmodel:ñ  x\nmodel:\\u202eback\n",
        "",
    )


@pytest.mark.parametrize(
    "line",
    [
        "who-can chat.controls",
        "who-can chat.controls -o table",
        "who-can read model:gpt-4o more -o name",
        "who-can chat.controls -o name --fields user",
        "who-can chat.controls -o name --all",
        "who-can -o name",
        "access bob -o name",
        "access bob chat -o name",
        "access bob --type model",
        "access bob --type model -o name --role admin",
        "access bob --type model --type tool -o name",
        "access --type model --batch - -o name",
    ],
)
def test_other_lines_are_left_to_the_app(line: str) -> None:
    assert read_plain_line(line.split()) is None


@pytest.mark.usefixtures("_streams_of_the_test")
@pytest.mark.parametrize(
    "line",
    [
        "who-can chat.contrls -o name",
        "who-can read model:gone -o name",
        "who-can chat.controls -o name --ignore-owner",
        "access nobody --type model -o name",
        "access bob@example.com --type modle -o name",
        "access bob@example.com --type model --action= -o name",
        "access bob@example.com --type model -o name --database sqlite:////nowhere/at.all",
        "access bob@example.com --type model -o name --color pink",
    ],
)
def test_what_goes_wrong_before_the_first_name_is_left_to_the_app(line: str, file: str) -> None:
    assert at_the_door(line.split(), file) is None


@pytest.mark.usefixtures("_streams_of_the_test")
def test_what_goes_wrong_later_is_told_as_the_app_tells_it(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parts(*_: object) -> Iterator[list[str]]:
        yield ["model:a"]
        raise DatabaseError("the database is damaged", hint="grantctl db check")

    monkeypatch.setattr(list_door, "_parts", parts)
    answered = at_the_door(["access", "bob@example.com", "--type", "model", "-o", "name"], file)
    told = "error: the database is damaged\nhint: grantctl db check\n"
    assert answered == Outcome(7, "model:a\n", told)


@pytest.mark.parametrize("unbuffered", [None, "1"])
@pytest.mark.parametrize(
    "command", ["who-can chat.controls -o name", "access u-bob --type model -o name"]
)
def test_a_list_that_does_not_fit_on_the_disk_is_an_error(
    command: str, unbuffered: str | None, file: str
) -> None:
    path = Path(file.removeprefix("sqlite://"))
    found = shell(f"$G {command} > /dev/full", path, {"PYTHONUNBUFFERED": unbuffered})
    assert found == Outcome(
        1, "", "error: the answer could not be written: no space left on device\n"
    )


def test_a_list_that_nobody_reads_to_its_end_ends_quietly(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    make_organisation(file_url(str(path)))
    line = "$G who-can chat.controls -o name | true; exit ${PIPESTATUS[0]}"
    assert shell(line, path) in (Outcome(141, "", ""), Outcome(0, "", ""))
    line = "(sleep 1; $G who-can chat.controls -o name; echo $? >&2) | true"
    assert shell(line, path) == Outcome(0, "", "141\n")


def test_as_a_process_a_list_is_the_apps(process: Cli, file: str) -> None:
    env = {"GRANTCTL_DATABASE": file, "PYTHONUTF8": "1"}
    lines = [(PLAIN[0], 0), (PLAIN[3], 0), (PLAIN[6], 0)]
    for line, code in (*lines, ("access nobody --type model -o name", 4)):
        done = process(*line.split(), env=env)
        assert done == process(*line.split(), env={**env, "GRANTCTL_DEBUG": "1"})
        assert done.code == code
