"""`grantctl audit`: whole outputs, filters and pages, on both engines."""

from __future__ import annotations

import json

import pytest
import yaml

from grantctl.operations.changes import Intent
from grantctl.operations.groups import create_group
from grantctl.operations.users import create_user
from grantctl.store.database import Database
from grantctl.store.revision import SCHEMA_REVISION as REVISION
from tests.cli.steady import hold_steady
from tests.conftest import Cli, Outcome
from tests.running import json_refusal, refusal

ADA, STAFF = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
FILTERED = ("--by", "ops", "--fields", "at,action,object_id,reason")
STAFF_MADE = "2026-01-01T01:00:00Z"


@pytest.fixture
def log(cli: Cli, database: Database, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A command line on a database with two changes after its making."""
    hold_steady(monkeypatch)
    create_user(database, Intent("ops"), email="ada@example.com", name="Ada")
    create_group(database, Intent("ops", reason="ticket\u202e [red]4711"), name="staff")
    return cli


def test_the_newest_change_comes_first(log: Cli) -> None:
    assert log("audit", "list", *FILTERED) == Outcome(
        0,
        f"{STAFF_MADE}\tgroup.create\t{STAFF}\tticket\\u202e [red]4711\n"
        f"2026-01-01T00:00:00Z\tuser.create\t{ADA}\t\n",
        "",
    )


def test_every_format_tells_the_same(log: Cli) -> None:
    fields = ("--by", "ops", "--action", "group", "--fields", "number,actor,before,after")
    after = {"name": "staff", "description": "", "parent": None}
    shown = {"number": 3, "actor": "ops", "before": None, "after": after}
    document = {
        "schema": "grantctl.audit-events/v1",
        "data": [shown],
        "warnings": [],
        "next_cursor": None,
    }
    in_cell = json.dumps(after, separators=(",", ":"))
    assert json.loads(log("audit", "list", *fields, "-o", "json").out) == document
    assert yaml.safe_load(log("audit", "list", *fields, "-o", "yaml").out) == document
    assert json.loads(log("audit", "list", *fields, "-o", "ndjson").out) == shown
    assert log("audit", "list", *fields, "-o", "csv").out.splitlines() == [
        "number,actor,before,after",
        '3,ops,,"' + in_cell.replace('"', '""') + '"',
    ]
    assert log("audit", "list", *fields).out == f"3\tops\t\t{in_cell}\n"
    assert log("audit", "list", "--by", "ops", "-o", "name").out == "3\n2\n"


@pytest.mark.parametrize(
    ("filters", "actions"),
    [
        ((), ["group.create", "user.create", "database.init"]),
        (("--by", "ops"), ["group.create", "user.create"]),
        (("--by", "Ops"), []),
        (("--action", "user"), ["user.create"]),
        (("--action", "user.create"), ["user.create"]),
        (("--action", "user_create"), []),
        (("--action", "%"), []),
        (("--object", ADA), ["user.create"]),
        (("--object", ADA, "--action", "group"), []),
        (("--by", "tester"), ["database.init"]),
    ],
)
def test_changes_are_picked(log: Cli, filters: tuple[str, ...], actions: list[str]) -> None:
    outcome = log("audit", "list", *filters, "--fields", "action")
    assert outcome == Outcome(0, "".join(f"{one}\n" for one in actions), "")


def test_pages_follow_one_another(log: Cli) -> None:
    fields = ("--fields", "number")
    assert log("audit", "list", "--limit", "2", *fields) == Outcome(
        0, "3\n2\n", "warning: there is more: --cursor 2, or --all\n"
    )
    first = json.loads(log("audit", "list", "--limit", "2", "-o", "json").out)
    assert first["next_cursor"] == "2"
    last = log("audit", "list", "--limit", "2", "--cursor", first["next_cursor"], *fields)
    assert last == Outcome(0, "1\n", "")
    assert log("audit", "list", "--all", *fields) == Outcome(0, "3\n2\n1\n", "")
    assert log("audit", "list", "--cursor", "1", *fields) == Outcome(0, "", "")


def test_one_change_is_shown_whole(log: Cli) -> None:
    assert log("audit", "show", "3") == Outcome(
        0,
        "number:      3\n"
        f"at:          {STAFF_MADE}\n"
        "actor:       ops\n"
        "action:      group.create\n"
        "object_type: group\n"
        "object:      staff\n"
        f"object_id:   {STAFF}\n"
        "reason:      ticket\\u202e [red]4711\n"
        "before:\n"
        "after:\n"
        "  name:        staff\n"
        "  description:\n"
        "  parent:\n",
        "",
    )
    document = json.loads(log("audit", "show", "3", "-o", "json").out)
    assert document["schema"] == "grantctl.audit-event/v1"
    assert document["data"]["after"] == {"name": "staff", "description": "", "parent": None}
    assert document["data"]["at"] == STAFF_MADE
    assert log("audit", "show", "3", "-o", "name").out == "3\n"
    assert log("audit", "show", "3", "--fields", "action").out == "action: group.create\n"


@pytest.mark.parametrize("number", ["4", "0", "99999999999999999999"])
def test_a_change_that_does_not_exist_is_not_found(log: Cli, number: str) -> None:
    outcome = log("audit", "show", number)
    assert outcome.code == 4
    assert refusal(outcome) == (f"no audit entry `{number}`", "grantctl audit list")


def test_mistakes_are_usage_errors(log: Cli) -> None:
    outcome = log("audit", "list", "--cursor", "2026", "--limit", "0")
    assert outcome.code == 2
    assert refusal(log("audit", "list", "--cursor", "yesterday")) == (
        "`yesterday` is no cursor",
        "take `next_cursor` from the page before",
    )
    assert refusal(log("audit", "show", "one"))[0] == (
        "invalid value for `NUMBER`: `one` is not a valid int"
    )
    outcome = log("audit", "list", "--fields", "when", "-o", "json")
    assert (outcome.code, json_refusal(outcome)["code"]) == (2, "usage")


def test_a_person_reads_names_where_there_are_any(log: Cli) -> None:
    assert log("users", "create", "bob@example.com", "--role", "user").code == 0
    assert log("users", "delete", "bob@example.com", "--yes").code == 0
    assert log("audit", "list", "--fields", "action,object").out == (
        "user.delete\tbob@example.com\n"
        "user.create\tbob@example.com\n"
        "group.create\tstaff\n"
        "user.create\tada@example.com\n"
        f"database.init\t{REVISION}\n"
    )
