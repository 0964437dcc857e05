"""What sqlite3 and psycopg raise, in sentences that a user can act on.

Owns the sentences, and which failures are worth a second attempt. No SQL, no value, no password and
no class name ever gets into a sentence.
"""

from __future__ import annotations

from grantctl.errors import DatabaseError, GrantctlError
from grantctl.store.sqlite_driver import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeAlias, TypeVar

    Result = TypeVar("Result")

MAX_ATTEMPTS = 5

Sentence: TypeAlias = "tuple[str, str | None]"  # what is wrong, and the hint


class TransientError(DatabaseError):
    """Another transaction made this one fail; done again, it may succeed."""


def retried(work: Callable[[], Result]) -> Result:
    """Do the whole transaction again where another one made it fail; five times at the most."""
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return work()
        except TransientError:
            continue
    return work()


class translated_errors:  # noqa: N801  # used as a function, and on the path of every question
    """Turn a driver's error into a DatabaseError; `label` is the database's masked URL."""

    __slots__ = ("_label",)

    def __init__(self, label: str) -> None:
        self._label = label

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, GrantctlError):
            return
        if is_driver_error(error):
            raise database_error(error, self._label) from None


def database_error(error: BaseException, label: str) -> DatabaseError:
    """The sentence for a driver's error, or for SQLAlchemy's around it."""
    error = _cause(error)
    if isinstance(error, UnicodeDecodeError):
        message, hint = _NOT_UTF8
        return DatabaseError(f"{message}: {label}", hint=hint)
    if isinstance(error, sqlite3.Error):
        message, hint = _sqlite_sentence(error)
        return DatabaseError(f"{message}: {label}", hint=hint)
    state = _postgres_state(error)
    unknown = _REFUSED if state else _UNREACHABLE
    message, hint = _STATES.get(state) or _STATE_CLASSES.get(state[:2]) or unknown
    kind = TransientError if state in _TRANSIENT_STATES else DatabaseError
    return kind(f"{message}: {label}", hint=hint)


def _cause(error: BaseException) -> BaseException:
    """SQLAlchemy keeps the driver's error in `orig`."""
    cause = getattr(error, "orig", None)
    return cause if isinstance(cause, BaseException) else error


def is_driver_error(error: BaseException) -> bool:
    """Whether sqlite3 or psycopg raised it, or SQLAlchemy on their behalf."""
    error = _cause(error)
    module = type(error).__module__.partition(".")[0]
    # sqlite3 itself fails so over an error message that quotes a damaged name.
    return module in ("sqlite3", "psycopg") or isinstance(error, UnicodeDecodeError)


DAMAGE_HINT = "restore it from a copy, or try: sqlite3 FILE .recover"
_ACCESS = "check the permissions of the file and of its folder"

# By the primary result code (https://www.sqlite.org/rescode.html).
_SQLITE_CODES: dict[int, Sentence] = {
    sqlite3.SQLITE_BUSY: (
        "the database is locked by another process",
        "try again when it has ended",
    ),
    sqlite3.SQLITE_LOCKED: (
        "the database is locked by another process",
        "try again when it has ended",
    ),
    sqlite3.SQLITE_READONLY: ("the database cannot be written", _ACCESS),
    sqlite3.SQLITE_PERM: ("the database cannot be opened", _ACCESS),
    sqlite3.SQLITE_CANTOPEN: ("the database cannot be opened", _ACCESS),
    sqlite3.SQLITE_FULL: ("the disk is full, nothing was changed", "make room and try again"),
    sqlite3.SQLITE_IOERR: (
        "the file cannot be read or written, nothing was changed",
        "does the disk fail, or is a limit on file sizes reached?",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is no SQLite database",
        "another file? --database sqlite:///PATH",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the database is damaged",
        DAMAGE_HINT,
    ),
    sqlite3.SQLITE_CONSTRAINT: ("the database refuses a row", "grantctl db check"),
    sqlite3.SQLITE_NOMEM: ("there is not enough memory", "try again later"),
}
_NOT_UTF8: Sentence = (
    "the database is damaged, it holds text that is not UTF-8",
    "grantctl db check, or restore it from a copy",
)
_UNFINISHED: Sentence = (
    "another program left a change in the database unfinished",
    "let that program open it once, then try again",
)
_SQLITE_TEXTS: tuple[tuple[str, Sentence], ...] = (
    ("no such table", ("the database lacks a table of grantctl", "grantctl db status")),
    ("no such column", ("the database lacks a column of grantctl", "grantctl db status")),
    ("malformed", _SQLITE_CODES[sqlite3.SQLITE_CORRUPT]),
    ("could not decode", _NOT_UTF8),
)
_REFUSED: Sentence = ("the database refuses the statement", "grantctl db check")


