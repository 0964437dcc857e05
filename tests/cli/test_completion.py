"""What a TAB key completes, in real shells, from a database of whatever state."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from grantctl.cli.shell_line import Shell
from grantctl.store.database import Database
from tests.cli.office import OFFICE
from tests.conftest import Cli, Outcome
from tests.operations.group_examples import write_group

ROOT = Path(__file__).parents[2]
FILES = {
    Shell.BASH: "completions/grantctl.bash",
    Shell.ZSH: "completions/_grantctl",
    Shell.FISH: "completions/grantctl.fish",
}
EVIL = "a$(touch pwned)`touch pwned`;touch pwned&\"'!*?~{x,y}\\"
GROUPS = ["Data Science", EVIL, "-rf", "two\nlines", "b\x1b[31m", "ünï"]
BREAKS = " \t\n\"'@><=;|&(:"
# One bash answers many lines: each is handed over as bash itself does it.
ASK_BASH = r"""
source "$1"
COMP_WORDBREAKS=$2
while IFS= read -r line; do
    COMP_LINE=$line COMP_POINT=${#line}
    _grantctl_completion grantctl
    printf '%s\n' "${COMPREPLY[@]}" ---
done
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to work in, with a `grantctl` on its path."""
    folder = tmp_path / "work"
    program = tmp_path / "bin" / "grantctl"
    for one in (folder, program.parent):
        one.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m grantctl "$@"\n')
    program.chmod(0o755)
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    path = f"{folder.parent}/bin:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TERM": "dumb", **more}


def ask_bash(folder: Path, *lines: str, **variables: str) -> list[list[str]]:
    """What bash is offered for each line, the cursor at its end."""
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", ASK_BASH, "ask", ROOT / FILES[Shell.BASH], BREAKS],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(folder, **variables),
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answers = [answer.split("\n") for answer in done.stdout.split("---\n")[:-1]]
    return [[word for word in answer if word] for answer in answers]


@pytest.mark.parametrize("shell", Shell)
def test_the_scripts_of_this_repository_are_up_to_date(cli: Cli, shell: Shell) -> None:
    text = (ROOT / FILES[shell]).read_text(encoding="utf-8")
    assert cli("completion", shell.value) == Outcome(0, text, "")


def test_an_unknown_shell_is_a_usage_error(cli: Cli) -> None:
    outcome = cli("completion", "tcsh")
    assert (outcome.code, outcome.out) == (2, "")


def test_bash_completes_commands_options_and_names(
    database: Database, url: str, folder: Path
) -> None:
    OFFICE.write(database)
    lines = {
        "grantctl ch": ["check"],
        "grantctl permissions un": ["unset", "undefine"],
        "grantctl check --ba": ["--batch"],
        "grantctl check -o js": ["json"],
        "grantctl completion ": ["bash", "zsh", "fish"],
        "grantctl users set-role ada@example.com pe": ["pending"],
        "grantctl check b": ["bob@example.com"],
        "grantctl check BOB": [],
        "grantctl check bob@exa": ["@example.com"],
        "grantctl check 'bob@exa": ["bob@example.com"],
        "grantctl check bob@example.com chat.s": ["chat.share"],
        "grantctl check bob@example.com cha": [
            "chat",
            "chat.controls",
            "chat.enforced",
            "chat.share",
            "chat.valves",
        ],
        "grantctl explain -o json bob@example.com no": ["notes"],
        "X=1 Y='a b' grantctl groups show e": ["engineering"],
        "grantctl permissions set --group in": ["interns"],
        "grantctl permissions set --group=in": ["interns"],
        "grantctl permissions set --group=interns chat.": [
            "chat.controls=",
            "chat.enforced=",
            "chat.share=",
            "chat.valves=",
        ],
        "grantctl permissions set chat.con": ["chat.controls=true", "chat.controls=false"],
        "grantctl permissions set chat.controls=": ["true", "false"],
        "grantctl permissions set chat.controls=t": ["true"],
        "grantctl permissions set chat.nothing=": [],
        "grantctl permissions unset chat.con": ["chat.controls"],
        "grantctl check bob x --set eng": ["engineering:"],
        "grantctl check bob x --set interns:chat.": [
            "chat.controls=",
            "chat.enforced=",
            "chat.share=",
            "chat.valves=",
        ],
        "grantctl check bob x --set interns:chat.s": [
            "chat.share=true",
            "chat.share=false",
            "chat.share=unset",
        ],
        "grantctl who-can x --set interns:chat.share=u": ["unset"],
        "grantctl check bob x --set 'interns:chat.share=f": ["interns:chat.share=false"],
        "grantctl graph x --as g": ["group"],
        "grantctl graph x --format ": ["mermaid", "dot", "svg"],
        "grantctl check nobody": [],
    }
    found = ask_bash(folder, *lines, GRANTCTL_DATABASE=url)
    assert dict(zip(lines, found, strict=True)) == lines


def test_a_database_on_the_command_line_is_the_one_that_is_asked(
    database: Database, url: str, folder: Path
) -> None:
    OFFICE.write(database)
    quoted = shlex.quote(url)
    config = folder / "config.toml"
    config.write_text(f'database = "{url}"\n')
    for words in (f"--database {quoted}", f"--database={quoted}", f"--config {config}"):
        lines = (f"grantctl {words} check bo", f"grantctl check {words} bo")
        assert ask_bash(folder, *lines) == [["bob@example.com"]] * 2


def test_names_are_put_on_the_line_so_that_a_shell_takes_them_for_one_word(
    database: Database, url: str, folder: Path
) -> None:
    for number, name in enumerate(GROUPS):
        write_group(database, f"g-{number}", name)
    lines = ["grantctl groups show ", "grantctl groups show Da", "grantctl groups show Data\\ S"]
    lines += ["grantctl groups show 'Da", 'grantctl groups show "Da', "grantctl groups show a"]
    lines += [
        'grantctl permissions set --group="Da',
        "grantctl groups show 'a",
        "grantctl check -- ü",
    ]
    every, *found = ask_bash(folder, *lines, GRANTCTL_DATABASE=url)
    assert [shlex.split(word) for word in every] == [["Data Science"], [EVIL], ["ünï"]]
    assert found[:5] == [["Data\\ Science"]] * 2 + [["Data Science"]] * 2 + [[every[1]]]
    assert found[5:] == [["Data Science"], [], []]
    assert list(folder.iterdir()) == []


def test_a_tab_in_a_terminal_writes_the_words(database: Database, url: str, folder: Path) -> None:
    OFFICE.write(database)
    for number, name in enumerate(GROUPS):
        write_group(database, f"x-{number}", name)
    script = shlex.quote(str(ROOT / FILES[Shell.BASH]))
    shell = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile", "-i"],
        env=environment(folder, GRANTCTL_DATABASE=url, INPUTRC="/dev/null"),
        cwd=str(folder),
        encoding="utf-8",
        dimensions=(40, 400),
        timeout=30,
    )
    shell.sendline(f"bind 'set enable-bracketed-paste off'; source {script}")
    shell.sendline("args() { printf 'ARGS'; printf '<%s>' \"$@\"; printf 'END\\n'; }")
    written = {
        "grantctl chec\t": "<grantctl><check>",
        "grantctl check bob@e\t no\t": "<grantctl><check><bob@example.com><notes>",
        "grantctl groups show Dat\t": "<grantctl><groups><show><Data Science>",
        "grantctl groups show 'Dat\t": "<grantctl><groups><show><Data Science>",
        "grantctl groups show a\t": f"<grantctl><groups><show><{EVIL}>",
        "grantctl permissions set --group=en\tnotes\t f\t": (
            "<grantctl><permissions><set><--group=engineering><notes=><f>"
        ),
        "grantctl permissions set chat.val\tt\t": "<grantctl><permissions><set><chat.valves=true>",
        "grantctl check --batch bi\t": "<grantctl><check><--batch><binary.tsv>",
    }
    (folder / "binary.tsv").touch()
    try:
        for line, words in written.items():
            shell.send(f"{line}\x01args \x05\n")
            shell.expect(r"ARGS(<.*>)END")
            assert shell.match[1] == words
    finally:
        shell.close(force=True)
    assert [one.name for one in folder.iterdir()] == ["binary.tsv"]


@pytest.mark.parametrize("shell", [Shell.ZSH, Shell.FISH])
def test_zsh_and_fish_are_given_whole_words_to_quote_themselves(
    database: Database, url: str, process: Cli, shell: Shell
) -> None:
    OFFICE.write(database)
    write_group(database, "g-1", "Data Science")

    def ask(line: str) -> Outcome:
        variables = {"_GRANTCTL_COMPLETE": shell.value, "_GRANTCTL_LINE": line}
        return process(env={**variables, "GRANTCTL_DATABASE": url})

    assert ask("grantctl check bob@e") == Outcome(0, "bob@example.com\n", "")
    assert ask("grantctl groups show 'Da") == Outcome(0, "Data Science\n", "")
    assert ask("grantctl permissions set --group=Da").out == "--group=Data Science\n"
    assert (
        ask("grantctl permissions set chat.con").out == "chat.controls=true\nchat.controls=false\n"
    )
    assert ask("grantctl --config ") == Outcome(10, "", "")


BROKEN = {
    "none": "sqlite:///nothing.db",
    "empty": "sqlite:///empty.db",
    "garbage": "sqlite:///garbage.db",
    "no URL": "nonsense",
    "an unknown kind": "mysql://host/name",
    "nobody listens": "postgresql://nobody@127.0.0.1:1/none",
    "no Open WebUI database": "openwebui+sqlite:///garbage.db",
    "not UTF-8": "sqlite:///\udcff.db",
}


def test_a_database_that_cannot_be_read_completes_to_nothing_in_silence(
    process: Cli, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "garbage.db").write_bytes(b"garbage" * 1000)
    for what, url in BROKEN.items():
        begun = time.monotonic()
        for shell in Shell:
            line = {"_GRANTCTL_COMPLETE": shell.value, "_GRANTCTL_LINE": "grantctl check a"}
            outcome = process(env={**line, "GRANTCTL_DATABASE": url}, timeout=10)
            assert (outcome.out, outcome.err) == ("", ""), what
        assert time.monotonic() - begun < 10, what
    assert sorted(one.name for one in tmp_path.glob("*.db*")) == ["empty.db", "garbage.db"]


def test_a_broken_setting_and_a_broken_line_complete_to_nothing_in_silence(
    process: Cli, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("not TOML")
    for variables in (
        {"GRANTCTL_CONFIG": str(config), "_GRANTCTL_LINE": "grantctl check a"},
        {"GRANTCTL_OUTPUT": "nonsense", "_GRANTCTL_LINE": "grantctl check a"},
        {"_GRANTCTL_LINE": "grantctl check 'a\\"},
        {"_GRANTCTL_LINE": "grantctl check --nonsense=\udcff "},
        {"_GRANTCTL_LINE": ""},
        {},
    ):
        outcome = process(env={"_GRANTCTL_COMPLETE": "bash", **variables})
        assert outcome.err == ""
        assert "@" not in outcome.out
    nonsense = process(env={"_GRANTCTL_COMPLETE": "tcsh", "_GRANTCTL_LINE": "grantctl "})
    assert (nonsense.out, nonsense.err) == ("", "")


def test_what_a_terminal_cannot_show_is_left_out(
    database: Database, url: str, process: Cli
) -> None:
    for number, name in enumerate(GROUPS):
        write_group(database, f"g-{number}", name)
    variables = {"_GRANTCTL_COMPLETE": "fish", "_GRANTCTL_LINE": "grantctl groups show "}
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "GRANTCTL_DATABASE": url}
    outcome = process(env={**variables, **ascii_only})
    assert outcome == Outcome(0, f"Data Science\n{EVIL}\n", "")
