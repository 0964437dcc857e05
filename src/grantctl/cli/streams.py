"""The standard streams, as a caller may have left them: closed, full, or with nobody reading.

Owns what is done so that none of that ends in a traceback, or in a database file that has the
number of a closed stream.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO

STDIN, STDOUT, STDERR = range(3)


def mend_streams() -> None:
    """Open what the caller closed: an empty stdin, a stderr to nowhere, a stdout that fails.

    A closed stdout must not look like one that took the answer: a write to it is an error, as one
    to a full disk is.
    """
    for number in (STDIN, STDOUT, STDERR):  # the lowest first: `open` gives the lowest free number
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == STDERR else os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = os.fdopen(STDIN, encoding="utf-8", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(STDOUT, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(STDERR, "w", encoding="utf-8", closefd=False)


def tell(text: str) -> None:
    """A line on stderr; where nobody can read it, the exit code is all that is left to say."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _forget(sys.stderr)


def forget_stdout() -> None:
    """Give up what of the answer is not written yet."""
    _forget(sys.stdout)


def _forget(stream: TextIO) -> None:
    """Leave nothing that Python would try, and fail, to write to a broken stream at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
