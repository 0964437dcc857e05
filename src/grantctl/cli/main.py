"""The root command and the error boundary.

Owns the one place where an error becomes an exit code. Leaves the table of commands to `commands`.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import grantctl
from grantctl.cli.command import COLOR, CONFIG, CONTEXT, DATABASE, FIELDS, OUTPUT
from grantctl.cli.commands import COMMANDS, SECTIONS, lazy_commands
from grantctl.cli.completion_variables import SHELL_VARIABLE
from grantctl.cli.noun_group import Click
from grantctl.cli.streams import forget_stdout, mend_streams, tell
from grantctl.config import load_settings
from grantctl.errors import ExitCode, GrantctlError, UsageError
from grantctl.render.escape import escape
from grantctl.render.masking import mask_credentials
from grantctl.render.talk import error_json, error_lines

# An argument too many may be a password here, and is not repeated.
PASSWORD_COMMANDS = ("grantctl login", "grantctl users create", "grantctl users set-password")
BROKEN_PIPE_EXIT = 141  # as a shell reports a program that SIGPIPE ended


class ReaderGoneError(Exception):
    """Nobody reads the answer any more. Typer would take the driver's own error for a failure."""


class RootGroup(TyperGroup):
    """The root: lists from the table, loads on use, turns errors into exits."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = lazy_commands()

    def list_commands(self, ctx: Click) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: Click, formatter: Click) -> None:
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, summary) for name, (_, summary) in entries.items()])

    def shell_complete(self, ctx: Click, incomplete: str) -> list[Any]:
        from typer._click.shell_completion import CompletionItem  # no public name for it

        names = (name for name in COMMANDS if name.startswith(incomplete))
        return [CompletionItem(name, help=COMMANDS[name][1]) for name in names]

    def _main_shell_completion(self, *arguments: Any, **named: Any) -> None:
        """Answer a shell's TAB in place of Typer, whose answers a shell would run."""
        if SHELL_VARIABLE in os.environ:
            sys.exit(import_module("grantctl.cli.completing").answer_shell(self))

    def invoke(self, ctx: Click) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGoneError from None

    def main(  # the parameters are those of Typer's own
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and exit with the code of what happened."""
        given = list(sys.argv[1:] if args is None else args)
        run = partial(
            super().main,
            given,
            prog_name=prog_name,
            complete_var=complete_var,
            standalone_mode=False,
            windows_expand_args=windows_expand_args,
            **extra,
        )
        sys.exit(exit_code_of(run, given))


def exit_code_of(run: Callable[[], Any], arguments: list[str]) -> int:
    """Run it; what it raises is told on stderr, and becomes an exit code."""
    try:
        result = int(run() or ExitCode.OK)
        sys.stdout.flush()
    except GrantctlError as error:
        return _report(error, arguments)
    except (typer.TyperException, typer.Abort, typer.Exit) as error:
        return _report_usage(error, arguments)
    except KeyboardInterrupt:
        return _report_interrupt()
    except (ReaderGoneError, BrokenPipeError):
        forget_stdout()
        return BROKEN_PIPE_EXIT
    except OSError as error:
        forget_stdout()
        return _report(_told_by_system(error), arguments)
    except Exception:  # the boundary: no traceback ever reaches a user unasked
        if os.environ.get("GRANTCTL_DEBUG"):
            for line in traceback.format_exc().splitlines():
                tell(escape(mask_credentials(line)))
        return _report(
            GrantctlError("grantctl failed unexpectedly", hint="GRANTCTL_DEBUG=1 shows where"),
            arguments,
        )
    # Typer makes this of a KeyboardInterrupt in a command, and no command answers so.
    return _report_interrupt() if result == ExitCode.INTERRUPTED else result


def _report(error: GrantctlError, arguments: list[str]) -> int:
    tell(error_json(error) if _wants_json(arguments) else error_lines(error))
    return error.exit_code


def _report_interrupt() -> int:
    forget_stdout()
    tell("interrupted")
    return ExitCode.INTERRUPTED


def _told_by_system(error: OSError) -> GrantctlError:
    reason = (error.strerror or "unknown reason").lower()
    what = "the answer could not be written" if error.filename is None else f"`{error.filename}`"
    return GrantctlError(f"{what}: {reason}")


def _report_usage(error: Exception, arguments: list[str]) -> int:
    """Report what Typer found wrong with the words of the command line."""
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, typer.Abort):
        return _report_interrupt()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        tell(context.get_help())
        return ExitCode.USAGE
    message, meant = _message(error)
    path = "grantctl" if context is None else context.command_path
    hint = f"did you mean {meant}? {path} --help" if meant else f"{path} --help"
    if path in PASSWORD_COMMANDS and "unexpected extra argument" in message:
        message = "there is an argument too many, and a password is never one"
    return _report(UsageError(message, hint=hint), arguments)


def _message(error: Exception) -> tuple[str, str]:
    """Typer's message in our form, and what it thinks was meant."""
    near = getattr(error, "possibilities", None)
    if near:
        text, meant = str(error), ", ".join(f"`{one}`" for one in sorted(near))
    else:
        text = str(getattr(error, "format_message", error.__str__)())
        text, _, meant = text.replace("'", "`").partition(" Did you mean ")
    text = text.replace("'", "`").rstrip(".")
    return text[:1].lower() + text[1:], meant.rstrip("?")


def _wants_json(arguments: list[str]) -> bool:
    """Whether errors are to be JSON, which must be known even where the words make no sense."""
    flags: dict[str, str | None] = {}
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        following = next(iter(arguments[at + 1 :]), "")
        name, equals, value = argument.partition("=")
        if name in ("--output", "--config", "--context"):
            flags[name[2:]] = value if equals else following
        elif argument.startswith(("-o", "-qo")):
            flags["output"] = argument.partition("o")[2] or following
    try:
        return load_settings(flags=flags, environ=os.environ).output.value == "json"
    except UsageError:
        return (flags.get("output") or os.environ.get("GRANTCTL_OUTPUT")) == "json"


app = typer.Typer(
    cls=RootGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"grantctl {grantctl.__version__}")
        raise typer.Exit


@app.callback()
def root(
    invocation: typer.Context,
    *,
    database: DATABASE = None,
    output: OUTPUT = None,
    fields: FIELDS = None,
    color: COLOR = None,
    config: CONFIG = None,
    context: CONTEXT = None,
    version: bool = typer.Option(
        False, "--version", help="print the version", is_eager=True, callback=_print_version
    ),
) -> None:
    """Who can do what, and why: Open WebUI's authorization, asked and changed safely."""
    given = {
        "database": database,
        "output": output,
        "fields": fields,
        "color": color,
        "config": config,
        "context": context,
    }
    invocation.obj = {key: value for key, value in given.items() if value is not None}


def main() -> None:
    """Run the command line."""
    mend_streams()
    get_command(app).main(prog_name="grantctl")
