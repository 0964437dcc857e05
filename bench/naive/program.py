"""`check` with Typer, Rich, SQLModel and PyJWT, imported at the top as most programs do."""

from __future__ import annotations

import os
from typing import Annotated

import jwt
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import NoResultFound
from sqlmodel import Session, create_engine

from bench.naive.checking import is_allowed

app = typer.Typer()
console = Console()


@app.callback()
def root() -> None:
    """Who can do what."""


@app.command()
def check(
    user: Annotated[str, typer.Argument(help="an id, an e-mail address or a token")],
    key: Annotated[str, typer.Argument(help="a permission")],
) -> None:
    """Whether a user has a permission."""
    engine = create_engine(os.environ["NAIVE_DATABASE"])
    with Session(engine) as session:
        try:
            allowed = is_allowed(session, _subject(user), key)
        except NoResultFound:
            console.print("[red]not found[/red]")
            raise typer.Exit(4) from None
    table = Table("User", "Permission", "Verdict")
    table.add_row(user, key, "allowed" if allowed else "denied")
    console.print(table)
    raise typer.Exit(0 if allowed else 3)


def _subject(text: str) -> str:
    """The user that a token stands for; a name as it is."""
    if text.count(".") != 2 or "@" in text:
        return text
    claims = jwt.decode(text, os.environ["NAIVE_SECRET"], algorithms=["HS256"])
    return str(claims["sub"])


def main() -> None:
    """Run the command line."""
    app()
