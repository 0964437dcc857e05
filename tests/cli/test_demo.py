"""The tour: every step runs, in a database that is gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grantctl.cli.demo import STEPS
from tests.conftest import Cli
from tests.contract.signals import run_and_send


def test_the_tour_prints_each_command_and_its_answer(process: Cli, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    outcome = process(
        "demo", env={"TMPDIR": str(temporary), "GRANTCTL_DATABASE": "sqlite:///no.db"}
    )
    assert (outcome.code, outcome.err.count("error:")) == (0, 0)
    for words, line, _ in STEPS:
        assert f"# {words}\n$ grantctl {line}\n" in outcome.out
    assert "✗ denied: dana@example.com may not chat.controls\n" in outcome.out
    assert "✓ allowed: chen@example.com may workspace.tools\n" in outcome.out
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "no.db").exists()


def test_the_tour_s_database_can_be_kept_and_asked_on(process: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    assert process("demo", "--keep", str(folder)).code == 0
    url = f"sqlite:///{folder}/demo.db"
    outcome = process("check", "dana@example.com", "chat.controls", "--database", url)
    assert (outcome.code, outcome.out) == (
        3,
        "denied: none of 2 groups sets it true (0 false, 2 absent), and the default is false\n",
    )
    again = process("demo", "--keep", str(folder))
    assert (again.code, again.out) == (2, "")
    assert again.err == f"error: the folder `{folder}` cannot be made: file exists\n"


def test_a_tour_that_is_broken_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for seconds in (1, 3):
        ended = run_and_send(signal.SIGINT, seconds, "demo", url="sqlite:///no.db")
        assert (ended.code, ended.err.splitlines()[-1]) == (130, "interrupted") or not ended.code
        assert list(tmp_path.iterdir()) == []


def test_a_tour_that_nobody_follows_ends_quietly(tmp_path: Path) -> None:
    line = f"'{sys.executable}' -m grantctl demo | head -n 1; echo ${{PIPESTATUS[0]}}"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=env | {"TMPDIR": str(tmp_path)}
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("141", "")
    assert list(tmp_path.iterdir()) == []
