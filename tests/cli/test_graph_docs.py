"""The page about graphs and matrices: its commands exist, and give what it shows."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from grantctl.evaluation.matrix import CellCause
from grantctl.operations.demonstration import make_organisation
from grantctl.render.html_matrix import LETTERS
from grantctl.render.matrix import MARKS
from grantctl.store.url import file_url
from tests.running import run

PAGE = (Path(__file__).parents[2] / "docs" / "graph.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The organisation of `grantctl demo`."""
    found = file_url(str(tmp_path_factory.mktemp("organisation") / "g.db"))
    make_organisation(found)
    return str(found)


def test_every_command_of_the_page_runs(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    assert len(lines) == 10
    for _, *words in lines:
        outcome = run(*words, env={"GRANTCTL_DATABASE": url})
        assert outcome.code == 0, (words, outcome.err)
    assert (tmp_path / "staff.html").exists()


def test_every_output_of_the_page_is_the_command_s(url: str) -> None:
    blocks = re.findall(r"```console\n\$ grantctl ([^\n]*)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for line, shown in blocks:
        assert run(*shlex.split(line), env={"GRANTCTL_DATABASE": url}).out == shown


def test_the_heat_map_of_the_page_is_what_a_terminal_shows(url: str) -> None:
    [shown] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    environment = {**os.environ, "GRANTCTL_DATABASE": url, "NO_COLOR": "1", "COLUMNS": "80"}
    seen = pexpect.run(
        f"{sys.executable} -m grantctl access --matrix staff workspace",
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        timeout=60,
    )
    assert seen.decode().replace("\r\n", "\n") == shown


def test_the_table_of_causes_is_complete() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.) \| `(.)` \| (.) \|", PAGE, re.MULTILINE)
    assert rows == [
        (cause.value, MARKS[cause].letter, MARKS[cause].twin, LETTERS[cause]) for cause in CellCause
    ]
