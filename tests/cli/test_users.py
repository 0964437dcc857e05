"""`grantctl users`: whole outputs, exit codes, questions, and errors in every format."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from grantctl.config import OUTPUTS
from tests.cli.steady import hold_steady
from tests.conftest import Cli, Outcome

ADA = "00000000-0000-0000-0000-000000000001"
BOB = "00000000-0000-0000-0000-000000000002"


@pytest.fixture
def people(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Ada is admin; Bob is pending, and in the group staff."""
    hold_steady(monkeypatch)
    for arguments in (
        ("users", "create", "ada@example.com", "--name", "Ada Okafor"),
        ("users", "create", "bob@example.com", "--name", "Bob [red]"),
        ("groups", "create", "staff"),
        ("groups", "add", "staff", BOB),
    ):
        assert cli(*arguments).code == 0
    return cli


def said(outcome: Outcome, out: str = "", err: str = "", code: int = 0) -> bool:
    """Whether the outcome is this one, wholly."""
    assert (outcome.out, outcome.err, outcome.code) == (out, err, code)
    return True


ROW = (
    '{"user":"ada@example.com","name":"Ada Okafor","role":"admin",'
    f'"id":"{ADA}","email":"ada@example.com","has_password":false,'
    '"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}\n'
)
LISTS = {
    "table": "ada@example.com\tAda Okafor\tadmin\n",
    "ndjson": ROW,
    "name": "ada@example.com\n",
    "csv": "user,name,role,id,email,has_password,created_at,updated_at\n"
    f"ada@example.com,Ada Okafor,admin,{ADA},ada@example.com,false,"
    "2026-01-01T00:00:00Z,2026-01-01T00:00:00Z\n",
    "yaml": f"""\
schema: grantctl.users/v1
data:
- user: ada@example.com
  name: Ada Okafor
  role: admin
  id: {ADA}
  email: ada@example.com
  has_password: false
  created_at: '2026-01-01T00:00:00Z'
  updated_at: '2026-01-01T00:00:00Z'
warnings: []
next_cursor: '1'
""",
}


def test_a_page_of_users_is_listed_in_every_format_and_says_that_there_is_more(people: Cli) -> None:
    more = "warning: there is more: --cursor 1, or --all\n"
    for output, expected in LISTS.items():
        assert said(people("users", "list", "--limit", "1", "-o", output), expected, more)
    document = people("users", "list", "--limit", "1", "-o", "json")
    assert document.err == more
    assert json.loads(document.out) == {
        "schema": "grantctl.users/v1",
        "data": [json.loads(ROW)],
        "warnings": [],
        "next_cursor": "1",
    }
    rest = people("users", "list", "--limit", "1", "--cursor", "1", "-o", "name")
    assert said(rest, "bob@example.com\n")
    assert said(
        people("users", "list", "--all", "-o", "name"), "ada@example.com\nbob@example.com\n"
    )


def test_users_are_listed_by_role_group_and_text(people: Cli) -> None:
    for arguments, found in (
        (("--role", "pending"), "bob@example.com\n"),
        (("--role", "user"), ""),
        (("--group", "staff"), "bob@example.com\n"),
        (("--text", "OKA"), "ada@example.com\n"),
        (("--text", "%"), ""),
        (("--text", "example", "--role", "admin", "--group", "staff"), ""),
    ):
        assert said(people("users", "list", "-o", "name", *arguments), found)


def test_a_user_is_shown_with_its_groups(people: Cli) -> None:
    assert said(
        people("users", "show", "Bob [red]"),
        f"""\
id:           {BOB}
email:        bob@example.com
name:         Bob [red]
role:         pending
has_password: false
created_at:   2026-01-01T01:00:00Z
updated_at:   2026-01-01T01:00:00Z
groups:
  - id:         00000000-0000-0000-0000-000000000003
    name:       staff
    source:     manual
    added_by:   tester
    added_at:   2026-01-01T03:00:00Z
    expires_at:
    is_expired: false
""",
    )
    shown = people("users", "show", BOB, "-o", "json", "--fields", "name,groups")
    assert json.loads(shown.out) == {
        "schema": "grantctl.user/v1",
        "data": {
            "name": "Bob [red]",
            "groups": [
                {
                    "id": "00000000-0000-0000-0000-000000000003",
                    "name": "staff",
                    "source": "manual",
                    "added_by": "tester",
                    "added_at": "2026-01-01T03:00:00Z",
                    "expires_at": None,
                    "is_expired": False,
                }
            ],
        },
        "warnings": [],
        "next_cursor": None,
    }
    assert said(people("users", "show", BOB, "-o", "name"), "bob@example.com\n")


def test_the_first_user_becomes_admin_and_the_output_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_steady(monkeypatch)
    first = "`ada@example.com` is the first user, so it became `admin`"
    tried = cli("users", "create", "Ada@Example.com", "--dry-run", "-o", "name")
    dry = f"warning: {first}\nwarning: dry run: nothing was changed\n"
    assert said(tried, "ada@example.com\n", dry)
    made = cli("users", "create", "ada@example.com", "--role", "user", "-o", "json")
    assert (made.code, made.err) == (0, "")
    document = json.loads(made.out)
    assert document["data"]["role"] == "admin"
    assert document["warnings"] == [f"{first}, not `user`"]
    assert said(cli("users", "create", "bob@example.com", "-o", "name"), "bob@example.com\n")


