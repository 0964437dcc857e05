"""The options that page through long lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations

if TYPE_CHECKING:
    from grantctl.operations.pages import PageRequest

LIMIT = Annotated[
    int, typer.Option("--limit", metavar="N", min=1, max=1_000_000, help="at most so many")
]
EVERYTHING = Annotated[bool, typer.Option("--all", help="all of them")]
CURSOR = Annotated[
    str | None, typer.Option("--cursor", metavar="C", help="go on where a page before ended")
]


def page_request(limit: int, everything: bool, cursor: str | None) -> PageRequest:
    """What these options ask for."""
    return operations.pages.PageRequest(None if everything else limit, cursor)
