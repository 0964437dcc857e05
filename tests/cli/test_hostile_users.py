"""Hostile text in every argument of `users` and `roles`: shown harmlessly, or refused cleanly."""

from __future__ import annotations

import json
from itertools import cycle

import pytest

from grantctl.config import OUTPUTS
from grantctl.errors import ExitCode
from grantctl.model import is_unprintable
from tests.conftest import Cli, Outcome

HOSTILE = {
    "escapes": "\x1b[31mred\x1b[0m \x1b]0;owned\x07",
    "C1": "\x9b31mred",
    "NUL": "a\0b",
    "lines": "a\nerror: b\rc\td\x7fe",
    "invisible": "a\u202eb\u200bc\u2028d\ufeffe\U000e0041f",
    "a surrogate": "a\udcffb",
    "a pair": "a\ud83d\ude00b",
    "markup": "[red]x[/red] [/] :skull: [link=http://e.vil]y[/link]",
    "a dash": "-x",
    "an option": "--yes",
    "a dash alone": "-",
    "a formula": "=1+1",
    "a file": "@/etc/passwd",
    "SQL": "'; DROP TABLE users; --",
    "wildcards": "%_\\",
    "formats": "%(x)s %s {0} {x!r} ${HOME} :email ::text $1 ?",
    "a family": "👩\u200d💻",
    "a megabyte": "x" * 1_000_000,
    "a megabyte of escapes": "\x1b" * 1_000_000,
    "nothing": "",
}
REFUSED_NAMES = {
    "escapes",
    "C1",
    "NUL",
    "lines",
    "a surrogate",
    "a pair",
    "a megabyte",
    "a megabyte of escapes",
    "nothing",
}
CLEAN = {
    ExitCode.OK,
    ExitCode.USAGE,
    ExitCode.NOT_FOUND,
    ExitCode.REFUSED,
}


def attempts(text: str) -> list[tuple[str, ...]]:
    """Every place where somebody's text goes."""
    return [
        ("users", "create", "--", text),
        ("users", "create", "--", f"{text}@example.com"),
        ("users", "create", "x@example.com", f"--name={text}"),
        ("users", "update", "bob@example.com", f"--name={text}"),
        ("users", "update", "bob@example.com", f"--email={text}@example.com"),
        ("users", "update", "bob@example.com", "--name=Bob", f"--reason={text}"),
        ("users", "update", "bob@example.com", "--name=Rob", f"--actor={text}"),
        ("users", "create", f"--role={text}", "y@example.com"),
        ("users", "create", f"--file={text}", "y@example.com"),
        ("users", "list", f"--text={text}"),
        ("users", "list", f"--group={text}"),
        ("users", "list", f"--role={text}"),
        ("users", "list", f"--cursor={text}"),
        ("users", "list", f"--fields={text}"),
        ("users", "show", "--", text),
        ("users", "approve", "--", text),
        ("users", "suspend", "--", "bob@example.com", text),
        ("users", "set-role", "--", "bob@example.com", text),
        ("users", "set-role", "--yes", "--", text, "user"),
        ("users", "set-password", "--", text),
        ("roles", "show", "--", text),
        ("roles", "default", "--", text),
        ("roles", "assign", "--", "user", text),
        ("users", "delete", "--yes", "--", text),
    ]


def require_harmless(outcome: Outcome, what: object) -> None:
    """Nothing raw in what a terminal would be given, and no crash."""
    assert outcome.code in CLEAN, (what, outcome)
    for stream in (outcome.out, outcome.err):
        raw = {character for character in stream if is_unprintable(character)}
        assert raw <= {"\n", "\t"}, what
        assert len(stream) < 20_000, what
    assert outcome.err.count("\n") <= 3, what


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_harmless_in_every_argument(cli: Cli, kind: str) -> None:
    for name in ("ada", "bob"):
        assert cli("users", "create", f"{name}@example.com").code == 0
    outputs = cycle(OUTPUTS)
    for attempt in attempts(HOSTILE[kind]):
        output = next(outputs)
        done = cli(attempt[0], attempt[1], "-o", output, *attempt[2:], stdin="")
        require_harmless(done, (attempt[:2], output))
        if output == "json" and done.code:
            assert done.out == ""
            assert json.loads(done.err)["error"]["exit_code"] == done.code
    named = cli("users", "create", "z@example.com", f"--name={HOSTILE[kind]}", "-o", "json")
    assert named.code == (ExitCode.REFUSED if kind in REFUSED_NAMES else ExitCode.OK)
    if named.code == ExitCode.OK:
        assert json.loads(named.out)["data"]["name"] == HOSTILE[kind]
        found = cli("users", "list", f"--text={HOSTILE[kind]}", "-o", "name").out
        assert "z@example.com" in found.splitlines()
    for output in OUTPUTS:
        listed = cli("users", "list", "--all", "-o", output)
        assert listed.code == 0
        require_harmless(listed, output)
    assert "ada@example.com" in cli("users", "list", "--role", "admin").out


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_address_may_begin_with_a_dash(cli: Cli) -> None:
    assert cli("users", "create", "-o", "name", "--", "-x@example.com").out == "-x@example.com\n"
    assert cli("users", "create", "-x@example.com").code == ExitCode.USAGE
    assert cli("users", "show", "-o", "name", "--", "-x@example.com").out == "-x@example.com\n"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_bytes_that_are_not_utf8_are_refused_from_a_real_command_line(
    process: Cli, url: str
) -> None:
    environment = {"GRANTCTL_DATABASE": url, "LC_ALL": "C"}
    for arguments in (
        ("users", "create", "a\udcff@example.com"),
        ("users", "list", "--text", "\udcff"),
    ):
        done = process(*arguments, env=environment)
        assert (done.code, done.out) == (ExitCode.REFUSED, "")
        require_harmless(done, arguments)
