"""`grantctl explain USER ACTION TYPE:ID`: the whole tree, for every reason there is."""

from __future__ import annotations

import io
import json
from shlex import split

import pytest

from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.model import parse_resource
from grantctl.render.access_explanation import write_access_explanation
from grantctl.render.style import Format, Style
from grantctl.store.database import Database
from tests.cli.resource_office import DANA, RESOURCE_OFFICE
from tests.cli.resource_trees import TREES
from tests.conftest import Cli, Outcome
from tests.contract.worlds import NOW


@pytest.fixture
def office(resource_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office and its resources."""
    return cli


def test_every_reason_has_its_tree(office: Cli) -> None:
    for question, code, tree in TREES.values():
        assert office("explain", *split(question)) == Outcome(code, tree, "")


def test_a_preset_whose_base_is_not_the_user_s_to_read_is_denied_by_the_base_s_name(
    office: Cli,
) -> None:
    outcome = office("explain", "dana@example.com", "read", "model:helper")
    assert outcome.code == 3
    assert outcome.out.splitlines()[1] == (
        "├─ because `model:helper` is made of `model:gpt-4o`, which the user may not read: "
        "`model:gpt-4o` is restricted, and its one grant is not to the user"
    )


def remedies(tree: str) -> list[list[list[str]]]:
    """The commands below a tree, those of one remedy together."""
    found: list[list[list[str]]] = []
    for line in tree.partition("to allow it")[2].splitlines()[1:]:
        if line.startswith("    grantctl "):
            found[-1].append(split(line)[1:])
        else:
            found.append([])
    return found


def test_every_remedy_s_commands_work_and_then_it_is_allowed(
    office: Cli, database: Database
) -> None:
    count = 0
    for question, code, tree in TREES.values():
        for commands in remedies(tree):
            assert code == 3
            RESOURCE_OFFICE.write(database)
            for command in commands:
                outcome = office(*command)
                assert (outcome.code, "error" in outcome.err) == (0, False), (command, outcome)
            assert office("check", *split(question), "-q") == Outcome(0, "", ""), commands
            count += 1
    assert count > 25


def test_json_tells_the_two_facts_of_every_grant_apart(office: Cli) -> None:
    outcome = office("explain", "Flo", "read", "tool:calculator", "-o", "json")
    assert (outcome.code, outcome.err) == (3, "")
    document = json.loads(outcome.out)
    assert document["schema"] == "grantctl.access-decision/v1"
    [hop] = document["data"]["hops"]
    assert (hop["state"], hop["rule"], hop["owner"]["name"]) == (
        "restricted",
        "not_granted",
        "bob@example.com",
    )
    facts = {
        (one["action"], one["principal_id"]): (
            one["covers_action"],
            one["includes_user"],
            one["dangling"],
        )
        for one in hop["grants"]
    }
    assert facts == {
        ("read", "g-staff"): (True, False, False),
        ("read", "g-int"): (True, False, False),
        ("write", "g-sup"): (False, False, False),
        ("write", "u-flo"): (False, True, False),
        ("read", "u-gone"): (True, False, True),
        ("write", "g-gone"): (False, False, True),
    }
    assert document["data"]["remedies"][0]["commands"] == [
        "grantctl resources grant --user=u-flo tool:calculator read"
    ]


@pytest.mark.parametrize("output", ["json", "ndjson", "yaml", "csv", "name"])
def test_every_format_has_the_same_exit_code(office: Cli, output: str) -> None:
    for verdict, question in ((0, "Flo read model:llama3"), (3, "Flo read tool:calculator")):
        for command in ("check", "explain"):
            outcome = office(command, *split(question), "-o", output)
            assert (outcome.code, outcome.err) == (verdict, "")
            assert ("deny" if verdict else "allow") in outcome.out


def test_ascii_stands_in_where_a_stream_takes_no_more() -> None:
    facts = RESOURCE_OFFICE.facts(DANA, parse_resource("model:helper"))
    decision: AccessDecision = decide_access(facts, AccessQuestion("read"), now=NOW)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    write_access_explanation(stream, decision, Style(Format.TABLE))
    stream.seek(0)
    text = stream.read()
    assert text.startswith("- denied: dana@example.com may not read model:helper\n|- because")
    assert "`- - its base model:gpt-4o (GPT-4o), restricted: 1 grant\n" in text


def test_names_and_ids_of_the_data_are_shown_escaped(cli: Cli) -> None:
    assert cli("users", "create", "ada@example.com").code == 0
    name = "\u202eevil [red]"
    made = cli("resources", "create", "model:[/]%s", "--name", name)
    assert made.code == 0
    outcome = cli("explain", "ada@example.com", "read", "model:[/]%s")
    assert outcome.code == 0
    assert r"model:[/]%s (\u202eevil [red]), private: an empty access control" in outcome.out
    assert "\u202e" not in outcome.out
