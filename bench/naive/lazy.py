"""`check` with Typer alone at the top, without Rich, and the database asked by `sqlite3`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Who can do what."""


@app.command()
def check(user: Annotated[str, typer.Argument()], key: Annotated[str, typer.Argument()]) -> None:
    """Whether a user has a permission."""
    from bench.naive.script import is_allowed

    allowed = is_allowed(os.environ["NAIVE_DATABASE"].removeprefix("sqlite:///"), user, key)
    print("allowed" if allowed else "denied")
    raise typer.Exit(0 if allowed else 3)


def main() -> None:
    """Run the command line."""
    app()
