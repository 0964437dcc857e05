"""`grantctl users import` and `groups import-members`: whole outputs, and what is refused."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import pexpect
import pytest
import yaml

from tests.commands import Cli, Outcome
from tests.contract.damage import OPEN_WEBUI
from tests.running import json_refusal, refusal

USERS = ("users", "import")
MEMBERS = ("groups", "import-members")
FILE = 'email,name,role\r\nAda@Example.com,"Lovelace, Ada",user\r\nbob@example.com,,user\r\n'
FIRST = "warning: `ada@example.com` is the first user, so it became `admin`\n"
DRY = "warning: dry run: nothing was changed\n"
MEMBER_FILE = '{"user":"bob@example.com","group":"staff"}\n{"user":"eve","group":"staff"}\n'
LEFT_OUT = "warning: 1 row was left out\nwarning: line 2: no user `eve`\n"


def test_an_import_of_users_says_what_it_did(cli: Cli) -> None:
    assert cli(*USERS, "-", "--dry-run", stdin=FILE) == Outcome(
        0, "users\t2\t0\t0\t0\n", FIRST + DRY
    )
    assert cli("users", "list", "-o", "name") == Outcome(0, "", "")
    assert cli(*USERS, "-", "--reason", "moving in", stdin=FILE) == Outcome(
        0, "users\t2\t0\t0\t0\n", FIRST
    )
    listed = cli("users", "list", "-o", "csv", "--fields", "email,name,role").out
    assert listed == (
        'email,name,role\nada@example.com,"Lovelace, Ada",admin\nbob@example.com,bob,user\n'
    )
    (line,) = cli("audit", "list", "--action", "user.import", "-o", "ndjson").out.splitlines()
    entry = json.loads(line)
    assert (entry["actor"], entry["object_id"], entry["reason"]) == (
        *("tester", "import"),
        "moving in",
    )


def test_admins_are_made_only_where_that_is_confirmed(cli: Cli) -> None:
    cli("users", "create", "ada@example.com")
    cli("users", "create", "bob@example.com")
    rows = "email,role\nbob@example.com,admin\nchen@example.com,admin\n"
    asked = (*USERS, "-", "--update")
    refused = cli(*asked, stdin=rows)
    assert refused == Outcome(
        6,
        "",
        "error: the file makes 2 users admins, who may do everything: not confirmed\n"
        "hint: grantctl users import FILE --yes, or --dry-run to look first\n",
    )
    one = cli(*USERS, "-", stdin="email,role\nchen@example.com,admin\n")
    assert (one.code, one.err.splitlines()[0]) == (
        *(6,),
        "error: the file makes 1 user an admin, who may do everything: not confirmed",
    )
    assert cli("users", "list", "--role", "admin", "-o", "name").out == "ada@example.com\n"
    assert cli(*asked, "--dry-run", stdin=rows) == Outcome(0, "users\t1\t1\t0\t0\n", DRY)
    assert cli(*asked, "--yes", stdin=rows) == Outcome(0, "users\t1\t1\t0\t0\n", "")
    admins = cli("users", "list", "--role", "admin", "-o", "name").out.splitlines()
    assert sorted(admins) == ["ada@example.com", "bob@example.com", "chen@example.com"]


def test_every_format_tells_the_same_of_users(cli: Cli) -> None:
    command = (*USERS, "-", "--dry-run")
    answer = cli(*command, "-o", "json", stdin=FILE)
    document = json.loads(answer.out)
    assert answer.err == DRY
    assert document == {
        "schema": "grantctl.user-import/v1",
        "data": {
            "format": "csv",
            "changed": True,
            "admins_created": 1,
            "first_admin": "ada@example.com",
            "default_group": None,
            "rows": [{"kind": "users", "created": 2, "updated": 0, "unchanged": 0, "left_out": 0}],
        },
        "warnings": ["`ada@example.com` is the first user, so it became `admin`"],
        "next_cursor": None,
    }
    assert yaml.safe_load(cli(*command, "-o", "yaml", stdin=FILE).out) == document
    lines = cli(*command, "-o", "ndjson", stdin=FILE)
    assert (json.loads(lines.out), lines.err) == (document["data"], FIRST + DRY)
    table = cli(*command, "-o", "csv", stdin=FILE).out
    assert table == "kind,created,updated,unchanged,left_out\nusers,2,0,0,0\n"
    assert cli(*command, "-o", "name", stdin=FILE).out == "users\n"


def test_users_are_brought_up_to_date_where_that_is_said(cli: Cli) -> None:
    cli(*USERS, "-", stdin=FILE)
    changed = '{"email":"bob@example.com","name":"Bob"}\n{"email":"bill@example.com"}\n'
    strict = cli(*USERS, "-", "--strict", stdin=changed)
    assert (strict.code, *refusal(strict)) == (
        5,
        "line 1: `bob@example.com` is here with another name",
        "bring those that are here up to date: --update",
    )
    assert json_refusal(cli(*USERS, "-", "--strict", "-o", "json", stdin=changed))["code"] == (
        "conflict"
    )
    assert cli(*USERS, "-", "--dry-run", stdin=changed) == Outcome(
        8,
        "users\t1\t0\t0\t1\n",
        "warning: 1 row was left out\n"
        "warning: line 1: `bob@example.com` is here with another name\n" + DRY,
    )
    assert cli(*USERS, "-", "--update", "--strict", stdin=changed) == Outcome(
        0, "users\t1\t1\t0\t0\n", ""
    )
    assert cli(*USERS, "-", stdin=changed) == Outcome(0, "users\t0\t0\t2\t0\n", "")


def test_of_many_rows_that_are_left_out_the_first_are_named(cli: Cli) -> None:
    rows = "".join(f'{{"user":"u{number}","group":"staff"}}\n' for number in range(1, 14))
    outcome = cli(*MEMBERS, "-", stdin=rows)
    assert (outcome.code, outcome.out) == (8, "memberships\t0\t0\t0\t13\n")
    assert outcome.err.splitlines() == [
        "warning: 13 rows were left out",
        *(f"warning: line {number}: no user `u{number}`" for number in range(1, 11)),
        "warning: and 3 rows more",
    ]


def test_an_import_of_memberships_says_what_it_did(cli: Cli) -> None:
    cli(*USERS, "-", stdin=FILE)
    strict = cli(*MEMBERS, "-", "--strict", stdin=MEMBER_FILE)
    assert (strict.code, *refusal(strict)) == (
        4,
        "line 1: no group `staff`",
        "grantctl groups list, or make those that are missing: --create-groups",
    )
    command = (*MEMBERS, "-", "--create-groups")
    answer = cli(*command, "--dry-run", "-o", "json", stdin=MEMBER_FILE)
    assert (answer.code, answer.err) == (8, DRY)
    assert json.loads(answer.out) == {
        "schema": "grantctl.membership-import/v1",
        "data": {
            "format": "ndjson",
            "changed": True,
            "groups_created": 1,
            "rows": [
                {"kind": "memberships", "created": 1, "updated": 0, "unchanged": 0, "left_out": 1}
            ],
        },
        "warnings": ["1 row was left out", "line 2: no user `eve`"],
        "next_cursor": None,
    }
    assert cli(*command, stdin=MEMBER_FILE) == Outcome(8, "memberships\t1\t0\t0\t1\n", LEFT_OUT)
    assert cli(*command, stdin=MEMBER_FILE) == Outcome(8, "memberships\t0\t0\t1\t1\n", LEFT_OUT)
    members = cli("groups", "members", "staff", "-o", "csv", "--fields", "user,source,added_by")
    assert members.out == "user,source,added_by\nbob@example.com,import,tester\n"


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        ((*USERS, "x", "--format", "xml"), 2, "no format `xml`", "one of ndjson, csv"),
        (
            (*MEMBERS, "/nowhere/x"),
            2,
            "`/nowhere/x` cannot be read: no such file or directory",
            None,
        ),
        ((*USERS, "/"), 2, "`/` cannot be read: is a directory", None),
        (
            (*USERS, "-"),
            5,
            "the file is neither lines of JSON nor CSV with a header",
            "say what it is: --format ndjson or csv",
        ),
        ((*MEMBERS, "-", "--format", "ndjson"), 5, "line 1 is not JSON", None),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], code: int, message: str, hint: str | None, cli: Cli
) -> None:
    outcome = cli(*arguments, stdin="nonsense\n")
    assert (outcome.code, *refusal(outcome)) == (code, message, hint)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_a_file_holds_is_shown_escaped(cli: Cli) -> None:
    row = json.dumps({"email": "x\x1b[31m@y"})
    outcome = cli(*USERS, "-", stdin=row)
    assert (outcome.code, refusal(outcome)[0]) == (
        5,
        "line 1: `x\\x1b[31m@y` is not an e-mail address",
    )
    outcome = cli(*MEMBERS, "-", stdin=json.dumps({"user": "\u202ex", "group": "g"}))
    assert outcome.err.splitlines()[1] == "warning: line 1: no user `\\u202ex`"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_named_pipe_is_read_to_its_end(cli: Cli, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(FILE.encode(),))
    writer.start()
    assert cli(*USERS, str(pipe)) == Outcome(0, "users\t2\t0\t0\t0\n", FIRST)
    writer.join()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_attached_database_is_never_imported_into(cli: Cli) -> None:
    env = {"GRANTCTL_DATABASE": f"openwebui+sqlite:///{OPEN_WEBUI}"}
    for command, content in ((USERS, FILE), (MEMBERS, MEMBER_FILE)):
        refused = cli(*command, "-", env=env, stdin=content)
        assert (refused.code, refusal(refused)[0]) == (
            5,
            "an attached Open WebUI database is only read, never changed",
        )


@pytest.mark.parametrize("engine", ["sqlite"])
def test_on_a_terminal_progress_is_shown_and_taken_away(url: str, tmp_path: Path) -> None:
    rows = "".join(f'{{"email":"u{number:05}@example.com"}}\n' for number in range(9000))
    (tmp_path / "many").write_text(rows)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", *USERS, "many", "--database", url],
        encoding="utf-8",
        timeout=60,
        cwd=str(tmp_path),
        dimensions=(24, 200),
    )
    child.expect_exact("\r9000 rows written\r" + " " * len("9000 rows written") + "\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "rows written" not in child.before
