"""`grantctl completion`: the completion script of a shell."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script  # no public name for it

from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app

app = new_app("The completion script of a shell.")


class Shell(StrEnum):
    """The shells that have one."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion_script(shell: Shell) -> str:
    """The script that, sourced, completes the words of `grantctl`."""
    script = get_completion_script(
        prog_name="grantctl", complete_var="_GRANTCTL_COMPLETE", shell=shell.value
    )
    return script.strip() + "\n"


@command(app, "completion")
def completion(
    call: Call, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish")]
) -> None:
    """Print the completion script, e.g. for ~/.bashrc: eval "$(grantctl completion bash)"."""
    del call
    sys.stdout.write(completion_script(shell))
