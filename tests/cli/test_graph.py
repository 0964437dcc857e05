"""`grantctl graph`: what lies around somebody or something, drawn and as data."""

from __future__ import annotations

import csv
import io
import json

import pytest

from grantctl.config import OUTPUTS
from grantctl.store.database import Database
from tests.cli.test_imports import loaded
from tests.commands import Cli, Outcome, invoke
from tests.contract.damage import OPEN_WEBUI

MERMAID = """\
flowchart LR
  %% chen@example.com: chat.controls: allowed: group `engineering`, held through `interns`, \
sets it true
  n0(["chen#64;example.com<br/>Chen, user"]):::subject
  n1["interns"]
  n2["engineering"]
  n3["1 group sets nothing here"]:::missing
  n4("chat.controls<br/>allowed"):::allowed
  n0 ==>|"until 2099-01-01"| n1
  n1 ==> n2
  n0 -.-> n3
  n2 ==>|"true"| n4
  n1 -.->|"false"| n4
  classDef allowed stroke:#0072B2,stroke-width:3px
  classDef subject stroke-width:3px
  classDef missing stroke-dasharray:2 3
"""
DOT = """\
digraph grantctl {
  graph [rankdir=LR, label="gus@example.com", labelloc=t, fontname=Helvetica];
  node [fontname=Helvetica, fontsize=11];
  edge [fontname=Helvetica, fontsize=9];
  n0 [label="gus@example.com\\nGus, user", tooltip="user:u-gus", shape=ellipse, penwidth=2];
  n1 [label="engineering", tooltip="group:g-eng", shape=box];
  n0 -> n1 [label="ended 2020-01-01", color="#555555", style=dashed];
}
"""
EDGES = {
    "table": (
        "bob@example.com\tmember\tengineering\t\tfalse\n"
        "engineering\tparent\tstaff\t\tfalse\n"
        "engineering\tallows\tchat.controls\ttrue\tfalse\n"
        "staff\tallows\tnotes\ttrue\tfalse\n"
    ),
    "ndjson": (
        '{"source_label":"bob@example.com","kind":"member","target_label":"engineering","label":"",'
        '"decides":false,"source":"user:u-bob","target":"group:g-eng"}\n'
        '{"source_label":"engineering","kind":"parent","target_label":"staff","label":"",'
        '"decides":false,"source":"group:g-eng","target":"group:g-staff"}\n'
        '{"source_label":"engineering","kind":"allows","target_label":"chat.controls",'
        '"label":"true","decides":false,"source":"group:g-eng",'
        '"target":"permission:chat.controls"}\n'
        '{"source_label":"staff","kind":"allows","target_label":"notes","label":"true",'
        '"decides":false,"source":"group:g-staff","target":"permission:notes"}\n'
    ),
    "name": (
        "user:u-bob\ngroup:g-eng\ngroup:g-staff\npermission:chat.controls\npermission:notes\n"
    ),
}


def test_a_question_is_drawn_with_the_way_that_decided(office: Cli) -> None:
    assert office("graph", "Chen", "chat.controls") == Outcome(0, MERMAID, "")
    assert office("graph", "Chen", "chat.controls", "--format", "mermaid").out == MERMAID


def test_dot_shows_a_membership_that_ended(office: Cli) -> None:
    assert office("graph", "Gus", "--format", "dot") == Outcome(0, DOT, "")


def test_every_format_lists_the_same_graph(office: Cli) -> None:
    for output, out in EDGES.items():
        assert office("graph", "Bob", "-o", output) == Outcome(0, out, "")
    document = json.loads(office("graph", "Bob", "-o", "json").out)
    assert {key: document[key] for key in ("schema", "warnings", "next_cursor")} == {
        "schema": "grantctl.graph/v1",
        "warnings": [],
        "next_cursor": None,
    }
    data = document["data"]
    assert data["title"] == "bob@example.com"
    assert (data["allowed"], data["cause"], data["left_out"]) == (None, None, 0)
    assert [node["id"] for node in data["nodes"]] == EDGES["name"].splitlines()
    rows = [json.loads(line) for line in EDGES["ndjson"].splitlines()]
    plain = [{key: row[key] for key in row if not key.endswith("_label")} for row in rows]
    assert data["edges"] == plain
    read = csv.DictReader(io.StringIO(office("graph", "Bob", "-o", "csv").out))
    assert [row["target"] for row in read] == [row["target"] for row in rows]
    assert office("graph", "Bob", "-o", "yaml").out.startswith("schema: grantctl.graph/v1\n")
    assert office("graph", "Bob", "--fields", "kind").out == "member\nparent\nallows\nallows\n"


def test_a_denial_is_an_answer_and_no_failure_of_the_drawing(office: Cli) -> None:
    for output in OUTPUTS:
        assert office("graph", "Dana", "chat.controls", "-o", output).code == 0
    document = json.loads(office("graph", "Eli", "notes", "-o", "json").out)["data"]
    assert (document["allowed"], document["cause"]) == (
        False,
        "pending users are denied everything",
    )
    assert [edge for edge in document["edges"] if edge["decides"]] == [
        {
            "source": "user:u-eli",
            "kind": "role",
            "target": "role:pending",
            "label": "",
            "decides": True,
        },
        {
            "source": "role:pending",
            "kind": "denies",
            "target": "permission:notes",
            "label": "nothing",
            "decides": True,
        },
    ]


