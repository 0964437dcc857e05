"""What can go wrong, each kind with its exit code.

Owns the exit codes and the error classes. An error says in one lower-case line what is wrong, with
input in backticks, and carries a hint that names what helps. Only `cli/main.py` turns an error into
an exit; "no" is not an error but a `Decision`.
"""

from __future__ import annotations

from grantctl.lean import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command, the same in every output format."""

    OK = 0
    CRASH = 1
    USAGE = 2
    NO = 3
    NOT_FOUND = 4
    REFUSED = 5
    UNCONFIRMED = 6
    DATABASE = 7
    PARTIAL = 8
    INTERRUPTED = 130


class GrantctlError(Exception):
    """Base of every error that a user may see."""

    exit_code = ExitCode.CRASH
    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GrantctlError):
    """The command line, a variable or a configuration file cannot be understood."""

    exit_code = ExitCode.USAGE
    code = "usage"


class AuthenticationError(GrantctlError):
    """A login was refused: whoever asks is not known. The words never say which part was wrong."""

    exit_code = ExitCode.NO
    code = "unauthenticated"


class NotFoundError(GrantctlError):
    """The user, group, permission or record that was named does not exist."""

    exit_code = ExitCode.NOT_FOUND
    code = "not_found"


class AmbiguousError(GrantctlError):
    """A name fits more than one object; the hint lists the candidates."""

    exit_code = ExitCode.REFUSED
    code = "ambiguous"


class InvalidError(GrantctlError):
    """A value breaks a rule of the data."""

    exit_code = ExitCode.REFUSED
    code = "invalid"


class ConflictError(GrantctlError):
    """The change collides with what is stored already."""

    exit_code = ExitCode.REFUSED
    code = "conflict"


class GuardError(GrantctlError):
    """A guard refuses the change: the last admin, a database that is read only by choice."""

    exit_code = ExitCode.REFUSED
    code = "guard"


class GroupCycleError(GuardError):
    """The new parent lies below the group itself."""

    code = "group_cycle"


class UnconfirmedError(GrantctlError):
    """A dangerous change was declined, or nobody was there to confirm it."""

    exit_code = ExitCode.UNCONFIRMED
    code = "unconfirmed"


class DatabaseError(GrantctlError):
    """The database cannot be reached, is locked, read only, damaged or of another revision."""

    exit_code = ExitCode.DATABASE
    code = "database"
