"""The prompt for a password, on a terminal: asked twice, never shown."""

from __future__ import annotations

import io
import os
import sys

import pexpect  # type: ignore[import-untyped]
import pytest

from grantctl.errors import ExitCode
from grantctl.operations.changes import Intent
from grantctl.operations.users import create_user, verify_user_password
from grantctl.store.database import Database

PASSWORD = "pässwörd-Ω 🔑"
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])


def spawn(url: str, *arguments: str) -> pexpect.spawn:
    """The command on a terminal of its own."""
    environment = {**os.environ, "GRANTCTL_DATABASE": url, "TERM": "dumb"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "grantctl", *arguments],
        env=environment,
        timeout=20,
        encoding="utf-8",
    )


def ended(child: pexpect.spawn) -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    code: int | None = child.exitstatus
    return code


@ON_SQLITE
def test_a_typed_password_is_asked_for_twice_and_never_shown(url: str, database: Database) -> None:
    create_user(database, Intent("tester"), email="ada@example.com")
    child = spawn(url, "users", "set-password", "ada@example.com", "--fields", "email,has_password")
    screen = io.StringIO()
    child.logfile_read = screen
    for prompt in ("password for ada@example.com: ", "the same again: "):
        child.expect_exact(prompt)
        child.sendline(PASSWORD)
    assert ended(child) == ExitCode.OK
    assert screen.getvalue().split("\r\n") == [
        "password for ada@example.com: ",
        "the same again: ",
        "email:        ada@example.com",
        "has_password: true",
        "",
    ]
    assert verify_user_password(database, Intent("tester"), "ada@example.com", PASSWORD)


@ON_SQLITE
def test_a_prompt_that_is_not_answered_well_changes_nothing(url: str, database: Database) -> None:
    ada = create_user(database, Intent("tester"), email="ada@example.com").user
    cases = {
        ("correct horse", "correct hose"): (5, "the two passwords differ, nothing was changed"),
        ("short",): (5, "a password must have at least 8 characters"),
        ("\x04",): (5, "no password was typed"),
        ("\x03",): (130, ""),
    }
    for typed, (code, message) in cases.items():
        child = spawn(url, "users", "create", "bob@example.com", "--prompt")
        for prompt, text in zip(("password for ", "the same again: "), typed, strict=False):
            child.expect_exact(prompt)
            child.send(text if text < " " else f"{text}\r")
        child.expect_exact(message)
        assert ended(child) == code
    with database.reader() as reader:
        assert reader.emails_from("", limit=5) == [ada.email]
