"""The arguments that the questions share."""

from __future__ import annotations

from typing import Annotated

import typer

from grantctl.cli.complete import complete_permission, complete_user

USER = Annotated[
    str,
    typer.Argument(
        metavar="USER",
        help="id, e-mail or unique name",
        autocompletion=complete_user,
        show_default=False,
    ),
]
KEY = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="a permission or a category, e.g. chat.controls or chat",
        autocompletion=complete_permission,
        show_default=False,
    ),
]
OPTIONAL_USER = Annotated[
    str | None,
    typer.Argument(
        metavar="USER",
        help="id, e-mail or unique name",
        autocompletion=complete_user,
        show_default=False,
    ),
]
OPTIONAL_KEY = Annotated[
    str | None,
    typer.Argument(
        metavar="KEY",
        help="a permission or a category, e.g. chat.controls or chat",
        autocompletion=complete_permission,
        show_default=False,
    ),
]
IGNORE_ROLE = Annotated[
    bool, typer.Option("--ignore-role", help="ask the permission tree alone, not the role")
]
ALL = Annotated[
    bool, typer.Option("--all", help="of a category, ask for every permission under it")
]
