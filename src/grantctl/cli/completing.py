"""The answer to a TAB: what the last word of a command line may become.

Owns asking Typer which option or argument that word is, and that nothing but completions is ever
printed: whatever fails completes to nothing.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from typer._click import shell_completion  # no public name for it

from grantctl.cli.completion_variables import (
    BREAKS_VARIABLE,
    FILES_EXIT,
    LINE_VARIABLE,
    SHELL_VARIABLE,
)
from grantctl.cli.shell_line import Shell, read_line
from grantctl.errors import ExitCode
from grantctl.render.escape import is_encodable

_FILES = ("FILE", "FILE...", "FOLDER")


def answer_shell(root: Any) -> int:
    """Print the completions of the line in the environment, one a line; the exit code."""
    try:
        shell = Shell(os.environ[SHELL_VARIABLE])
        line = read_line(os.environ.get(LINE_VARIABLE, ""), os.environ.get(BREAKS_VARIABLE, ""))
        found = _completions(root, line.arguments, line.words[-1])
        if found is None:
            return FILES_EXIT
        words = [word for word in line.spelled(found, shell) if is_encodable(word, sys.stdout)]
        sys.stdout.write("".join(f"{word}\n" for word in words))
        sys.stdout.flush()
    except Exception:  # a TAB must not print an error into the line that is being written
        return ExitCode.CRASH
    return ExitCode.OK


def _completions(root: Any, arguments: list[str], word: str) -> list[str] | None:
    """Everything that the word may become; None where it is a file's name."""
    context = shell_completion._resolve_context(root, {}, "grantctl", arguments)
    asked, begun = shell_completion._resolve_incomplete(context, arguments, word)
    if getattr(asked, "metavar", None) in _FILES:
        return None
    before = word.removesuffix(begun) if begun else word if word.endswith("=") else ""
    return [before + str(item.value) for item in asked.shell_complete(context, begun)]
