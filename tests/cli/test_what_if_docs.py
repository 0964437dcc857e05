"""The page about questions of what would be shows what the commands print, and every option."""

from __future__ import annotations

from pathlib import Path

from grantctl.cli.assuming import ASSUMING
from tests.running import run
from tests.test_readme import rewritten, undated

PAGE = Path(__file__).parents[2] / "docs" / "what-if.md"


def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("\n$ ") >= 8
    assert undated(rewritten(text, tmp_path)) == undated(text)


def test_every_option_is_on_the_page_and_in_the_help() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for command in ("check", "explain", "who-can", "access"):
        told = run(command, "--help").out
        for name in ASSUMING:
            option = "--set" if name == "set_flag" else f"--{name.replace('_', '-')}"
            assert f"| `{option} " in text
            assert f"  {option} " in told
