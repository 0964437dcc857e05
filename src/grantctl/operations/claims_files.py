"""Files of claims: one JSON object, or one a line.

Owns reading them strictly: UTF-8, no member twice, bounded in size. An operator vouches for them;
nothing in them is verified. A file of lines is checked as a whole, and kept aside meanwhile, so
that what is worked on is what was checked, whoever changes the file, and however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from grantctl.credentials.encoding import decode_json_object
from grantctl.errors import InvalidError

MAX_CLAIMS_BYTES = 256 * 1024  # of one person: a directory of groups, and some

_KEPT_IN_MEMORY = 8 * 1024 * 1024

ClaimsLine = tuple[int, dict[str, Any]]  # its number from 1, and JSON


def parse_claims(raw: bytes) -> dict[str, Any]:
    """The claims of one JSON object. Raises InvalidError."""
    if len(raw) > MAX_CLAIMS_BYTES:
        raise InvalidError(f"claims may have at most {MAX_CLAIMS_BYTES} bytes")
    try:
        return decode_json_object(raw)
    except ValueError as error:
        raise InvalidError(f"what should be claims {error}") from None


class ClaimsLines:
    """Lines of claims that were checked, to be read any number of times."""

    def __init__(self, kept: SpooledTemporaryFile[bytes], count: int) -> None:
        self._kept = kept
        self.count = count

    def __iter__(self) -> Iterator[ClaimsLine]:
        self._kept.seek(0)
        for number, raw in _numbered(self._kept):
            yield number, decode_json_object(raw)


@contextmanager
def open_claims_lines(stream: BinaryIO) -> Iterator[ClaimsLines]:
    """The lines of a stream, each a JSON object; empty ones are passed over.

    Raises InvalidError for the first line that is none.
    """
    with SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY) as kept:
        count = 0
        for number, raw in _numbered(stream, kept):
            count += 1
            try:
                decode_json_object(raw)
            except ValueError as error:
                raise InvalidError(
                    f"line {number} {error}",
                    hint='one JSON object a line, e.g. {"sub": "117", "email": "ada@example.com"}',
                ) from None
        yield ClaimsLines(kept, count)


def _numbered(
    stream: BinaryIO | SpooledTemporaryFile[bytes],
    copy: SpooledTemporaryFile[bytes] | None = None,
) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers, without their ends."""
    number = 0
    while raw := stream.readline(MAX_CLAIMS_BYTES + 1):
        number += 1
        if len(raw) > MAX_CLAIMS_BYTES:
            raise InvalidError(f"line {number} is longer than {MAX_CLAIMS_BYTES} bytes")
        if copy is not None:
            copy.write(raw)
        if raw.strip():
            yield number, raw.strip()
