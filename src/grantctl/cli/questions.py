"""The arguments that the questions share, and how a decision is printed as data."""

from __future__ import annotations

from typing import Annotated

import typer

from grantctl.cli.call import Call
from grantctl.cli.complete import complete_permission, complete_user
from grantctl.evaluation.decision import Decision
from grantctl.render.decisions import decision_document
from grantctl.render.style import Format

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


def wants_words(call: Call) -> bool:
    """Whether the answer is for a person to read, not data."""
    return call.style.format is Format.TABLE and not call.style.fields


def show_decision(call: Call, decision: Decision) -> None:
    """Print the whole decision in the format that was asked for."""
    call.show_record(
        "decision",
        decision_document(decision),
        name_key="verdict",
        warnings=[warning.message for warning in decision.warnings],
    )
