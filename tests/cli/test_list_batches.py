"""`explain`, `who-can` and `access` of many, a row each: in order, in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grantctl.store.database import Database
from tests.conftest import Cli, Outcome

QUESTIONS = "notes\n\nread\tmodel:gpt-4o\nread\tmodel:x\na\tb\tc\n"
MANY = "Flo\tnotes\nbob@example.com\tread\tmodel:gpt-4o\nx\tnotes\n"


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_who_can_answers_each_row_and_a_row_that_cannot_be_answered_fails_alone(
    office: Cli,
) -> None:
    assert office("who-can", "--batch", "-", stdin=QUESTIONS) == Outcome(
        8,
        "notes\tada@example.com\tadmin\t\n"
        "notes\tbob@example.com\tgroup\tengineering › staff\n"
        "notes\tchen@example.com\tgroup\tinterns › engineering › staff\n"
        "notes\tdana@example.com\tgroup\tsupport › staff\n"
        "read model:gpt-4o\tada@example.com\tadmin\t\n"
        "read model:gpt-4o\tbob@example.com\tgroup\tengineering\n"
        "read model:gpt-4o\tchen@example.com\tgroup\tinterns › engineering\n"
        "read model:x\t\terror\tno resource `model:x`\n"
        "a b c\t\terror\tline 5 is neither a permission nor action<TAB>type:id\n",
        "",
    )


def test_access_lists_what_each_user_may(office: Cli, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("Flo\nnobody\nbob@example.com\n", encoding="utf-8")
    assert office("access", "--batch", str(users), "--type", "model") == Outcome(
        8,
        "Flo\tmodel:llama3\tread\tpublic\t\tLlama 3\n"
        "nobody\t\terror\tno user `nobody`\t\t\n"
        "bob@example.com\tmodel:gpt-4o\tread\tgroup\tengineering\tGPT-4o\n"
        "bob@example.com\tmodel:helper\tread\tpublic\t\tHelper\n"
        "bob@example.com\tmodel:llama3\tread\tpublic\t\tLlama 3\n",
        "",
    )
    flags = office(
        "access", "--batch", "-", "--fields", "user,verdict", "chat.share", stdin="Flo\n"
    )
    assert flags == Outcome(0, "Flo\tallow\n", "")


def test_explain_prints_a_tree_for_each_row(office: Cli) -> None:
    outcome = office("explain", "--batch", "-", stdin=MANY)
    assert (outcome.code, outcome.err) == (8, "")
    first, second, third, rest = outcome.out.split("\n\n")
    assert first.startswith("✗ denied: u-flo may not notes\n")
    assert first.endswith("grantctl permissions set --default notes=true")
    assert second.startswith("✓ allowed: bob@example.com may read model:gpt-4o\n")
    assert (third, rest) == ("error: no user `x`", "")


@pytest.mark.parametrize("output", ["json", "ndjson", "yaml", "csv", "name"])
def test_every_format_has_the_same_exit_code(office: Cli, output: str) -> None:
    for command, stdin in (
        (("explain",), MANY),
        (("who-can",), QUESTIONS),
        (("access", "--type", "*"), "Flo\nnobody\n"),
        (("access",), "Flo\nnobody\n"),
    ):
        outcome = office(*command, "--batch", "-", "-o", output, stdin=stdin)
        assert (outcome.code, outcome.err) == (8, "")
        assert outcome.out


def test_explain_as_data_holds_the_decision_and_the_commands(office: Cli) -> None:
    outcome = office("explain", "--batch", "-", "-o", "ndjson", stdin=MANY)
    denied, allowed, failed = map(json.loads, outcome.out.splitlines())
    assert denied["commands"] == [
        "grantctl groups add staff u-flo",
        "grantctl permissions set --default notes=true",
    ]
    assert allowed["decision"]["hops"][0]["rule"] == "grant"
    assert (failed["verdict"], failed["reason"]) == ("error", "no user `x`")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("who-can", "--batch", "-", "notes"), "takes its questions from the file"),
        (("explain", "--batch", "-", "Flo", "notes"), "takes its users and keys from the file"),
        (("access", "--batch", "-", "notes", "chat"), "takes its users from the file"),
        (("who-can", "--batch", "/none/such"), "cannot be read: no such file or directory"),
        (("who-can",), "missing argument `KEY|ACTION`"),
        (("access",), "missing argument `USER`"),
    ],
)
def test_wrong_words_are_usage_errors(
    office: Cli, arguments: tuple[str, ...], message: str
) -> None:
    outcome = office(*arguments, stdin="notes\n")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
