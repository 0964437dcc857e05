"""The arguments that the questions share. Leaves what they ask to `asking`."""

from __future__ import annotations

from typing import Annotated

import typer

from grantctl.cli import plain_line
from grantctl.cli.call import Call
from grantctl.cli.command import typer_option
from grantctl.cli.complete import (
    complete_asked,
    complete_permission,
    complete_resource,
    complete_user,
)
from grantctl.render.style import Format


def complete_who(context: typer.Context, incomplete: str) -> list[str]:
    """Users, or what may be asked where a token stands for the user."""
    is_token_given = context.params.get("token") or context.params.get("token_file")
    return (complete_asked if is_token_given else complete_user)(context, incomplete)


_USER_ARGUMENT = typer.Argument(
    metavar="USER",
    help="id, e-mail or unique name",
    autocompletion=complete_who,
    show_default=False,
)
USER = Annotated[str, _USER_ARGUMENT]
OPTIONAL_USER = Annotated[str | None, _USER_ARGUMENT]

_KEY_ARGUMENT = typer.Argument(
    metavar="KEY",
    help="a permission or a category, e.g. chat.controls or chat",
    autocompletion=complete_permission,
    show_default=False,
)
KEY = Annotated[str, _KEY_ARGUMENT]
OPTIONAL_KEY = Annotated[str | None, _KEY_ARGUMENT]

_ASKED_ARGUMENT = typer.Argument(
    metavar="KEY|ACTION",
    help="a permission or a category, or what is to be done to a resource, e.g. read",
    autocompletion=complete_asked,
    show_default=False,
)
ASKED = Annotated[str, _ASKED_ARGUMENT]
OPTIONAL_ASKED = Annotated[str | None, _ASKED_ARGUMENT]

RESOURCE = Annotated[
    str | None,
    typer.Argument(
        metavar="[TYPE:ID]",
        help="the resource, e.g. model:gpt-4o",
        autocompletion=complete_resource,
        show_default=False,
    ),
]
IGNORE_ROLE = Annotated[bool, typer_option(plain_line.IGNORE_ROLE)]
IGNORE_OWNER = Annotated[bool, typer_option(plain_line.IGNORE_OWNER)]
IGNORE_BASE = Annotated[bool, typer_option(plain_line.IGNORE_BASE)]
BATCH = Annotated[
    str | None,
    typer.Option(
        "--batch",
        metavar="FILE",
        help="answer each `user<TAB>key`, `user<TAB>action<TAB>type:id` or JSON line of a file, "
        "- for stdin",
    ),
]
ALL = Annotated[bool, typer_option(plain_line.ALL)]
QUIET = Annotated[bool, typer_option(plain_line.QUIET)]


def wants_words(call: Call) -> bool:
    """Whether the answer is for a person to read, not data."""
    return call.style.format is Format.TABLE and not call.style.fields
