"""Claims and ID tokens as commands take them: from a file or stdin, never as an argument.

Owns the options, and opening what they name. Leaves what the text means to the operations.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from grantctl import operations
from grantctl.cli.token_reading import FROM_STDIN, read_token
from grantctl.errors import UsageError
from grantctl.render.masking import looks_like_credential

CLAIMS = Annotated[
    str | None,
    typer.Option(
        "--claims",
        metavar="FILE",
        help="the claims, a JSON object in a file, - for stdin; nobody vouches for them",
        show_default=False,
    ),
]
SAMPLES = Annotated[
    str | None,
    typer.Option(
        "--claims",
        metavar="FILE",
        help="claims of some people to try the settings on, a JSON object a line, - for stdin",
        show_default=False,
    ),
]
LINES = Annotated[
    str,
    typer.Option(
        "--file",
        metavar="FILE",
        help="the claims of each person, a JSON object a line, - for stdin",
        show_default=False,
    ),
]
ID_TOKEN = Annotated[
    str | None,
    typer.Option(
        "--id-token",
        metavar="FILE",
        help="the ID token in a file of mode 600, - for stdin",
        show_default=False,
    ),
]
REQUIRED_ID_TOKEN = Annotated[
    str,
    typer.Option(
        "--id-token",
        metavar="FILE",
        help="the ID token in a file of mode 600, - for stdin",
        show_default=False,
    ),
]


def read_id_token(source: str) -> str:
    """The token from stdin for `-`, else from a file that only its owner can read.

    Raises UsageError for what may be a token itself, which is not repeated; GuardError,
    InvalidError.
    """
    if source == FROM_STDIN:
        return read_token(FROM_STDIN, None, option="--id-token")
    if looks_like_credential(source):
        raise UsageError(
            "an ID token is never taken from the command line, where others may see it",
            hint="`--id-token -` reads it from stdin, `--id-token FILE` from a file",
        )
    return read_token(None, source, option="--id-token")


def read_claims(source: str) -> dict[str, Any]:
    """The claims of one JSON object. Raises UsageError, InvalidError."""
    with ExitStack() as stack:
        stream = open_bytes(source, stack)
        return operations.claims_files.parse_claims(
            stream.read(operations.claims_files.MAX_CLAIMS_BYTES + 1)
        )


def open_bytes(source: str, stack: ExitStack) -> BinaryIO:
    """The file, or stdin for `-`. Raises UsageError where it cannot be read."""
    if source == FROM_STDIN:
        if sys.stdin is None:
            raise UsageError("stdin is closed", hint="name a file")
        return sys.stdin.buffer
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    except ValueError:
        raise UsageError("the name of the file is none that a file can have") from None
    return stack.enter_context(file)
