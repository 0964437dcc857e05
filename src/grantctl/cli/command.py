"""Turning a function into a command with the shared options.

Owns these options: they work before and behind the command's name, the latter first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from grantctl.cli.call import begin
from grantctl.cli.complete import complete_output
from grantctl.errors import ExitCode

DATABASE = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="the database", show_default=False)
]
OUTPUT = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table, json, ndjson, yaml, csv or name",
        autocompletion=complete_output,
        show_default=False,
    ),
]
FIELDS = Annotated[
    str | None,
    typer.Option("--fields", metavar="A,B", help="only these fields", show_default=False),
]
COLOR = Annotated[
    str | None,
    typer.Option("--color", metavar="WHEN", help="auto, always or never", show_default=False),
]
CONFIG = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="the configuration file", show_default=False),
]
ACTOR = Annotated[
    str | None,
    typer.Option("--actor", metavar="NAME", help="who changes it, for the audit log"),
]
REASON = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="why, for the audit log", show_default=False),
]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="try it, and change nothing")]

SHARED: dict[str, Any] = {
    "database": DATABASE,
    "output": OUTPUT,
    "fields": FIELDS,
    "color": COLOR,
    "config": CONFIG,
}
CHANGING: dict[str, Any] = {"actor": ACTOR, "reason": REASON, "dry_run": DRY_RUN}

Command = Callable[..., ExitCode | None]


def new_app(summary: str) -> typer.Typer:
    """A noun's app, without Rich's help and tracebacks: both are slow, the latter show locals."""
    return typer.Typer(
        help=summary,
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(app: typer.Typer, name: str, *, changes: bool = False) -> Callable[[Command], Command]:
    """Make `function(call, …)` a command of the app, with the shared options added."""

    def register(function: Command) -> Command:
        options = SHARED | (CHANGING if changes else {})
        hints = get_type_hints(function, include_extras=True)
        own = list(inspect.signature(function).parameters.values())[1:]
        context = inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
        shared = [
            inspect.Parameter(
                option,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if option == "dry_run" else None,
                annotation=annotation,
            )
            for option, annotation in options.items()
        ]
        parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]

        def run(context: typer.Context, **values: Any) -> ExitCode | None:
            given = {option: values.pop(option) for option in options}
            root = context.find_root().obj or {}
            # An empty text stays: it is an error, and must not mean the default in silence.
            flags = root | {key: one for key, one in given.items() if one not in (None, False)}
            return function(begin(flags), **values)

        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by inspect
            [
                context,
                *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters),
                *shared,
            ]
        )
        run.__annotations__ = {one.name: one.annotation for one in [context, *parameters, *shared]}
        run.__doc__ = function.__doc__
        app.command(name)(run)
        return function

    return register