def _sqlite_sentence(error: sqlite3.Error) -> Sentence:
    code = getattr(error, "sqlite_errorcode", 0)  # what Python itself raises has none
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return _UNFINISHED
    found = _SQLITE_CODES.get(code & 0xFF)
    if found:
        return found
    text = str(error).lower()
    return next((sentence for part, sentence in _SQLITE_TEXTS if part in text), _REFUSED)


_TRANSIENT_STATES = ("40001", "40P01")
_LOST: Sentence = (
    "the connection to the database was lost",
    "whether a change was made, shows: grantctl audit list",
)
_UNREACHABLE: Sentence = (
    "the database cannot be reached",
    "is the server running, and are host and port right?",
)
_REFUSED_USER: Sentence = ("the user is not accepted", "check the user's name in the URL")
_EXHAUSTED: Sentence = ("the database takes no more connections", "try again later")

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES: dict[str, Sentence] = {
    "22021": ("the database takes no such text", "its encoding must be UTF8"),
    "25006": ("the database cannot be written", "is it a standby? write to its primary"),
    "28P01": ("the password is not accepted", "PGPASSWORD, ~/.pgpass or the URL"),
    "3D000": ("there is no database of that name", "createdb NAME, then: grantctl init"),
    "40001": ("another change came first, nothing was changed", "try again"),
    "40P01": ("two changes blocked each other, nothing was changed", "try again"),
    "42501": ("the user may not do this", "grant the rights on the tables in Postgres"),
    "42703": ("the database lacks a column of grantctl", "grantctl db status"),
    "42P01": ("the database lacks a table of grantctl", "grantctl db status"),
    "42P07": (
        "something of another program has a name that grantctl needs",
        "give grantctl a database, or a Postgres schema, of its own",
    ),
    "3F000": ("there is no schema to make tables in", "check search_path, or make the schema"),
    "53100": ("the database's disk is full, nothing was changed", "make room and try again"),
    "53300": _EXHAUSTED,
    "55P03": ("the database is locked by another change", "try again when it has ended"),
    "57014": ("the database ended the statement, nothing was changed", "is a time limit set?"),
    "57P03": ("the database is starting up or shutting down", "try again in a moment"),
}
_STATE_CLASSES: dict[str, Sentence] = {
    "08": _LOST,
    "22": _REFUSED,
    "23": ("the database refuses a row", "grantctl db check"),
    "28": _REFUSED_USER,
    "40": ("the change was taken back, nothing was changed", "try again"),
    "42": _REFUSED,
    "53": ("the database server lacks resources", "try again later"),
    "57": _LOST,
    "58": ("the database server cannot use its files", "look into the server's log"),
    "XX": ("the database is damaged", "look into the server's log"),
}
# While it connects, libpq has only text to offer.
_CONNECT_TEXTS: tuple[tuple[str, str], ...] = (
    (r"password authentication failed|no password supplied", "28P01"),
    (r'database "[^"]*" does not exist', "3D000"),
    (r'role "[^"]*" (does not exist|is not permitted)|no pg_hba\.conf entry', "28000"),
    (r"too many (clients|connections)|connection slots are reserved", "53300"),
    (r"permission denied for database", "42501"),
    (r"system is (starting up|shutting down|in recovery|not yet accepting)", "57P03"),
    (r"connection (is|was) (lost|closed)|closed the connection|consuming input failed", "08006"),
    (r"0x00", "22021"),
)


def _postgres_state(error: BaseException) -> str:
    """The SQLSTATE, guessed from the text where there is none; empty where that fails too."""
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state
    import re  # only here: it takes longer to import than a whole check

    text = str(error)
    return next((found for part, found in _CONNECT_TEXTS if re.search(part, text, re.I)), "")