def test_a_user_is_changed(people: Cli) -> None:
    changed = people("users", "update", "bob@example.com", "--email", "ROB@example.com")
    assert said(people("users", "show", BOB), changed.out)
    assert "email:        rob@example.com\n" in changed.out
    assert "updated_at:   2026-01-01T04:00:00Z\n" in changed.out
    nothing = "error: nothing to change\nhint: --email EMAIL or --name NAME\n"
    assert said(people("users", "update", "ada@example.com"), "", nothing, 2)


def test_users_are_approved_and_suspended_together(people: Cli) -> None:
    approved = people("users", "approve", "bob@example.com", ADA)
    kept = "warning: `ada@example.com` is `admin` already\n"
    assert said(approved, "bob@example.com\tpending\tuser\nada@example.com\tadmin\tadmin\n", kept)
    suspended = people("users", "suspend", "-", stdin="\ufeffbob@example.com\r\n\n")
    hint = "hint: who is pending is denied everything, until: grantctl users approve USER\n"
    assert said(suspended, "bob@example.com\tuser\tpending\n", hint)
    assert people("audit", "list", "--limit", "1", "--fields", "action").out == "user.set_role\n"


def test_a_role_is_given_and_admin_only_after_a_question(people: Cli) -> None:
    assert said(people("users", "set-role", BOB, "user"), "bob@example.com\tpending\tuser\n")
    refused = people("users", "set-role", BOB, "admin")
    question = "give the admin role, which is allowed everything, to `bob@example.com`"
    unconfirmed = f"error: {question}: not confirmed\nhint: confirm with --yes\n"
    assert said(refused, "", unconfirmed, 6)
    assert said(
        people("users", "create", "bob2@example.com", "--role", "admin"),
        "",
        unconfirmed.replace("bob@", "bob2@"),
        6,
    )
    dry = people("users", "set-role", BOB, "admin", "--dry-run")
    assert said(dry, "bob@example.com\tuser\tadmin\n", "warning: dry run: nothing was changed\n")
    given = people("users", "set-role", BOB, "admin", "--yes", "-o", "json")
    assert json.loads(given.out) == {
        "schema": "grantctl.role-changes/v1",
        "data": [
            {
                "user": "bob@example.com",
                "before": "user",
                "role": "admin",
                "id": BOB,
                "email": "bob@example.com",
                "name": "Bob [red]",
            }
        ],
        "warnings": [],
        "next_cursor": None,
    }
    again = people("users", "set-role", BOB, "admin")
    warned = "warning: `bob@example.com` is `admin` already\n"
    assert said(again, "bob@example.com\tadmin\tadmin\n", warned)


def test_a_deletion_says_what_goes_along_before_it_asks(people: Cli) -> None:
    refused = people("users", "delete", "bob@example.com")
    unconfirmed = (
        "error: delete `bob@example.com` with 1 membership: not confirmed\n"
        "hint: confirm with --yes\n"
    )
    assert said(refused, "", unconfirmed, 6)
    dry = people("users", "delete", "Bob [red]", "--dry-run")
    row = "bob@example.com\tBob [red]\tpending\t1\n"
    assert said(dry, row, "warning: dry run: nothing was changed\n")
    assert people("groups", "members", "staff", "-o", "name").out == "bob@example.com\n"
    assert said(people("users", "delete", BOB, "bob@example.com", "--yes"), row)
    assert said(people("users", "list", "-o", "name"), "ada@example.com\n")
    assert said(people("groups", "members", "staff"))


def test_the_last_admin_cannot_be_deleted_suspended_or_demoted(people: Cli) -> None:
    error = (
        "error: `ada@example.com` is the last admin and must stay one\n"
        "hint: make another first: grantctl users set-role USER admin\n"
    )
    for arguments in (
        ("delete", "bob@example.com", ADA, "--yes"),
        ("delete", ADA),
        ("delete", ADA, "--dry-run"),
        ("suspend", "bob@example.com", ADA),
        ("set-role", ADA, "user"),
        ("set-role", ADA, "pending"),
    ):
        assert said(people("users", *arguments), "", error, 5)
    listed = "ada@example.com\tAda Okafor\tadmin\nbob@example.com\tBob [red]\tpending\n"
    assert said(people("users", "list"), listed)


