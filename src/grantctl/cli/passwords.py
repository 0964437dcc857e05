"""Passwords as commands take them: from a hidden prompt, stdin or a file, never as an argument.

Owns the options. Leaves reading to `secrets`, and the rules of a password to `credentials`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from grantctl import credentials
from grantctl.cli import secrets
from grantctl.errors import InvalidError, UsageError
from grantctl.render.escape import escape

PROMPT = Annotated[bool, typer.Option("--prompt", help="ask for the password on the terminal")]
STDIN = Annotated[bool, typer.Option("--stdin", help="read the password from stdin")]
FILE = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="read the password from a file of mode 600"),
]

_OTHER_WAYS = "--stdin, or --file FILE"
_BOM = b"\xef\xbb\xbf"


def optional_password(*, whose: str, prompt: bool, stdin: bool, file: str | None) -> str | None:
    """The new password from where the options say, None where they say nothing.

    `whose` is named in the prompt, which asks twice. Raises UsageError, GuardError for a file that
    others could read, InvalidError for content that is no password.
    """
    if prompt + stdin + (file is not None) > 1:
        raise UsageError("only one of `--prompt`, `--stdin` and `--file` can be used")
    if prompt:
        return _asked_twice(whose)
    return _handed_over(stdin=stdin, file=file)


def required_password(*, whose: str, prompt: bool, stdin: bool, file: str | None) -> str:
    """The new password from where the options say, from a prompt where they say nothing.

    Raises UsageError where there is no terminal to ask on, and as `optional_password` does.
    """
    password = optional_password(whose=whose, prompt=prompt, stdin=stdin, file=file)
    if password is not None:
        return password
    _require_terminal()
    return _asked_twice(whose)


def known_password(*, whose: str, stdin: bool, file: str | None) -> str:
    """The password that somebody has already; a prompt asks once.

    Raises what `required_password` raises.
    """
    if stdin and file is not None:
        raise UsageError("only one of `--stdin` and `--file` can be used")
    password = _handed_over(stdin=stdin, file=file)
    if password is not None:
        return password
    _require_terminal()
    return secrets.ask_unseen(f"password for {escape(whose)}: ", "password", hint=_OTHER_WAYS)


def _asked_twice(whose: str) -> str:
    if not secrets.is_terminal():
        raise UsageError("`--prompt` needs a terminal", hint=_OTHER_WAYS)
    password = secrets.ask_unseen(f"password for {escape(whose)}: ", "password", hint=_OTHER_WAYS)
    credentials.passwords.require_password(password)
    again = secrets.ask_unseen("the same again: ", "password", hint=_OTHER_WAYS)
    if password != again:
        raise InvalidError("the two passwords differ, nothing was changed")
    return password


def _handed_over(*, stdin: bool, file: str | None) -> str | None:
    longest = credentials.passwords.MAX_PASSWORD_BYTES
    if stdin:
        if secrets.is_terminal():
            raise UsageError("`--stdin` would show what is typed on the terminal", hint="--prompt")
        return _password(secrets.read_stdin(longest), "stdin")
    if file is None:
        return None
    raw = secrets.read_private_file(file, "password", option="--file", max_bytes=longest)
    return _password(raw, f"`{file}`")


def _password(raw: bytes, source: str) -> str:
    """The text. Raises InvalidError."""
    if not raw:
        raise InvalidError(f"there is no password in {source}")
    if len(raw) > credentials.passwords.MAX_PASSWORD_BYTES:
        most = credentials.passwords.MAX_PASSWORD_BYTES
        raise InvalidError(f"the password in {source} has more than {most} bytes")
    if raw.startswith(_BOM):
        raise InvalidError(f"the password in {source} begins with a byte order mark")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidError(f"the password in {source} is not UTF-8") from None


def _require_terminal() -> None:
    if not secrets.is_terminal():
        raise UsageError("there is no terminal to ask for the password on", hint=_OTHER_WAYS)
