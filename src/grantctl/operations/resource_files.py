"""The files of a transfer: where an import comes from, where its rows wait, where an export goes.

Owns opening them, and their errors. Leaves what is in them to `interop`.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile, mkstemp
from typing import BinaryIO, TextIO

from grantctl.errors import GrantctlError, GuardError, UsageError
from grantctl.interop.plain_resources import PlainRow

STDIN = "-"
CHUNK_ROWS = 1000
CHUNK_GRANTS = 20_000

_IN_MEMORY_BYTES = 8 * 1024 * 1024

Chunk = list[PlainRow]


@contextmanager
def open_source(source: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of stdin for `-`. Raises UsageError where it cannot be read."""
    if source == STDIN:
        file: BinaryIO = sys.stdin.buffer
    else:
        try:
            file = Path(source).open("rb")  # noqa: SIM115  # closed below, unless it is stdin
        except (OSError, ValueError) as error:
            raise UsageError(f"`{source}` cannot be read: {_reason(error)}") from None
    try:
        yield file
    except OSError as error:
        raise UsageError(f"`{source}` cannot be read: {_reason(error)}") from None
    finally:
        if source != STDIN:
            file.close()


class RecordSpool:
    """Checked rows, kept until they are written: in memory, or in a nameless temporary file.

    So that a source is read once, although it is checked first and a transaction may be done again.
    A row in it is a tuple of plain values, a chunk of them a list.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  # see close
        self._sizes: list[int] = []  # of each chunk in the file, in bytes
        self._rows: list[PlainRow] = []
        self._grants = 0

    def add(self, row: PlainRow) -> None:
        """Keep one more row."""
        self._rows.append(row)
        self._grants += len(row[-1])
        if len(self._rows) >= CHUNK_ROWS or self._grants >= CHUNK_GRANTS:
            self._flush()

    def chunks(self) -> Iterator[Chunk]:
        """The rows in their order, some at a time, as often as asked; then none can be added."""
        self._flush()
        self._file.seek(0)
        for size in self._sizes:
            # Nobody but this process can have written the file.
            yield marshal.loads(self._file.read(size))  # noqa: S302

    def close(self) -> None:
        self._file.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        content = marshal.dumps(self._rows)
        try:
            self._file.write(content)
        except OSError as error:
            raise GrantctlError(
                f"the temporary file cannot be written: {_reason(error)}",
                hint="another folder for it: TMPDIR=FOLDER",
            ) from None
        self._sizes.append(len(content))
        self._rows, self._grants = [], 0


@contextmanager
def new_text_file(path: Path, *, force: bool = False) -> Iterator[TextIO]:
    """A draft to write to, in UTF-8; when the caller is done it becomes the file, unless it raises.

    Only its owner may read it. A file that is there is replaced with `force` alone, and nothing
    else ever is: no link, no folder, no pipe. Raises GuardError for these, UsageError where no
    file can be made there, GrantctlError where it cannot be written to its end.
    """
    _require_replaceable(path, force=force)
    try:
        number, name = mkstemp(dir=path.parent, prefix=".grantctl-export-")
    except (OSError, ValueError) as error:
        raise UsageError(f"`{path}` cannot be made: {_reason(error)}") from None
    draft = Path(name)
    try:
        with open(number, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123  # a number
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _take_name(draft, path, force=force)
    except OSError as error:
        raise GrantctlError(f"`{path}` could not be written: {_reason(error)}") from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _require_replaceable(path: Path, *, force: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise UsageError(f"`{path}` cannot be made: {_reason(error)}") from None
    if not stat.S_ISREG(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "not a file"
        raise GuardError(f"`{path}` is {what}", hint="name a new file, or one to replace")
    if not force:
        raise _taken(path)


def _taken(path: Path) -> GuardError:
    return GuardError(f"`{path}` exists", hint="another file, or replace this one: --force")


def _take_name(draft: Path, path: Path, *, force: bool) -> None:
    _require_replaceable(path, force=force)  # much may have happened since
    if force:
        draft.replace(path)
    else:
        try:
            os.link(draft, path)
        except FileExistsError:
            raise _taken(path) from None
        except OSError:  # a file system without hard links
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            draft.replace(path)
    with suppress(OSError):  # the name outlives a power cut, where a folder can be synced
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or "no such name is possible").lower()
