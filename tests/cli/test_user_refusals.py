"""What `grantctl users` refuses, asks first, or only reads."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from grantctl.config import OUTPUTS
from tests.cli.user_examples import ADA, BOB, make_people, said
from tests.conftest import Cli


@pytest.fixture
def people(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line of a directory with Ada, the admin, and Bob, who is pending."""
    return make_people(cli, monkeypatch)


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
        "delete `bob@example.com` with 1 membership and no grants: not confirmed",
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
    question = "delete `bob@example.com` with 1 membership and no grants? [y/N] "
    for answer, code in (("n", 6), ("", 6), ("\x04", 6), ("y", 0)):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "grantctl", "users", "delete", "bob@example.com", "--database", url],
            env={**os.environ, "TERM": "dumb", "COLUMNS": "80"},
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
                "User             Name       Role     Memberships  Grants  Owned  New owner",
                "──────────────────────────────────────────────────────────────────────────",
                "bob@example.com  Bob [red]  pending            1       0      0",
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


@pytest.mark.parametrize("engine", ["sqlite"])
def test_help_imports_neither_tables_nor_hashing(process: Cli, url: str) -> None:
    heavy = process("users", "--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert heavy.code == 0
    assert " grantctl.cli.user_documents\n" in heavy.err
    for module in ("sqlmodel", "sqlalchemy", "argon2", "bcrypt", "rich"):
        assert f" {module}\n" not in heavy.err
