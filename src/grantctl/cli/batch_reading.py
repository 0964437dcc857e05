"""The questions of a batch: a file, or stdin, a row a line.

Owns opening it. Leaves what a row means to the operations.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from grantctl.errors import ExitCode, UsageError

_ENCODING, _ERRORS = "utf-8-sig", "surrogateescape"


class Failures:
    """Whether any row of a batch failed, which its exit code tells."""

    def __init__(self) -> None:
        self.has_any = False

    def note(self, error: object) -> None:
        """Note a row's error, if it has one."""
        self.has_any = self.has_any or error is not None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.PARTIAL if self.has_any else ExitCode.OK


def open_batch(source: str, stack: ExitStack) -> TextIO:
    """The batch's lines, undecodable bytes kept as surrogates so that their rows fail alone."""
    if source == "-":
        assert isinstance(sys.stdin, TextIOWrapper)
        sys.stdin.reconfigure(encoding=_ENCODING, errors=_ERRORS, newline="\n")
        return sys.stdin
    try:
        file = Path(source).open(encoding=_ENCODING, errors=_ERRORS, newline="\n")  # noqa: SIM115
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    return stack.enter_context(file)
