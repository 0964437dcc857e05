"""Where a bulk import reads from: a file, or a pipe that is kept until it has ended.

Owns that nobody waits for a slow pipe under the writers' lock, and that the rows can be read again
where a transaction is done again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from grantctl.errors import GrantctlError
from grantctl.operations.resource_files import open_source

_IN_MEMORY_BYTES = 8 * 1024 * 1024


@contextmanager
def open_rows(source: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of stdin for `-`, from which one can go back to the start.

    Raises UsageError where it cannot be read.
    """
    with open_source(source) as stream:
        if stream.seekable() and stream.tell() == 0:
            yield stream
            return
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
            _copy(stream, cast(BinaryIO, spool))
            yield cast(BinaryIO, spool)


def _copy(stream: BinaryIO, spool: BinaryIO) -> None:
    class Spool:
        """Tells a fault of the temporary file from one of the source."""

        def write(self, part: bytes) -> int:
            try:
                return spool.write(part)
            except OSError as error:
                reason = (error.strerror or "unknown reason").lower()
                raise GrantctlError(
                    f"the temporary file cannot be written: {reason}",
                    hint="another folder for it: TMPDIR=FOLDER",
                ) from None

    shutil.copyfileobj(stream, Spool(), 1 << 20)
