"""What the commands that issue tokens and keys share: their options, and how a new one is shown.

Owns that the secret stands alone on stdout, once, and everything else on stderr.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl.cli.call import Call
from grantctl.cli.questions import wants_words
from grantctl.cli.token_documents import issued_document
from grantctl.errors import InvalidError, UsageError
from grantctl.operations.durations import parse_duration

if TYPE_CHECKING:
    from grantctl.operations.token_rows import IssuedToken

SCOPE = Annotated[
    str | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="what it is limited to, e.g. 'chat.* read:model:*'; by default all that the user may",
        show_default=False,
    ),
]
NAME = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="what it is for, as lists show it"),
]
ID = Annotated[
    str,
    typer.Argument(metavar="ID", help="the id, see `grantctl tokens list`", show_default=False),
]


def parse_length(text: str, option: str) -> timedelta:
    """A length of time from an option. Raises UsageError."""
    try:
        return parse_duration(text, what=f"`{option}`")
    except InvalidError as error:
        raise UsageError(error.message, hint=error.hint) from None


def show_issued(call: Call, issued: IssuedToken, *, once: str | None = None) -> None:
    """Print a new token alone, or its document where data is asked for.

    `once` is said where the text cannot be had again. What was only tried has none.
    """
    if not wants_words(call):
        record = issued_document(issued) | ({"token": None} if call.is_dry_run else {})
        call.show_record("issued-token", record, name_key="token")
    elif not call.is_dry_run:
        print(issued.text)
    if once and not call.is_dry_run:
        call.hint(once)
    call.say_dry_run()
