"""Making a SQLite file that appears whole or not at all.

Owns the draft beside it, the modes of file and folders, and the moment when the draft takes the
name. Leaves what is written to the caller.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from grantctl.errors import DatabaseError, GuardError
from grantctl.lean import replace
from grantctl.store.url import DatabaseUrl

_PLACE_HINT = "another place? --database sqlite:///PATH"


@contextmanager
def new_file(url: DatabaseUrl) -> Iterator[DatabaseUrl]:
    """A draft to write to; when the caller is done it becomes the file, unless it raises.

    The file is readable by its owner only, and so is every folder that has to be made for it.
    Raises FileExistsError where another process made the file meanwhile, GuardError where the
    journal of another one lies there, DatabaseError where the file cannot be made.
    """
    path = url.path
    assert path is not None
    require_no_journal(path)
    made: list[Path] = []
    try:
        with _told(url):
            _make_folders(path.parent, made)
        with _draft(url) as draft:
            yield draft
            with _told(url):
                assert draft.path is not None
                _take_name(draft.path, path)
    except BaseException:
        for folder in reversed(made):
            with suppress(OSError):  # it may hold another process's file by now
                folder.rmdir()
        raise


def require_makeable(url: DatabaseUrl) -> None:
    """Raise DatabaseError where a file cannot be made there, as far as can be seen untried."""
    assert url.path is not None
    require_no_journal(url.path)
    folder = url.path.absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        reason = "permission denied" if folder.is_dir() else "not a directory"
        raise DatabaseError(f"`{url.path}` cannot be made: {reason}", hint=_PLACE_HINT)


def require_no_journal(path: Path) -> None:
    """Raise GuardError where SQLite would play an older database's changes into the new one."""
    for suffix in ("-wal", "-journal"):
        journal = Path(f"{path}{suffix}")
        if journal.exists() and journal.stat().st_size > 0:
            raise GuardError(
                f"`{journal}` is left of a database that is gone",
                hint="it may hold the last changes of that one: move it away",
            )


def _make_folders(folder: Path, made: list[Path]) -> None:
    if folder.exists():
        return
    _make_folders(folder.parent, made)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        made.append(folder)


@contextmanager
def _draft(url: DatabaseUrl) -> Iterator[DatabaseUrl]:
    assert url.path is not None
    with _told(url):
        scratch = TemporaryDirectory(
            prefix=".grantctl-init-", dir=url.path.parent, ignore_cleanup_errors=True
        )
    with scratch as folder:
        draft = replace(url, file=str(Path(folder) / "grantctl.db"))
        assert draft.path is not None
        os.close(os.open(draft.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            yield draft
        except DatabaseError as error:
            message = error.message.replace(str(draft), str(url))
            raise DatabaseError(message, hint=error.hint) from None


def _take_name(draft: Path, path: Path) -> None:
    """Give the draft its name, unless there is a file of that name: it is never replaced."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        draft.replace(path)
    with suppress(OSError):  # the name outlives a power cut, where a folder can be synced
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _told(url: DatabaseUrl) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise DatabaseError(f"`{url.path}` cannot be made: {reason}", hint=_PLACE_HINT) from None
