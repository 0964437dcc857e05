"""`grantctl demo`: a tour on a small throw-away organisation."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import join, split
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from typer.main import get_command

from grantctl import operations
from grantctl.cli import main as root
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.errors import ExitCode, GrantctlError, UsageError
from grantctl.store.url import parse_url

app = new_app("A tour on a small throw-away organisation.")

DATABASE_NAME = "demo.db"

# What is said before a command, the command, and the exit code that it must have.
STEPS: tuple[tuple[str, str, ExitCode], ...] = (
    (
        "Five people in four groups; engineering and support lie under staff, interns under "
        "engineering.",
        "groups list --fields name,parent,members",
        ExitCode.OK,
    ),
    (
        "May Bob open the chat controls? The answer is a word, and an exit code for scripts.",
        "check bob@example.com chat.controls",
        ExitCode.OK,
    ),
    (
        "Why? Every source is shown, and the one that decides is marked.",
        "explain bob@example.com chat.controls",
        ExitCode.OK,
    ),
    (
        "Chen is an intern: a false there does not take away what engineering gives.",
        "explain chen@example.com workspace.tools",
        ExitCode.OK,
    ),
    (
        "Dana is denied, and is told what would change that.",
        "explain dana@example.com chat.controls",
        ExitCode.NO,
    ),
    (
        "Who may open them, and through what?",
        "who-can chat.controls",
        ExitCode.OK,
    ),
    (
        "What may Chen use, and which of it hangs on a single group?",
        "access chen@example.com features",
        ExitCode.OK,
    ),
    (
        "Dana made a preset of a model, for everyone to use. Why can nobody in support use it, not "
        "even she?",
        "explain dana@example.com read model:helpdesk",
        ExitCode.NO,
    ),
    (
        "Who may use the preset, and through what?",
        "who-can read model:helpdesk",
        ExitCode.OK,
    ),
    (
        "A change can be tried first. For how many does it change anything?",
        "permissions set --group interns features.channels=false --dry-run",
        ExitCode.OK,
    ),
)


@command(app, "demo")
def demo(
    call: Call,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="FOLDER", help="keep the database in this new folder"),
    ] = None,
) -> None:
    """Make a small organisation in a throw-away database and ask it a few questions."""
    del call
    with _folder(keep) as folder:
        url = f"sqlite:///{folder}/{DATABASE_NAME}"
        operations.demonstration.make_organisation(parse_url(url))
        os.environ["GRANTCTL_DATABASE"] = url
        for words, line, expected in STEPS:
            _show_step(words, line, expected)
    if keep is None:
        print("The database is gone again. To keep one and go on: grantctl demo --keep FOLDER")
    else:
        print(f"Go on with: {join(['export', f'GRANTCTL_DATABASE={url}'])}")


@contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="grantctl-demo-") as folder:
            yield Path(folder)
        return
    folder_path = Path(keep).absolute()
    try:
        folder_path.mkdir(mode=0o700, parents=True)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"the folder `{keep}` cannot be made: {reason}") from None
    yield folder_path


def _show_step(words: str, line: str, expected: ExitCode) -> None:
    print(f"# {words}")
    print(f"$ grantctl {line}", flush=True)
    try:
        get_command(root.app).main(split(line), prog_name="grantctl")
    except SystemExit as ended:
        if ended.code in (ExitCode.INTERRUPTED, root.BROKEN_PIPE_EXIT):
            raise  # it has been said, and nobody listens any more
        sys.stdout.flush()
        if ended.code != expected:
            raise GrantctlError(f"the tour's step `{line}` failed") from None
    print(flush=True)
