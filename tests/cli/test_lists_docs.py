"""The page about lists shows what the commands answer."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from grantctl.store.database import Database
from tests.commands import Cli

PAGE = Path(__file__).parents[2] / "docs" / "lists.md"


def test_every_answer_on_the_page_is_the_real_one(cli: Cli, resource_office: Database) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = "".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL))
    commands = re.findall(r"^\$ grantctl (.*)$", shown, re.MULTILINE)
    assert len(commands) == 4
    outcomes = [(line, cli(*shlex.split(line))) for line in commands]
    assert shown == "".join(f"$ grantctl {line}\n{one.out}{one.err}" for line, one in outcomes)
