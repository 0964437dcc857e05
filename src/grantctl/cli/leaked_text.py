"""A text in which tokens may have leaked: from a file of any kind, or stdin.

Owns reading it, whatever its encoding, and that nothing of it is repeated. Leaves finding the
tokens to `credentials`.
"""

from __future__ import annotations

import re
import sys

from grantctl.errors import InvalidError, UsageError

MAX_LEAKED_BYTES = 64 * 1024 * 1024
FROM_STDIN = "-"

# A part of a text without any of these holds no token: most of a long log need not be looked at.
_WORD = re.compile(rb"[A-Za-z0-9_.-]{20,}")
_MARKS = (b"gctl_", b"sk-", b".ey")


def read_leaked(source: str) -> str:
    """The words of a file, or of stdin for `-`, in which there may be a token, one a line.

    Raises UsageError where it cannot be read, InvalidError where it is too long.
    """
    raw = _read(source)
    if len(raw) > MAX_LEAKED_BYTES:
        raise InvalidError(
            f"a text to look through may have {MAX_LEAKED_BYTES // 2**20} MiB at most",
            hint="split it",
        )
    words = (match[0] for match in _WORD.finditer(raw))
    return b"\n".join(word for word in words if any(mark in word for mark in _MARKS)).decode()


def _read(source: str) -> bytes:
    if source == FROM_STDIN:
        if sys.stdin is None:
            raise UsageError("stdin is closed")
        return sys.stdin.buffer.read(MAX_LEAKED_BYTES + 1)
    try:
        with open(source, "rb") as file:  # noqa: PTH123  # a name may be no path at all
            return file.read(MAX_LEAKED_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    except ValueError:
        raise UsageError("`--leaked` holds what no file's name can") from None
