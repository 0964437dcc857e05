"""Secrets from a hidden prompt, stdin or a file; never from an argument.

Owns reading them, which files may hold one, and writing such a file. Leaves what a secret may be to
`passwords` and `token_reading`. Nothing here repeats a secret.
"""

from __future__ import annotations

import errno
import getpass
import os
import stat
import sys
import warnings
from contextlib import suppress
from shlex import quote

from grantctl.errors import GuardError, InvalidError, UsageError

LINE_ENDS = (b"\r\n", b"\n")

_LINE_END_BYTES = 2
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def is_terminal() -> bool:
    """Whether somebody could be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_unseen(question: str, noun: str, *, hint: str) -> str:
    """What is typed unseen. `hint` names the other ways to hand the secret over.

    Raises UsageError where the terminal would show it, InvalidError where nothing usable comes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    except getpass.GetPassWarning:
        raise UsageError("the terminal would show what is typed", hint=hint) from None
    except EOFError:
        raise InvalidError(f"no {noun} was typed") from None
    except UnicodeDecodeError:
        raise InvalidError(f"the {noun} is not UTF-8") from None


def read_stdin(max_bytes: int) -> bytes:
    """What stdin holds, without one line end; of what is longer than that no more than shows it.

    Raises UsageError where stdin is closed. Leaves it to the caller to ask no terminal.
    """
    if sys.stdin is None:
        raise UsageError("stdin is closed", hint="--file FILE")
    return _without_line_end(sys.stdin.buffer.read(_longest(max_bytes)))


def read_private_file(name: str, noun: str, *, option: str, max_bytes: int) -> bytes:
    """The content of a regular file that only its owner can read. Nothing else is ever read.

    As `read_stdin` in all else; `option` is the one that named the file. Raises UsageError,
    GuardError for a file that others could read.
    """
    try:
        descriptor = os.open(name, _OPEN_FLAGS)
        try:
            _require_private(os.fstat(descriptor), name, noun)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return _without_line_end(file.read(_longest(max_bytes)))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(error, name, noun) from None
    except ValueError:  # NUL, or half of a surrogate pair
        raise UsageError(f"`{option}` holds what no file's name can") from None


def _longest(max_bytes: int) -> int:
    """A secret, its line end, and what shows that there is more."""
    return max_bytes + _LINE_END_BYTES + 1


def _without_line_end(raw: bytes) -> bytes:
    for line_end in LINE_ENDS:
        if raw.endswith(line_end):
            return raw.removesuffix(line_end)
    return raw


def _refusal(error: OSError, name: str, noun: str) -> GuardError | UsageError:
    """Why a file cannot be opened: a link, or whatever the system says."""
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return GuardError(
            f"`{name}` is a symbolic link, which may come to lead elsewhere",
            hint="name the file itself, or use stdin",
        )
    if error.errno in (errno.ENXIO, errno.EISDIR):
        return _not_regular(name)
    reason = (error.strerror or "unknown reason").lower()
    return UsageError(f"the {noun} file `{name}` cannot be read: {reason}")


def _require_private(status: os.stat_result, name: str, noun: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _not_regular(name)
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise GuardError(
            f"others than its owner may use the {noun} file `{name}`",
            hint=f"chmod 600 {quote(name)}",
        )


def _not_regular(name: str) -> GuardError:
    return GuardError(f"`{name}` is not a regular file", hint="for a pipe, use stdin")


def write_private_file(name: str, secret: str, noun: str) -> None:
    """A new file of mode 600 that holds the secret and a line feed, on the disk when this ends.

    Nothing of it is left where that fails. Raises GuardError where there is such a file already,
    UsageError where there cannot be one.
    """
    try:
        descriptor = os.open(name, _NEW_FLAGS, 0o600)
    except FileExistsError:
        raise GuardError(
            f"`{name}` exists already, and is left as it is", hint="name a file that does not"
        ) from None
    except OSError as error:
        raise _unwritable(error, name, noun) from None
    except ValueError:
        raise UsageError(f"the name of the {noun} file is none that a file can have") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o600)  # whatever the umask says
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108  # as it was opened
        raise _unwritable(error, name, noun) from None


def _unwritable(error: OSError, name: str, noun: str) -> UsageError:
    reason = (error.strerror or "unknown reason").lower()
    return UsageError(f"the {noun} file `{name}` cannot be written: {reason}")
