"""Passwords from a hidden prompt, stdin or a file; never from an argument.

Owns reading them, and which files may hold one. Leaves the rules of a password to `credentials`.
"""

from __future__ import annotations

import errno
import getpass
import os
import stat
import sys
import warnings
from shlex import quote
from typing import Annotated

import typer

from grantctl import credentials
from grantctl.errors import GuardError, InvalidError, UsageError
from grantctl.render.escape import escape

PROMPT = Annotated[bool, typer.Option("--prompt", help="ask for the password on the terminal")]
STDIN = Annotated[bool, typer.Option("--stdin", help="read the password from stdin")]
FILE = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="read the password from a file of mode 600"),
]

_BOM = b"\xef\xbb\xbf"
_NEWLINE_BYTES = 2
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def optional_password(*, whose: str, prompt: bool, stdin: bool, file: str | None) -> str | None:
    """The password from where the options say, None where they say nothing.

    `whose` is named in the prompt. Raises UsageError, GuardError for a file that others could read,
    InvalidError for content that is no password.
    """
    if prompt + stdin + (file is not None) > 1:
        raise UsageError("only one of `--prompt`, `--stdin` and `--file` can be used")
    if prompt:
        return _from_prompt(whose)
    if stdin:
        return _from_stdin()
    return None if file is None else _from_file(file)


def required_password(*, whose: str, prompt: bool, stdin: bool, file: str | None) -> str:
    """The password from where the options say, from a prompt where they say nothing.

    Raises UsageError where there is no terminal to ask on, and as `optional_password` does.
    """
    password = optional_password(whose=whose, prompt=prompt, stdin=stdin, file=file)
    if password is not None:
        return password
    if not _is_terminal():
        raise UsageError(
            "there is no terminal to ask for the password on", hint="--stdin, or --file FILE"
        )
    return _from_prompt(whose)


def _from_prompt(whose: str) -> str:
    """What is typed twice, unseen."""
    if not _is_terminal():
        raise UsageError("`--prompt` needs a terminal", hint="--stdin, or --file FILE")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            password = getpass.getpass(f"password for {escape(whose)}: ")
            credentials.passwords.require_password(password)
            again = getpass.getpass("the same again: ")
    except getpass.GetPassWarning:
        raise UsageError(
            "the terminal would show what is typed", hint="--stdin, or --file FILE"
        ) from None
    except EOFError:
        raise InvalidError("no password was typed") from None
    except UnicodeDecodeError:
        raise InvalidError("the password is not UTF-8") from None
    if password != again:
        raise InvalidError("the two passwords differ, nothing was changed")
    return password


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageError("stdin is closed", hint="--file FILE")
    if sys.stdin.isatty():
        raise UsageError("`--stdin` would show what is typed on the terminal", hint="--prompt")
    return _password(sys.stdin.buffer.read(_longest() + 1), "stdin")


def _from_file(name: str) -> str:
    """The content of a regular file that only its owner can read. Nothing else is ever read."""
    try:
        descriptor = os.open(name, _OPEN_FLAGS)
        try:
            _require_private(os.fstat(descriptor), name)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                raw = file.read(_longest() + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(error, name) from None
    except ValueError:  # NUL, or half of a surrogate pair
        raise UsageError("`--file` holds what no file's name can") from None
    return _password(raw, f"`{name}`")


def _refusal(error: OSError, name: str) -> GuardError | UsageError:
    """Why a file cannot be opened: a link, or whatever the system says."""
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return GuardError(
            f"`{name}` is a symbolic link, which may come to lead elsewhere",
            hint="name the file itself, or use --stdin",
        )
    if error.errno in (errno.ENXIO, errno.EISDIR):
        return _not_regular(name)
    reason = (error.strerror or "unknown reason").lower()
    return UsageError(f"the password file `{name}` cannot be read: {reason}")


def _require_private(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _not_regular(name)
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise GuardError(
            f"others than its owner may use the password file `{name}`",
            hint=f"chmod 600 {quote(name)}",
        )


def _not_regular(name: str) -> GuardError:
    return GuardError(f"`{name}` is not a regular file", hint="for a pipe, use --stdin")


def _password(raw: bytes, source: str) -> str:
    """The text without one line feed at its end. Raises InvalidError."""
    for newline in (b"\r\n", b"\n"):
        if raw.endswith(newline):
            raw = raw.removesuffix(newline)
            break
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


def _longest() -> int:
    """A password and its line feed: nothing longer needs to be read."""
    return credentials.passwords.MAX_PASSWORD_BYTES + _NEWLINE_BYTES


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
