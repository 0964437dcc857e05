"""Turning a function into a command with the shared options.

Owns these options: they work before and behind the command's name, the latter first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, get_type_hints

import typer

from grantctl.cli import plain_line
from grantctl.cli.assuming import ASSUMING
from grantctl.cli.call import Call, begin
from grantctl.cli.complete import complete_context, complete_output
from grantctl.cli.plain_line import Option
from grantctl.errors import ExitCode


def typer_option(declared: Option, **more: Any) -> Any:  # Any: as Typer's own
    """Typer's option of one that is declared for the door as well."""
    return typer.Option(
        *declared.spellings,
        metavar=declared.metavar,
        help=declared.help,
        show_default=False,
        **more,
    )


DATABASE = Annotated[str | None, typer_option(plain_line.DATABASE)]
OUTPUT = Annotated[str | None, typer_option(plain_line.OUTPUT, autocompletion=complete_output)]
FIELDS = Annotated[
    str | None,
    typer.Option("--fields", metavar="A,B", help="only these fields", show_default=False),
]
COLOR = Annotated[str | None, typer_option(plain_line.COLOR)]
CONFIG = Annotated[str | None, typer_option(plain_line.CONFIG)]
CONTEXT = Annotated[str | None, typer_option(plain_line.CONTEXT, autocompletion=complete_context)]
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
    "context": CONTEXT,
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


def command(
    app: typer.Typer,
    name: str,
    *,
    changes: bool = False,
    assumes: bool = False,
    opens: Callable[[Mapping[str, Any]], Call] = begin,
) -> Callable[[Command], Command]:
    """Make `function(call, …)` a command of the app, with the shared options added.

    `changes` adds those of commands that change something, `assumes` those that assume something.
    `opens` makes the call of the options that were given.
    """
    options = SHARED | (CHANGING if changes else {}) | (ASSUMING if assumes else {})

    def register(function: Command) -> Command:
        app.command(name)(_Run(function, options, opens))
        return function

    return register


class _Run:
    """What Typer runs for a command: the function, behind the options that commands share.

    Typer reads the signature when it builds the command, so that it is made up only then: what is
    listed in the help of a noun alone is never built.
    """

    def __init__(
        self,
        function: Command,
        options: Mapping[str, Any],
        opens: Callable[[Mapping[str, Any]], Call],
    ) -> None:
        self._function = function
        self._options = options
        self._opens = opens
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def __call__(self, invocation: typer.Context, **values: Any) -> ExitCode | None:
        given = {option: values.pop(option) for option in self._options}
        root = invocation.find_root().obj or {}
        # An empty text stays: it is an error, and must not mean the default in silence.
        flags = root | {key: one for key, one in given.items() if one not in (None, False)}
        return self._function(self._opens(flags), **values)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.Signature(list(self._parameters()))

    @property
    def __annotations__(self) -> dict[str, Any]:  # type: ignore[override]  # read by Typer
        return {one.name: one.annotation for one in self._parameters()}

    def _parameters(self) -> Iterator[inspect.Parameter]:
        kind = inspect.Parameter.KEYWORD_ONLY
        yield inspect.Parameter(
            "invocation", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
        hints = get_type_hints(self._function, include_extras=True)
        for parameter in list(inspect.signature(self._function).parameters.values())[1:]:
            yield parameter.replace(annotation=hints[parameter.name], kind=kind)
        for option, annotation in self._options.items():
            default = False if option == "dry_run" else None
            yield inspect.Parameter(option, kind, default=default, annotation=annotation)