FAILURES: tuple[tuple[tuple[str, ...], int, str, str], ...] = (
    (("show", "bod@example.com"), 4, "not_found", "no user `bod@example.com`"),
    (("update", "nobody", "--name", "x"), 4, "not_found", "no user `nobody`"),
    (("approve", "x", BOB, "y"), 4, "not_found", "no users `x`, `y`"),
    (("list", "--group", "nobody's"), 4, "not_found", "no group `nobody's`"),
    (("list", "--role", "owner"), 5, "invalid", "no role `owner`"),
    (("set-role", BOB, "Admin"), 5, "invalid", "no role `Admin`"),
    (("create", "ADA@example.com"), 5, "conflict", "`ada@example.com` is taken by another user"),
    (("create", "ada"), 5, "invalid", "`ada` is not an e-mail address"),
    (("create", "x@y.z", "--name", " "), 5, "invalid", "a name may not be empty"),
    (("delete", ADA, "--yes"), 5, "guard", "`ada@example.com` is the last admin and must stay one"),
    (
        ("delete", BOB),
        6,
        "unconfirmed",
        "delete `bob@example.com` with 1 membership: not confirmed",
    ),
    (("list", "--cursor", "x"), 2, "usage", "`x` is no cursor"),
    (("list", "--limit", "0"), 2, "usage", "invalid value for `--limit`"),
    (("list", "--fields", "password_hash"), 2, "usage", "no field `password_hash`"),
    (("approve",), 2, "usage", "missing argument `USER...`"),
    (("create",), 2, "usage", "missing argument `EMAIL`"),
    (("frobnicate",), 2, "usage", "no such command `frobnicate`"),
    (("set-password", BOB), 2, "usage", "there is no terminal to ask for the password on"),
    (("set-password", BOB, "--file", "/nowhere"), 2, "usage", "the password file `/nowhere`"),
    (("approve", "-"), 5, "invalid", "stdin names no user"),
)


def test_a_failure_is_the_same_in_every_format(people: Cli) -> None:
    """stdout is empty, the exit code does not depend on the format, and JSON is told in JSON."""
    before = people("users", "list", "-o", "json").out
    for arguments, code, kind, message in FAILURES:
        for output in OUTPUTS:
            done = people("users", *arguments, "-o", output)
            assert (done.out, done.code) == ("", code), (arguments, output)
            if output == "json":
                error = json.loads(done.err)["error"]
                assert (error["code"], error["exit_code"]) == (kind, code)
                assert error["message"].startswith(message)
            else:
                assert done.err.startswith(f"error: {message}"), arguments
    assert people("users", "list", "-o", "json").out == before


@pytest.mark.parametrize("engine", ["sqlite"])
def test_lines_of_stdin_that_are_no_names_are_refused(people: Cli) -> None:
    for content, message in (
        (b"bob@example.com\n\xff\n", "line 2 of stdin is not UTF-8"),
        (b"\n" + b"x" * 1_000_000, "line 2 of stdin has over 2000 bytes"),
        (b"x\n" * 10_001, "one command takes 10000 users at most"),
        (b"\n \n", "stdin names no user"),
    ):
        done = people("users", "approve", "--stdin", stdin=content)
        assert (done.code, done.out, done.err.splitlines()[0]) == (5, "", f"error: {message}")
    both = people("users", "approve", "ada@example.com", "--stdin", stdin="bob@example.com")
    assert both.out == "ada@example.com\tadmin\tadmin\nbob@example.com\tpending\tuser\n"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_on_a_terminal_a_deletion_is_asked_for(people: Cli, url: str) -> None:
    question = "delete `bob@example.com` with 1 membership? [y/N] "
    for answer, code in (("n", 6), ("", 6), ("\x04", 6), ("y", 0)):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "grantctl", "users", "delete", "bob@example.com", "--database", url],
            env={**os.environ, "TERM": "dumb", "COLUMNS": "60"},
            encoding="utf-8",
            timeout=20,
        )
        child.expect_exact(question)
        child.send(answer if answer == "\x04" else f"{answer}\r")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code
        lines = str(child.before).strip().split("\r\n")
        if code:
            assert lines[-1] == "error: declined, nothing was changed"
        else:
            assert lines[1:] == [
                "User             Name       Role     Memberships",
                "────────────────────────────────────────────────",
                "bob@example.com  Bob [red]  pending            1",
            ]
    assert people("users", "list", "-o", "name").out == "ada@example.com\n"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_users_of_an_attached_database_are_read_and_never_changed(cli: Cli) -> None:
    path = Path(__file__).parents[1] / "fixtures" / "openwebui" / "0.12.4" / "webui.db"
    before = path.read_bytes()
    attached = f"openwebui+sqlite:///{path}"
    shown = cli("users", "show", "ada@example.com", "-o", "name", "--database", attached)
    assert said(shown, "ada@example.com\n")
    assert cli("users", "list", "--limit", "3", "--database", attached).out.count("\n") == 3
    assert cli("roles", "show", "admin", "--database", attached).code == 0
    for arguments in (
        ("users", "create", "x@example.com"),
        ("users", "delete", "ada@example.com"),
        ("users", "approve", "ada@example.com"),
        ("roles", "default", "user"),
    ):
        refused = cli(*arguments, "--database", attached)
        message = "error: an attached Open WebUI database is only read, never changed"
        assert (refused.code, refused.out, refused.err.splitlines()[0]) == (5, "", message)
    assert path.read_bytes() == before
