"""Opening sqlite3 files.

Owns pragmas, the busy time-out, and how a file is opened so that reading leaves nothing behind.
Files are opened by SQLite alone: closing one by hand would drop the locks that another connection
of this process holds (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

# `pathlib` takes longer to import than a whole check.
# ruff: noqa: PTH109, PTH110, PTH116, PTH117, PTH118

from __future__ import annotations

import errno
import os
import stat
import time

from grantctl.errors import DatabaseError
from grantctl.lean import dataclass
from grantctl.store.driver_errors import database_error
from grantctl.store.sqlite_driver import sqlite3
from grantctl.store.url import DatabaseUrl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeAlias

# Device, inode, and when it was written, in nanoseconds since 1970: a copy may be written over it.
FileIdentity: TypeAlias = "tuple[int, int, int]"

BUSY_TIMEOUT_SECONDS = 10.0

# What SQLite says where it may not make the files that it reads a WAL database with.
_NO_SHARED_MEMORY = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY_CANTINIT,
    sqlite3.SQLITE_READONLY_DIRECTORY,
)
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP)
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")
_MISSING_HINT = "is the path right? a new database is made by: grantctl init"


@dataclass(frozen=True, slots=True)
class UnlockedFile:
    """A file that is read without locks, with its size and times when it was opened."""

    file: str
    size: int
    modified_ns: int

    def require_unchanged(self) -> None:
        """Raise DatabaseError where what was read may be of two moments."""
        if _unlocked(self.file) != self or _has_journal(self.file):
            raise DatabaseError(
                f"the database was changed while it was read: `{self.file}`", hint="try again"
            )


def connect_for_reading(url: DatabaseUrl) -> tuple[sqlite3.Connection, UnlockedFile | None]:
    """A connection that cannot write and creates nothing. Raises DatabaseError."""
    file = _require_file(url)
    try:
        if _has_journal(file):  # somebody has it open, or was killed: leave both as they are
            return _connect(url, "mode=ro", ("query_only=ON",)), None
        # Where nobody has it open, a read-only connection would leave -wal and -shm files behind,
        # one that could write takes them away again.
        return _connect(url, "mode=rw", ("query_only=ON",)), None
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if getattr(error, "sqlite_errorcode", 0) not in _NO_SHARED_MEMORY or _has_journal(file):
            raise database_error(error, str(url)) from None
    # In a folder where SQLite may not make these files: without locks, so the end is compared.
    try:
        unlocked = _unlocked(file)
        return _connect(url, "mode=ro&immutable=1", ("query_only=ON",)), unlocked
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise database_error(error, str(url)) from None


def connect_for_writing(url: DatabaseUrl) -> sqlite3.Connection:
    """A connection to a file that exists, with every pragma set that writing needs.

    INVARIANT: the caller knows the file to be grantctl's, or empty: this may turn it into WAL.
    Raises DatabaseError.
    """
    try:
        raw = _connect(url, "mode=rw", ("synchronous=FULL", "foreign_keys=ON"))
        try:
            _use_wal(raw)
        except BaseException:
            raw.close()
            raise
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise database_error(error, str(url)) from None
    return raw


def connect_to_memory() -> sqlite3.Connection:
    """An empty database that lives as long as the connection."""
    raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA foreign_keys=ON")
    return raw


def begin_writing(raw: sqlite3.Connection) -> None:
    """BEGIN IMMEDIATE, once every other writer that is before has ended.

    Waits here and not in SQLite: in short uneven steps, so that of many writers none is always
    late, and so that an interrupt is heard. Raises sqlite3.OperationalError.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if _is_other(error, sqlite3.SQLITE_BUSY) or time.monotonic() >= deadline:
                    raise
            time.sleep((1 + time.monotonic_ns() // 1000 % 16) / 1000)
    finally:
        raw.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_SECONDS * 1000)}")


def is_damaged(raw: sqlite3.Connection) -> bool:
    """Whether SQLite finds the file's structure or the kind of its values to be wrong."""
    try:
        return bool(raw.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except (sqlite3.Error, UnicodeDecodeError):
        return True


def _connect(url: DatabaseUrl, mode: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    assert url.file is not None
    raw = sqlite3.connect(
        f"{_file_uri(url.file)}?{mode}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_TIMEOUT_SECONDS,
        check_same_thread=False,
    )
    try:
        # The first two: a damaged or hostile file shall fail rather than answer
        # (https://www.sqlite.org/security.html).
        for pragma in ("cell_size_check=ON", "trusted_schema=OFF", *pragmas):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        raw.close()
        raise
    return raw


def _use_wal(raw: sqlite3.Connection) -> None:
    """Turn the file into WAL; where another connection is in the way, SQLite itself won't wait."""
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return  # a file system without shared memory keeps its journal: that is safe as well
        except sqlite3.OperationalError as error:
            if _is_other(error, sqlite3.SQLITE_BUSY) or time.monotonic() >= deadline:
                raise
            time.sleep(0.02)


def _is_other(error: sqlite3.Error, code: int) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF != code


def file_size(file: str | Path) -> int | None:
    """The file's size in bytes, None where there is none.

    Raises DatabaseError where something else is there, or nobody may look.
    """
    try:
        found = os.stat(file)
    except ValueError:  # a name that no file can have
        return None
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        reason = (error.strerror or "unknown reason").lower()
        raise DatabaseError(
            f"`{file}` cannot be read: {reason}",
            hint="check the permissions of the file and of its folder",
        ) from None
    if not stat.S_ISREG(found.st_mode):
        raise DatabaseError(f"`{file}` is not a file", hint=_MISSING_HINT)
    return found.st_size


def file_identity(url: DatabaseUrl) -> FileIdentity | None:
    """The file that the URL names now, whatever it is called; None for a server, or without one.

    In WAL a commit leaves it as it is, until the log is written into the file.
    """
    if url.file is None:
        return None
    try:
        found = os.stat(url.file)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _require_file(url: DatabaseUrl) -> str:
    """Its name. Raises DatabaseError where it is missing, no file, or has nothing in it."""
    assert url.file is not None
    size = file_size(url.file)
    if size is None:
        raise DatabaseError(f"there is no database at `{url.file}`", hint=_MISSING_HINT)
    if size == 0:
        raise DatabaseError(f"the file `{url.file}` is empty", hint=_MISSING_HINT)
    return url.file


def _has_journal(file: str) -> bool:
    return os.path.exists(f"{file}-wal") or os.path.exists(f"{file}-journal")


def _file_uri(file: str) -> str:
    """The file as a URI (RFC 8089). By hand: `pathlib` takes longer to import than a check."""
    if os.name != "posix":
        from pathlib import Path

        return Path(file).absolute().as_uri()
    # The folder is asked only where it matters: it may be gone.
    raw = os.fsencode(file if os.path.isabs(file) else os.path.join(os.getcwd(), file))
    return "file://" + "".join(chr(one) if one in _PLAIN else f"%{one:02X}" for one in raw)


def _unlocked(file: str) -> UnlockedFile:
    found = os.stat(file)
    return UnlockedFile(file, found.st_size, found.st_mtime_ns)
