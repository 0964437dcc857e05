"""The page about logins from a provider shows what there is: commands, settings, findings."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from grantctl.operations.policy_settings import SETTINGS
from tests.cli.test_oauth import LAST, NEW
from tests.running import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "oauth.md").read_text(encoding="utf-8")
LINTS = ROOT / "src" / "grantctl" / "operations"


def test_the_simulation_that_it_shows_is_one() -> None:
    assert f"```text\n{NEW.format(verb='would be', permissions=LAST)}```" in PAGE


def test_every_setting_about_a_provider_is_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", PAGE, re.MULTILINE)
    named = {key: default for keys, default in rows for key in re.findall(r"`([a-z._]+)`", keys)}
    assert {key for key in SETTINGS if key.startswith("oauth.")} <= named.keys()
    for key in re.findall(r"`((?:oauth|users|tokens)\.[a-z_]+)`", PAGE):
        assert key in SETTINGS
    for key in ("oauth.signup", "oauth.unmatched_role", "oauth.missing_role"):
        assert named[key].strip("` ") == str(SETTINGS[key].default).lower()


def test_every_finding_is_in_the_table() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in LINTS.glob("oauth_lint*.py"))
    first_arguments = re.findall(r'(?:LintFinding|_blocked)\(\s*"([a-z_]+)",', source)
    listed = re.findall(r'\("([a-z]+_missing)", keys', source)
    told = set(re.findall(r"`([a-z]+_[a-z_]+)`", PAGE))
    assert len({*first_arguments, *listed}) > 18
    assert {*first_arguments, *listed} <= told


def test_every_command_and_option_that_it_shows_exists() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) >= 15
    for line in lines:
        words = shlex.split(re.split(" < ", line)[0])
        assert words[0] == "grantctl"
        outcome = run(*words[1:], "--help")
        assert (outcome.code, outcome.err) == (0, ""), line
