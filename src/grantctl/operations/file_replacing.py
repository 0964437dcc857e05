"""A file replaced by another content: it is there whole, as it was or as it shall be.

Owns the draft beside it, its mode and owner. Leaves the content to the caller.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from grantctl.errors import GuardError, UsageError

NEW_MODE = 0o600

_MODE_BITS = 0o777


def make_file(path: Path, content: bytes, *, dry_run: bool = False) -> None:
    """Make the file, for its owner only, and the folders above it.

    Raises GuardError where there is one already, UsageError where there cannot be one.
    """
    with _told(path):
        if path.exists() or path.is_symlink():
            raise FileExistsError
        if not dry_run:
            with _draft(path, content, NEW_MODE) as draft:
                _take_name(draft, path)


def replace_file(
    path: Path, content: bytes, *, mode: int | None = None, dry_run: bool = False
) -> None:
    """Give the file another content; its mode stays unless one is named, and so does its owner.

    Where it is a link, what it leads to. One that does not exist is made, as `make_file` does.
    Raises UsageError.
    """
    with _told(path):
        target = path.resolve()
        status = target.stat() if target.exists() else None
        if status is not None and not stat.S_ISREG(status.st_mode):
            raise UsageError(f"`{path}` is not a regular file")
        if dry_run:
            return
        if mode is None:
            mode = NEW_MODE if status is None else status.st_mode & _MODE_BITS
        with _draft(target, content, mode) as draft:
            if status is not None and hasattr(os, "chown"):
                with suppress(OSError):  # who may not give files away keeps it
                    os.chown(draft, status.st_uid, status.st_gid)
            draft.replace(target)


@contextmanager
def _draft(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside it that holds the content, on the disk; nothing of it is left at the end."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    descriptor, name = mkstemp(prefix=".grantctl-config-", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _take_name(draft: Path, path: Path) -> None:
    """Give the draft its name, unless there is a file of that name: it is never replaced."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, NEW_MODE))
        draft.replace(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise GuardError(
            f"`{path}` exists already, and is left as it is", hint="--force, or --to FILE"
        ) from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{path}` cannot be written: {reason}") from None
    except ValueError:  # NUL, or half of a surrogate pair
        raise UsageError("the name of the file is none that a file can have") from None
