"""Passwords by prompt, stdin and file: what is taken, what is refused, and that none is shown."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grantctl.cli.passwords import optional_password, required_password
from grantctl.errors import ExitCode, GrantctlError, GuardError, InvalidError, UsageError
from grantctl.operations.audit import list_events
from grantctl.operations.changes import Intent
from grantctl.operations.pages import PageRequest
from grantctl.operations.users import create_user, verify_user_password
from grantctl.store.database import Database
from tests.conftest import Cli

PASSWORD = "pässwörd-Ω 🔑"
NOWHERE: Mapping[str, Any] = {"prompt": False, "stdin": False, "file": None}
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"])

TAKEN = {
    "plain": (b"correct horse", "correct horse"),
    "a line feed": (b"correct horse\n", "correct horse"),
    "a Windows line end": (b"correct horse\r\n", "correct horse"),
    "one of two line feeds": (b"correct horse\n\n", "correct horse\n"),
    "a carriage return alone stays": (b"correct horse\r", "correct horse\r"),
    "spaces stay": (b"  correct horse \n", "  correct horse "),
    "any letter": (PASSWORD.encode(), PASSWORD),
    "the longest": (b"x" * 1024, "x" * 1024),
    "the longest, and a line end": (b"x" * 1024 + b"\r\n", "x" * 1024),
}
REFUSED = {
    "nothing": (b"", "there is no password in {}"),
    "an empty line": (b"\n", "there is no password in {}"),
    "too long": (b"x" * 1025, "the password in {} has more than 1024 bytes"),
    "too long by a line feed": (
        b"x" * 1024 + b"\n\n",
        "the password in {} has more than 1024 bytes",
    ),
    "endless": (b"x" * 10_000_000, "the password in {} has more than 1024 bytes"),
    "Latin-1": (b"passw\xf6rd", "the password in {} is not UTF-8"),
    "UTF-16": ("passwort".encode("utf-16"), "the password in {} is not UTF-8"),
    "a mark": (b"\xef\xbb\xbfpasswort", "the password in {} begins with a byte order mark"),
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def from_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> str | None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return optional_password(whose="ada", prompt=False, stdin=True, file=None)


def from_file(path: Path) -> str | None:
    return optional_password(whose="ada", prompt=False, stdin=False, file=str(path))


def password_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "a password"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("name", TAKEN)
def test_a_password_is_taken_as_it_is_but_for_one_line_end(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content, password = TAKEN[name]
    assert from_stdin(monkeypatch, content) == password
    assert from_file(password_file(tmp_path, content)) == password


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_password_is_refused_and_never_repeated(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content, message = REFUSED[name]
    with pytest.raises(InvalidError) as error:
        from_stdin(monkeypatch, content)
    assert error.value.message == message.format("stdin")
    path = password_file(tmp_path, content)
    with pytest.raises(InvalidError) as error:
        from_file(path)
    assert error.value.message == message.format(f"`{path}`")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o602, 0o610, 0o777])
def test_a_file_that_others_may_use_is_refused_with_the_command_that_mends_it(
    mode: int, tmp_path: Path
) -> None:
    path = password_file(tmp_path, b"correct horse", mode)
    with pytest.raises(GuardError) as error:
        from_file(path)
    assert error.value.message == f"others than its owner may use the password file `{path}`"
    assert error.value.hint == f"chmod 600 '{path}'"


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "/dev/null", "/dev/zero"])
def test_what_is_no_regular_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = Path(kind) if kind.startswith("/") else tmp_path / kind
    if kind == "link":
        path.symlink_to(password_file(tmp_path, b"correct horse"))
    elif kind == "folder":
        path.mkdir(mode=0o700)
    elif kind == "fifo":
        os.mkfifo(path, mode=0o600)
    with pytest.raises(GuardError) as error:
        from_file(path)
    assert error.value.message == (
        f"`{path}` is a symbolic link, which may come to lead elsewhere"
        if kind == "link"
        else f"`{path}` is not a regular file"
    )


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere/at/all", "a\0b", "x" * 5000, "a\udcffb"])
def test_a_file_that_cannot_be_opened_is_a_usage_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        from_file(tmp_path / name if name.startswith("nowhere") else Path(name) if name else name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sources",
    [
        {"prompt": True, "stdin": True},
        {"prompt": True, "file": "f"},
        {"stdin": True, "file": "f"},
        {"prompt": True, "stdin": True, "file": "f"},
    ],
)
def test_a_password_comes_from_one_place(sources: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="only one of `--prompt`, `--stdin` and `--file`"):
        optional_password(whose="ada", **{**NOWHERE, **sources})


def test_without_an_option_there_is_none_or_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert optional_password(whose="ada", **NOWHERE) is None
    for stdin in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(UsageError) as error:
            required_password(whose="ada", **NOWHERE)
        assert error.value.message == "there is no terminal to ask for the password on"
        assert error.value.hint == "--stdin, or --file FILE"


def test_stdin_and_prompt_are_refused_where_they_cannot_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for stdin, option in ((Terminal(), "stdin"), (None, "stdin"), (io.StringIO(), "prompt")):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(UsageError):
            optional_password(whose="ada", **{**NOWHERE, option: True})


def test_a_terminal_that_would_show_the_password_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def warn(prompt: str) -> str:
        import getpass
        import warnings

        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=1)
        return "correct horse"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", warn)
    with pytest.raises(UsageError, match="the terminal would show what is typed"):
        optional_password(whose="ada", **{**NOWHERE, "prompt": True})


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (EOFError(), "no password was typed"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, ""), "the password is not UTF-8"),
    ],
)
def test_what_cannot_be_typed_is_refused(
    typed: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(prompt: str) -> str:
        raise typed

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", fail)
    with pytest.raises(GrantctlError) as error:
        optional_password(whose="ada", **{**NOWHERE, "prompt": True})
    assert (error.value.message, error.value.exit_code) == (message, ExitCode.REFUSED)


def test_a_password_reaches_the_hash_and_nothing_else(
    cli: Cli, database: Database, tmp_path: Path
) -> None:
    said = [
        cli("users", "create", "ada@example.com", "--stdin", stdin=PASSWORD + "\n"),
        cli("users", "create", "bob@example.com", "--file", str(password_file(tmp_path, b"x" * 9))),
        cli("users", "set-password", "bob@example.com", "--stdin", stdin=PASSWORD),
        cli("users", "set-password", "nobody", "--stdin", stdin=PASSWORD),
        cli("users", "show", "ada@example.com", "-o", "json"),
        cli("users", "list", "-o", "csv"),
    ]
    assert [one.code for one in said] == [0, 0, 0, ExitCode.NOT_FOUND, 0, 0]
    for user in ("ada@example.com", "bob@example.com"):
        assert verify_user_password(database, Intent("tester"), user, PASSWORD)
    kept = repr(list_events(database, PageRequest(None)).items) + repr(said)
    assert PASSWORD not in kept
    assert "argon2" not in kept


@ON_SQLITE
@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_a_refused_password_changes_nothing_and_is_not_shown(
    cli: Cli, database: Database, output: str
) -> None:
    create_user(database, Intent("tester"), email="ada@example.com")
    for content, code in (("geheim", 5), ("geheim" * 300, 5), ("geheim\0heim", 5), ("", 5)):
        done = cli(
            "users", "set-password", "ada@example.com", "--stdin", "-o", output, stdin=content
        )
        assert (done.code, done.out) == (code, "")
        assert "geheim" not in done.err
    done = cli("users", "create", "bob@example.com", "--password=geheim-geheim", "-o", output)
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert "geheim" not in done.err
    shown = cli("users", "list", "--fields", "email,has_password")
    assert shown.out == "ada@example.com\tfalse\n"
