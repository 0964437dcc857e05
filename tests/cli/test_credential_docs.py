"""The page about credentials names every reason, setting and command that there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from grantctl.credentials.api_keys import PATTERN
from grantctl.credentials.reasons import TokenReason, TokenRefusal
from tests.running import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "credentials.md").read_text(encoding="utf-8")
CLASSES = {"unauthenticated": "401", "forbidden": "403"}


def test_every_reason_is_in_the_table_with_its_class() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| (40[13]) \|", PAGE, re.MULTILINE)
    told = {reason: code for names, code in rows for reason in re.findall(r"`([a-z_]+)`", names)}
    assert told == {
        one.value: CLASSES[TokenRefusal(one, "").token_class.value]
        for one in TokenReason
        if one is not TokenReason.OK
    }


def test_the_expression_for_scanners_is_the_one_that_is_used() -> None:
    assert f"```text\n{PATTERN}\n```" in PAGE


def test_every_setting_that_it_names_exists() -> None:
    settings = set(re.findall(r"`((?:tokens|login|api_keys)\.[a-z_]+)`", PAGE))
    assert len(settings) >= 10
    for setting in settings:
        assert run("config", "get", setting, env={"GRANTCTL_DATABASE": "sqlite:///no"}).code != 4


@pytest.mark.parametrize("page", ["docs/credentials.md", "README.md"])
def test_every_command_and_option_that_a_page_shows_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if "grantctl " in line]
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(re.split(" [<>] ", line)[0], comments=True)
        if words[0] == "grantctl":
            outcome = run(*words[1:], "--help")
            assert (outcome.code, outcome.err) == (0, ""), line
