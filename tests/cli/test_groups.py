"""`grantctl groups`, whole outputs on both engines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pexpect
import pytest

from grantctl.store.database import Database
from tests.commands import Outcome
from tests.conftest import Cli
from tests.databases import prepared
from tests.operations.group_examples import (
    make_groups,
    make_users,
    paths,
    set_flags,
    settled,
)

DRY_RUN = "warning: dry run: nothing was changed\n"


@prepared
def company(database: Database) -> None:
    """Three groups below one another, one beside them, and three users in some."""
    make_users(database, "ada", "bob", "cyd")
    make_groups(database, "company", "company/backend", "company/backend/api", "guests")


def test_a_group_is_made_and_shown(cli: Cli) -> None:
    made = cli("groups", "create", "company", "--description", "all of us")
    assert (made.code, made.err) == (0, "")
    assert settled(made.out) == (
        "outcome:     created\n"
        "id:          ID\n"
        "name:        company\n"
        "description: all of us\n"
        "path:        company\n"
        "created_at:  TIME\n"
        "updated_at:  TIME\n"
    )
    assert (
        cli("groups", "create", "backend", "--parent", "company", "-o", "name").out == "backend\n"
    )
    shown = cli("groups", "show", "backend")
    assert (shown.code, shown.err) == (0, "")
    assert settled(shown.out) == (
        "id:                ID\n"
        "name:              backend\n"
        "description:\n"
        "path:              company › backend\n"
        "children:\n"
        "members:           0\n"
        "effective_members: 0\n"
        "expired_members:   0\n"
        "permissions:       {}\n"
        "created_at:        TIME\n"
        "updated_at:        TIME\n"
    )


def test_a_shown_group_is_one_json_document_with_ids(cli: Cli, company: Database) -> None:
    set_flags(company, "backend", chat__share=True, chat__controls=False)
    cli("groups", "add", "api", "ada", "bob")
    cli("groups", "add", "backend", "bob")
    outcome = cli("groups", "show", "backend", "-o", "json")
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads(settled(outcome.out)) == {
        "schema": "grantctl.group/v1",
        "data": {
            "id": "ID",
            "name": "backend",
            "description": "",
            "path": [{"id": "ID", "name": "company"}, {"id": "ID", "name": "backend"}],
            "children": [{"id": "ID", "name": "api"}],
            "members": 1,
            "effective_members": 2,
            "expired_members": 0,
            "permissions": {"chat.controls": False, "chat.share": True},
            "created_at": "TIME",
            "updated_at": "TIME",
        },
        "warnings": [],
        "next_cursor": None,
    }


def test_groups_are_listed_page_by_page(cli: Cli, company: Database) -> None:
    cli("groups", "add", "api", "ada", "bob")
    cli("groups", "add", "company", "bob", "cyd")
    everything = (
        "company\t\t2\t3\t\nbackend\tcompany\t0\t2\t\napi\tbackend\t2\t2\t\nguests\t\t0\t0\t\n"
    )
    assert cli("groups", "list").out == everything
    first = cli("groups", "list", "--limit", "3", "-o", "name")
    assert first.out == "company\nbackend\napi\n"
    assert first.err.startswith("warning: there is more: --cursor ")
    cursor = first.err.split()[5].rstrip(",")
    rest = cli("groups", "list", "--cursor", cursor, "-o", "name")
    assert (rest.code, rest.out, rest.err) == (0, "guests\n", "")
    assert cli("groups", "list", "--limit", "1", "--all").out == everything
    assert cli("groups", "list", "--text", "PAN", "-o", "name").out == "company\n"
    assert cli("groups", "list", "--fields", "path,members", "--text", "api").out == (
        "company › backend › api\t2\n"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--cursor", "x"], "error: `x` is no cursor"),
        (["--limit", "0"], "error: invalid value for `--limit`"),
        (["--fields", "nope"], "error: no field `nope`"),
    ],
)
def test_a_page_that_is_none_is_a_usage_error(
    cli: Cli, arguments: list[str], complaint: str
) -> None:
    outcome = cli("groups", "list", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(complaint)


def test_a_change_says_what_it_did(cli: Cli, company: Database) -> None:
    updated = cli("groups", "update", "guests", "--name", "visitors", "--description", "by day")
    assert (updated.code, updated.err) == (0, "")
    assert settled(updated.out) == (
        "outcome:     updated\n"
        "id:          ID\n"
        "name:        visitors\n"
        "description: by day\n"
        "path:        visitors\n"
        "created_at:  TIME\n"
        "updated_at:  TIME\n"
    )
    fields = ("--fields", "outcome,path,former_path", "-o", "csv")
    for arguments, answer in (
        (("backend", "--parent", "visitors"), "moved,visitors › backend,company › backend"),
        (("backend", "--parent", "visitors"), "unchanged,visitors › backend,visitors › backend"),
        (("backend", "--root"), "moved,backend,visitors › backend"),
    ):
        moved = cli("groups", "move", *arguments, *fields)
        assert (moved.code, moved.err) == (0, "")
        assert moved.out.splitlines() == ["outcome,path,former_path", answer]
    assert paths(company) == ["company", "backend", "backend/api", "visitors"]


def test_a_move_says_who_gains_and_loses_by_it(cli: Cli, company: Database) -> None:
    set_flags(company, "company", workspace__tools=True)
    cli("groups", "add", "api", "ada", "bob", "cyd")
    cli("groups", "add", "guests", "bob")
    said = "warning: 2 of 3 members lose 1 permission\n"
    line = ("groups", "move", "backend", "--root", "-o", "name")
    assert cli(*line, "--dry-run") == Outcome(0, "backend\n", said + DRY_RUN)
    assert cli(*line) == Outcome(0, "backend\n", said)
    assert cli(*line) == Outcome(0, "backend\n", "")
    moved = cli("groups", "move", "guests", "--parent", "company", "-o", "json")
    assert json.loads(moved.out)["warnings"] == ["1 of 1 member gains 1 permission"]


def test_a_cycle_is_refused_and_shown(cli: Cli, company: Database) -> None:
    refused = cli("groups", "move", "company", "--parent", "api", "-o", "json")
    assert (refused.code, refused.out) == (5, "")
    error = json.loads(settled(refused.err))["error"]
    assert error == {
        "code": "group_cycle",
        "message": "`company` cannot be below `api`: company → backend → api would meet itself",
        "hint": "move `api` elsewhere first: grantctl groups move ID --root",
        "exit_code": 5,
    }
    refused = cli("groups", "move", "api", "--parent", "api")
    assert (refused.code, refused.err) == (5, "error: `api` cannot be below itself\n")


def test_where_to_move_must_be_said_once(cli: Cli, company: Database) -> None:
    complaint = "error: say where to: `--parent GROUP` or `--root`, and not both\n"
    for arguments in ((), ("--root", "--parent", "company")):
        outcome = cli("groups", "move", "api", *arguments)
        assert (outcome.code, outcome.out, outcome.err) == (2, "", complaint)
    outcome = cli("groups", "update", "api")
    assert (outcome.code, outcome.err) == (
        2,
        "error: nothing to change\nhint: --name NAME or --description TEXT\n",
    )


def test_a_taken_name_is_a_conflict(cli: Cli, company: Database) -> None:
    for arguments in (("create", "api"), ("update", "guests", "--name", "api")):
        outcome = cli("groups", *arguments)
        assert (outcome.code, outcome.out, settled(outcome.err)) == (
            5,
            "",
            "error: `api` is the name of another group\nhint: grantctl groups show ID\n",
        )


def test_an_unknown_group_is_not_found_with_what_may_be_meant(cli: Cli, company: Database) -> None:
    for arguments in (
        ("show", "companie"),
        ("update", "companie", "--name", "x"),
        ("move", "companie", "--root"),
        ("move", "guests", "--parent", "companie"),
        ("create", "x", "--parent", "companie"),
        ("delete", "companie", "--yes"),
        ("delete", "companie"),
        ("add", "companie", "ada"),
        ("remove", "companie", "ada"),
        ("members", "companie"),
    ):
        outcome = cli("groups", *arguments)
        assert (outcome.code, outcome.out, outcome.err) == (
            4,
            "",
            "error: no group `companie`\nhint: did you mean `company`? grantctl groups list\n",
        )


def test_a_deletion_is_asked_about_with_what_goes_along(cli: Cli, company: Database) -> None:
    cli("groups", "add", "backend", "ada", "bob")
    set_flags(company, "backend", chat__share=True)
    cli("resources", "create", "model:a")
    cli("resources", "grant", "model:a", "read", "--group", "backend")
    question = (
        "delete `backend` with 2 memberships, 1 flag and 1 grant, bringing `api` to the top level "
        "(1 of 2 members loses 1 action on resources)"
    )
    refused = cli("groups", "delete", "backend")
    assert (refused.code, refused.out, refused.err) == (
        6,
        "",
        f"error: {question}: not confirmed\nhint: confirm with --yes\n",
    )
    tried = cli("groups", "delete", "backend", "--dry-run")
    said = "warning: 1 of 2 members loses 1 action on resources\n"
    assert tried == Outcome(0, "backend\t2\t1\t1\tapi\n", said + DRY_RUN)
    assert paths(company) == ["company", "company/backend", "company/backend/api", "guests"]
    deleted = cli("groups", "delete", "backend", "--yes")
    assert (deleted.code, deleted.out, deleted.err) == (0, "backend\t2\t1\t1\tapi\n", "")
    assert paths(company) == ["company", "api", "guests"]


def test_of_many_groups_the_first_are_named(cli: Cli, database: Database) -> None:
    make_groups(database, "a", "a/b", "c", "d", "e", "a/f")
    refused = cli("groups", "delete", "a", "c", "d", "e", "-o", "json")
    assert json.loads(refused.err)["error"]["message"] == (
        "delete `a`, `c`, `d` and 1 more with no memberships, no flags and no grants, "
        "bringing `b`, `f` to the top level (nobody gains or loses anything): not confirmed"
    )


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 6), ("", 6)])
def test_on_a_terminal_the_answer_decides(
    url: str, company: Database, answer: str, code: int, tmp_path: Path
) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", "groups", "delete", "guests", "--database", url],
        encoding="utf-8",
        timeout=60,
        cwd=str(tmp_path),
        dimensions=(24, 200),
    )
    child.expect_exact(
        "delete `guests` with no memberships, no flags and no grants "
        "(nobody gains or loses anything)? [y/N] "
    )
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert ("guests" in paths(company)) is (code != 0)


def test_every_change_is_audited_with_actor_and_reason(cli: Cli, company: Database) -> None:
    shared = ("--reason", "ticket 7", "--actor", "carol")
    for arguments in (
        ("create", "new"),
        ("update", "new", "--description", "x"),
        ("move", "new", "--parent", "company"),
        ("add", "new", "ada"),
        ("remove", "new", "ada"),
        ("delete", "new", "--yes"),
    ):
        assert cli("groups", *arguments, *shared).code == 0
        assert cli("groups", "create", "other", "--dry-run", *shared).code == 0
    log = cli("audit", "list", "--by", "carol", "--fields", "actor,action,object_type,reason")
    actions = ("delete", "remove_members", "add_members", "move", "update", "create")
    assert log.out == "".join(f"carol\tgroup.{one}\tgroup\tticket 7\n" for one in actions)


@pytest.mark.parametrize("format", ["table", "json", "ndjson", "yaml", "csv", "name"])
def test_every_command_answers_in_every_format(cli: Cli, company: Database, format: str) -> None:
    for arguments in (
        ("list",),
        ("show", "api"),
        ("create", "new"),
        ("update", "new", "--description", "x"),
        ("move", "new", "--parent", "company"),
        ("add", "new", "ada"),
        ("members", "new", "--inherited"),
        ("remove", "new", "ada"),
        ("delete", "new", "--yes"),
    ):
        outcome = cli("groups", *arguments, "-o", format)
        assert (outcome.code, outcome.err, bool(outcome.out)) == (0, "", True)
