"""Mistakes on the command line: exit code 2, one line, what may have been meant, JSON if asked."""

from __future__ import annotations

from pathlib import Path

import pytest

import grantctl
from grantctl.operations.demonstration import make_organisation
from grantctl.store.url import file_url
from tests.conftest import Outcome
from tests.running import json_refusal, refusal, run


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a small organisation in it."""
    path = tmp_path_factory.mktemp("organisation") / "g.db"
    make_organisation(file_url(str(path)))
    return path


def test_the_version_is_printed() -> None:
    assert run("--version") == Outcome(0, f"grantctl {grantctl.__version__}\n", "")


def test_help_is_an_answer_and_its_lack_a_mistake() -> None:
    helped, alone = run("--help"), run()
    assert (helped.code, helped.err) == (0, "")
    assert helped.out.startswith("Usage: grantctl [OPTIONS] COMMAND [ARGS]...\n")
    assert (alone.code, alone.out, alone.err) == (2, "", helped.out)
    noun = run("users")
    assert (noun.code, noun.out) == (2, "")
    assert noun.err == run("users", "--help").out == run("users", "-h").out


@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        ("chekc", "no such command `chekc`", "did you mean `check`? grantctl --help"),
        ("users lst", "no such command `lst`", "did you mean `list`? grantctl users --help"),
        ("frobnicate", "no such command `frobnicate`", "grantctl --help"),
        (
            "users list --colour never",
            "no such option: --colour",
            "did you mean `--color`, `--cursor`? grantctl users list --help",
        ),
        ("check --zyx", "no such option: --zyx", "grantctl check --help"),
        ("users list --limit", "option `--limit` requires an argument", "grantctl --help"),
        (
            "users list --limit x",
            "invalid value for `--limit`: `x` is not a valid int range",
            "grantctl users list --help",
        ),
        ("explain ada", "missing argument `KEY|ACTION`", "grantctl explain --help"),
        (
            "explain ada read model:x more",
            "got unexpected extra argument(s) (more)",
            "grantctl explain --help",
        ),
    ],
)
def test_a_mistake_is_one_line_and_what_may_have_been_meant(
    command: str, message: str, hint: str
) -> None:
    outcome = run(*command.split())
    assert outcome.code == 2
    assert refusal(outcome) == (message, hint)
    as_json = run("-o", "json", *command.split())
    assert as_json.code == 2
    assert (json_refusal(as_json)["message"], json_refusal(as_json)["code"]) == (message, "usage")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "nobody", "chat", "-o", "json"),
        ("check", "nobody", "chat", "-ojson"),
        ("check", "nobody", "chat", "-qo", "json"),
        ("check", "nobody", "chat", "--output=json"),
        ("--output", "json", "check", "nobody", "chat"),
        ("-o", "table", "check", "nobody", "chat", "-o", "json"),
    ],
    ids=" ".join,
)
def test_errors_are_json_wherever_the_option_stands(
    arguments: tuple[str, ...], organisation: Path
) -> None:
    outcome = run(*arguments, env={"GRANTCTL_DATABASE": str(file_url(str(organisation)))})
    assert json_refusal(outcome)["code"] == "not_found"


def test_errors_are_json_where_a_variable_or_the_file_says_so(
    organisation: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('output = "json"\n', encoding="utf-8")
    url = str(file_url(str(organisation)))
    for env in ({"GRANTCTL_OUTPUT": "json"}, {"GRANTCTL_CONFIG": str(file)}):
        variables = {"GRANTCTL_DATABASE": url, **env}
        assert json_refusal(run("check", "nobody", "chat", env=variables))["exit_code"] == 4
        assert refusal(run("check", "nobody", "chat", "-o", "csv", env=variables))
    named = run("check", "nobody", "chat", "--config", str(file), env={"GRANTCTL_DATABASE": url})
    assert json_refusal(named)["exit_code"] == 4
