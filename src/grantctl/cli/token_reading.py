"""Tokens and API keys as commands take them: from stdin, a file or a hidden prompt.

Owns the options, and that an argument is never a token. Leaves reading to `secrets`, and whether
the text is a token at all to whoever judges it: too long or no text, it is an invalid one.
"""

from __future__ import annotations

from typing import Annotated

import typer

from grantctl.cli import secrets
from grantctl.errors import InvalidError, UsageError

# One byte more is too long for any token; the rest of what is handed over is not even read.
MAX_TOKEN_BYTES = 8 * 1024
FROM_STDIN = "-"

SOURCE = Annotated[
    str | None,
    typer.Argument(metavar="-", help="read the token from stdin, the default", show_default=False),
]
FILE = Annotated[
    str | None,
    typer.Option("--file", metavar="FILE", help="read the token from a file of mode 600"),
]
TOKEN = Annotated[
    str | None,
    typer.Option(
        "--token", metavar="-", help="in place of a user, who holds the token on stdin: always `-`"
    ),
]
TOKEN_FILE = Annotated[
    str | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="in place of a user, who holds the token in a file of mode 600",
    ),
]

_OTHER_WAYS = "pipe it in, or keep it in a file of mode 600"


def read_token(source: str | None, file: str | None, *, option: str = "--file") -> str:
    """The token from a file, else from stdin; from a hidden prompt where that is a terminal.

    `option` is the one that names the file. Raises UsageError where `source` is anything but `-`,
    which may be a token and is not repeated; GuardError for a file that others could read,
    InvalidError where there is nothing.
    """
    if source not in (None, FROM_STDIN):
        raise UsageError(
            "a token is never taken from the command line, where others may see it",
            hint=f"`-` reads it from stdin, {option} FILE from a file",
        )
    if file is None:
        return _typed() if secrets.is_terminal() else _token(_from_stdin(), "on stdin")
    if source is not None:
        raise UsageError(f"only one of `-` and `{option}` can be used")
    raw = secrets.read_private_file(file, "token", option=option, max_bytes=MAX_TOKEN_BYTES)
    return _token(raw, f"in `{file}`")


def is_token_given(token: str | None, file: str | None) -> bool:
    """Whether the options name a token that stands for a user."""
    return token is not None or file is not None


def _typed() -> str:
    text = secrets.ask_unseen("token: ", "token", hint=_OTHER_WAYS)
    return _token(text.encode("utf-8", "surrogateescape"), "in what was typed")


def _from_stdin() -> bytes:
    return secrets.read_stdin(MAX_TOKEN_BYTES)


def _token(raw: bytes, where: str) -> str:
    """The text; what is no UTF-8 becomes something that no token holds."""
    if not raw:
        raise InvalidError(f"there is no token {where}")
    return raw.decode("utf-8", "replace")
