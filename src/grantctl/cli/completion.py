"""`grantctl completion`: the completion script of a shell."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.completion_scripts import SCRIPTS
from grantctl.cli.shell_line import Shell

app = new_app("The completion script of a shell.")


@command(app, "completion")
def completion(
    call: Call, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish")]
) -> None:
    """Print the completion script, e.g. for ~/.bashrc: eval "$(grantctl completion bash)"."""
    del call
    sys.stdout.write(SCRIPTS[shell])
