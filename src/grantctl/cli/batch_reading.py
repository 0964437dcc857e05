"""The questions of a batch: a file, or stdin, a row a line.

Owns opening it. Leaves what a row means to the operations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol, TextIO

from grantctl.errors import ExitCode, UsageError

_ENCODING, _ERRORS = "utf-8-sig", "surrogateescape"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PART = 1 << 16


class Readable(Protocol):
    """A stream that gives what there is, and waits only where there is nothing."""

    def read1(self, size: int = ..., /) -> bytes: ...


class Failures:
    """Whether any row of a batch failed, which its exit code tells."""

    def __init__(self) -> None:
        self.has_any = False

    def note(self, error: object) -> None:
        """Note a row's error, if it has one."""
        self.has_any = self.has_any or error is not None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.PARTIAL if self.has_any else ExitCode.OK


def open_batch(source: str, stack: ExitStack) -> TextIO:
    """The batch's lines, undecodable bytes kept as surrogates so that their rows fail alone."""
    if source == "-":
        assert isinstance(sys.stdin, TextIOWrapper)
        sys.stdin.reconfigure(encoding=_ENCODING, errors=_ERRORS, newline="\n")
        return sys.stdin
    try:
        file = Path(source).open(encoding=_ENCODING, errors=_ERRORS, newline="\n")  # noqa: SIM115
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    return stack.enter_context(file)


def open_batch_bytes(source: str, stack: ExitStack) -> Readable:
    """The batch as it comes, for `ready_lines`."""
    if source == "-":
        return sys.stdin.buffer  # type: ignore[return-value]  # buffered, unless somebody replaced it
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    return stack.enter_context(file)


def ready_lines(
    stream: Readable, *, before_waiting: Callable[[], None]
) -> Iterator[list[tuple[int, str]]]:
    """The lines that were ready together, numbered from 1 and without their ends; no empty ones.

    Bytes that are not UTF-8 are kept as surrogates, so that their rows fail alone. `before_waiting`
    is called before more is read, which may take as long as whoever writes it likes.
    """
    rest: list[bytes] = []
    number = 0
    for part in _parts(stream, before_waiting):
        whole, end, begun = part.rpartition(b"\n")
        if not end:
            rest.append(part)
            continue
        texts = b"".join([*rest, whole]).decode("utf-8", _ERRORS).split("\n")
        rest = [begun]
        yield [
            (at, text.rstrip("\r"))
            for at, text in enumerate(texts, start=number + 1)
            if text.strip()
        ]
        number += len(texts)
    last = b"".join(rest).decode("utf-8", _ERRORS)
    if last.strip():
        yield [(number + 1, last.rstrip("\r"))]


def _parts(stream: Readable, before_waiting: Callable[[], None]) -> Iterator[bytes]:
    """What is read at a time, without the mark that a file may begin with."""
    before_waiting()
    start = stream.read1(_PART)
    while 0 < len(start) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(start):
        more = stream.read1(_PART)
        if not more:
            break
        start += more
    part = start.removeprefix(_BYTE_ORDER_MARK) or stream.read1(_PART)
    while part:
        yield part
        before_waiting()
        part = stream.read1(_PART)