def test_a_limit_hides_what_is_counted_instead(office: Cli) -> None:
    outcome = office("graph", "staff", "--limit", "1", "-o", "table")
    assert outcome == Outcome(
        0,
        "engineering\tparent\tstaff\t\tfalse\n"
        "staff\tmore\tand 2 more groups below\t\tfalse\n"
        "staff\tallows\tnotes\ttrue\tfalse\n",
        "warning: 2 left out: a higher --limit shows more\n",
    )


def test_groups_are_shown_for_the_permissions_that_are_shown(office: Cli) -> None:
    assert office("permissions", "set", "--group", "staff", "chat.valves=true").code == 0
    outcome = office("graph", "chat", "--limit", "1", "-o", "table")
    assert outcome == Outcome(
        0,
        "chat.controls\tcontains\tchat\t\tfalse\n"
        "chat\tmore\tand 3 more permissions\t\tfalse\n"
        "engineering\tallows\tchat.controls\ttrue\tfalse\n"
        "chat\tmore\tand 1 more group that sets it\t\tfalse\n",
        "warning: 4 left out: a higher --limit shows more\n",
    )


def test_what_the_words_name_is_found_by_itself(office: Cli) -> None:
    for ref, root in {
        "u-bob": "user:u-bob",
        "engineering": "group:g-eng",
        "chat": "category:chat",
        "notes": "permission:notes",
    }.items():
        assert office("graph", ref, "-o", "name").out.splitlines()[0] == root


def test_a_resource_is_drawn_with_its_owner_grants_and_bases(
    resource_office: Database, cli: Cli
) -> None:
    assert cli("graph", "model:helper", "-o", "table").out == (
        "dana@example.com\towner\tmodel:helper\towner\tfalse\n"
        "everyone\tgrant\tmodel:helper\tread\tfalse\n"
        "model:helper\tbase\tmodel:gpt-4o\tmade of\tfalse\n"
        "ada@example.com\towner\tmodel:gpt-4o\towner\tfalse\n"
        "engineering\tgrant\tmodel:gpt-4o\tread\tfalse\n"
        "interns\tparent\tengineering\t\tfalse\n"
    )


def test_a_question_about_a_resource_is_drawn_with_what_stands_in_its_way(
    resource_office: Database, cli: Cli
) -> None:
    outcome = cli("graph", "Dana", "read", "model:helper", "-o", "json")
    data = json.loads(outcome.out)["data"]
    assert (outcome.code, data["allowed"]) == (0, False)
    verdicts = {one["id"]: one["allowed"] for one in data["nodes"] if one["allowed"] is not None}
    assert verdicts == {"resource:model:helper": False, "resource:model:gpt-4o": False}
    bob = json.loads(cli("graph", "Bob", "read", "model:gpt-4o", "-o", "json").out)["data"]
    assert {(one["source"], one["target"]) for one in bob["edges"] if one["decides"]} == {
        ("user:u-bob", "group:g-eng"),
        ("group:g-eng", "resource:model:gpt-4o"),
    }


def test_words_that_name_several_things_need_as(office: Cli) -> None:
    office("groups", "create", "notes")
    assert office("graph", "notes") == Outcome(
        5,
        "",
        "error: `notes` is a group and a key\nhint: say which: --as group or --as key\n",
    )
    assert office("graph", "notes", "--as", "key", "-o", "name").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("enginering",),
            4,
            "error: no user, group, permission or resource `enginering`\n"
            "hint: did you mean `engineering`?",
        ),
        (
            ("",),
            4,
            "error: no user, group, permission or resource ``\n"
            "hint: grantctl users list, groups list, permissions list, resources list\n",
        ),
        (("Bob", "--as", "team"), 2, "error: no kind `team`\n"),
        (("Bob", "--format", "png"), 2, "error: no drawing `png`\n"),
        (("Bob", "--format", "svg", "-o", "csv"), 2, "error: `--format` draws, `-o` and"),
        (("Bob", "--all"), 2, "error: `--all`, `--ignore-owner` and `--ignore-base` go with"),
        (("staff", "notes", "--as", "group"), 2, "error: a question is about a user\n"),
        (("staff", "notes"), 4, "error: no user `staff`\n"),
        (("Bob", "no.such"), 4, "error: no permission `no.such`\n"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    office: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    outcome = office("graph", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(said)


def test_an_attached_database_is_drawn_too() -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}

    def rows(*arguments: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(invoke((*arguments, "-o", "json"), env=env).out)[
            "data"
        ]
        return found

    group, resource = rows("groups", "list")[0]["id"], rows("resources", "list")[0]["resource"]
    subjects = (("ada@example.com",), (group,), ("chat",), (resource,))
    questions = (("ada@example.com", "chat.controls"), ("ada@example.com", "read", resource))
    for arguments in (*subjects, *questions):
        outcome = invoke(("graph", *arguments, "-o", "json"), env=env)
        assert (outcome.code, outcome.err) == (0, ""), arguments
        assert json.loads(outcome.out)["data"]["nodes"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_neither_a_drawing_nor_a_matrix_of_a_file_imports_anything_slow(
    office: Cli, url: str
) -> None:
    for line in ("graph Bob chat.controls --format svg", "access --matrix staff --html -"):
        assert loaded(line, url) == []
