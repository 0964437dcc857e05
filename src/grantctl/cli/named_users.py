"""The users that a command is given: as arguments, or one a line on stdin.

Owns reading the lines. Leaves finding the users to the operations.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from grantctl.cli.complete import complete_user
from grantctl.errors import InvalidError, UsageError

MAX_USERS = 10_000
MAX_LINE_BYTES = 2_000

USERS = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="USER...",
        help="ids, e-mails or unique names; - for one a line on stdin",
        autocompletion=complete_user,
        show_default=False,
    ),
]
STDIN = Annotated[bool, typer.Option("--stdin", help="read more users from stdin, one a line")]
FROM_STDIN = "-"


def named_users(users: list[str] | None, *, stdin: bool) -> list[str]:
    """What the users are called. Raises UsageError, InvalidError for a line that is no name."""
    given = users or []
    named = [user for user in given if user != FROM_STDIN]
    if stdin or FROM_STDIN in given:
        named += _lines()
    elif not named:
        raise UsageError("missing argument `USER...`", hint="name users, or use --stdin")
    if not named:
        raise InvalidError("stdin names no user", hint="one id, e-mail or unique name a line")
    if len(named) > MAX_USERS:
        raise InvalidError(f"one command takes {MAX_USERS} users at most", hint="split the list")
    return named


def _lines() -> Iterator[str]:
    """The lines of stdin that are not blank, without what surrounds them; not all of very many."""
    if sys.stdin is None:
        raise UsageError("stdin is closed")
    readline = sys.stdin.buffer.readline
    lines = iter(lambda: readline(MAX_LINE_BYTES + 1), b"")
    texts = (_line(raw, number) for number, raw in enumerate(lines, start=1))
    return islice((text for text in texts if text), MAX_USERS + 1)


def _line(raw: bytes, number: int) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise InvalidError(f"line {number} of stdin has over {MAX_LINE_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError:
        raise InvalidError(f"line {number} of stdin is not UTF-8") from None
