"""The README's commands give the output that it shows, and its links lead somewhere.

`python -m tests.test_readme` writes the outputs anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
MARK = "--- end of a command ---"


def rewritten(text: str, folder: Path) -> str:
    """The README with every console block's output as the commands give it now, in one shell."""
    commands = [
        line[2:] for block in BLOCK.findall(text) for line in block.splitlines() if line[:2] == "$ "
    ]
    script = "".join(f"{command}\necho '{MARK}'\n" for command in commands)
    bin_folder = Path(sys.executable).parent
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GRANTCTL_")},
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "GRANTCTL_ACTOR": "ada",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    outputs = iter(done.stdout.split(f"{MARK}\n"))

    def block(match: re.Match[str]) -> str:
        lines = [line for line in match[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"{line}\n{next(outputs)}" for line in lines) + "```"

    return BLOCK.sub(block, text)


def undated(text: str) -> str:
    """The text with every date the same: the tour is made on the day on which it is taken."""
    return re.sub(r"\d{4}-\d\d-\d\d", "2026-01-01", text)


def test_the_commands_of_the_readme_print_what_it_shows(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("\n$ ") >= 8
    assert undated(rewritten(text, tmp_path)) == undated(text)


def test_the_readme_begins_with_the_two_commands_that_set_up() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README.read_text(encoding="utf-8"))[:2]
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/grantctl demo",
        "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/pytest -q",
    ]


@pytest.mark.parametrize("page", [README, *sorted((ROOT / "docs").rglob("*.md"))], ids=str)
def test_the_links_of_a_page_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        README.write_text(rewritten(README.read_text(encoding="utf-8"), Path(folder)), "utf-8")
