"""The root command: the table of sub-commands and the error boundary.

Owns which commands there are, with their summaries, so that help imports none of them; and the one
place where an error becomes an exit code.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import grantctl
from grantctl.cli.command import COLOR, CONFIG, DATABASE, FIELDS, OUTPUT
from grantctl.errors import ExitCode, GrantctlError, UsageError
from grantctl.render.talk import error_json, error_lines

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Questions": {
        "check": ("check", "may this user do it? (exit 0 or 3)"),
        "explain": ("explain", "why, and on a denial what would allow it"),
        "who-can": ("who_can", "who has a permission, and through what"),
        "access": ("access", "everything that one user may"),
    },
    "Directory": {
        "users": ("users", "list, make, approve, suspend and delete users"),
        "roles": ("roles", "what roles mean, who holds them, which new users get"),
        "groups": ("groups", "groups, their members and their parents"),
        "permissions": ("permissions", "the catalogue, and what groups and defaults set"),
    },
    "Database": {
        "init": ("init", "make the database"),
        "import": ("import_", "bring in an Open WebUI database"),
        "db": ("db", "migrate, describe and check the database"),
        "audit": ("audit", "who changed what, and when"),
    },
    "More": {
        "demo": ("demo", "a tour on a small throw-away organisation"),
        "config": ("config", "settings and where they come from"),
        "completion": ("completion", "the completion script of a shell"),
    },
}
COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
BROKEN_PIPE_EXIT = 141  # as a shell reports a program that SIGPIPE ended

Click = Any  # Typer carries Click as a private part, whose types it does not name


class LazyCommands(MutableMapping[str, Click]):
    """The commands by name, each imported when it is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Click] = {}

    def __getitem__(self, name: str) -> Click:
        if name not in self._loaded:
            module = import_module(f"grantctl.cli.{COMMANDS[name][0]}")
            loaded = get_command(module.app)
            loaded.name = name
            self._loaded[name] = loaded
        return self._loaded[name]

    def __setitem__(self, name: str, command: Click) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class RootGroup(TyperGroup):
    """The root: lists from the table, loads on use, turns errors into exits."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands()

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
        sys.exit(_exit_code(run, given))


def _exit_code(run: Callable[[], Any], arguments: list[str]) -> int:
    try:
        result = run()
        sys.stdout.flush()
    except GrantctlError as error:
        return _report(error, arguments)
    except (typer.TyperException, typer.Abort, typer.Exit) as error:
        return _report_usage(error, arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE_EXIT
    except OSError as error:
        _forget_stdout()
        reason = (error.strerror or "unknown reason").lower()
        return _report(GrantctlError(f"the answer could not be written: {reason}"), arguments)
    except Exception:  # the boundary: no traceback ever reaches a user unasked
        if os.environ.get("GRANTCTL_DEBUG"):
            traceback.print_exc()
        return _report(
            GrantctlError("grantctl failed unexpectedly", hint="GRANTCTL_DEBUG=1 shows where"),
            arguments,
        )
    return int(result or 0)


def _report(error: GrantctlError, arguments: list[str]) -> int:
    is_json = _wants_json(arguments)
    print(error_json(error) if is_json else error_lines(error), file=sys.stderr)
    return error.exit_code


def _report_usage(error: Exception, arguments: list[str]) -> int:
    """Report what Typer found wrong with the words of the command line."""
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, typer.Abort):
        print("interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        print(context.get_help(), file=sys.stderr)
        return ExitCode.USAGE
    format_message = getattr(error, "format_message", error.__str__)
    message = str(format_message()).replace("'", "`").rstrip(".")
    hint = None if context is None else f"{context.command_path} --help"
    return _report(UsageError(message[:1].lower() + message[1:], hint=hint), arguments)


def _wants_json(arguments: list[str]) -> bool:
    wanted = os.environ.get("GRANTCTL_OUTPUT")
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument in ("-o", "--output"):
            wanted = next(iter(arguments[at + 1 :]), None)
        elif argument.startswith("--output="):
            wanted = argument.partition("=")[2]
        elif argument.startswith("-o") and len(argument) > 2:
            wanted = argument[2:]
    return wanted == "json"


def _forget_stdout() -> None:
    """Leave nothing that Python would try to flush to a closed pipe at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
    context: typer.Context,
    *,
    database: DATABASE = None,
    output: OUTPUT = None,
    fields: FIELDS = None,
    color: COLOR = None,
    config: CONFIG = None,
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
    }
    context.obj = {key: value for key, value in given.items() if value}


def main() -> None:
    """Run the command line."""
    get_command(app).main(prog_name="grantctl")
