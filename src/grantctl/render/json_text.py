"""JSON that is safe in a terminal: the same data, invisible characters as `\\u` escapes.

Owns how JSON is spelled everywhere. Leaves the members of a document to `document`.
"""

from __future__ import annotations

import json
from typing import TextIO

from grantctl.model import is_unprintable
from grantctl.render.escape import is_encodable


def indented_json(value: object, stream: TextIO) -> str:
    """The value over several lines, in what the stream can encode; no line feed at the end.

    Raises ValueError for NaN and infinities.
    """
    return _for_stream(value, stream, indent=2, separators=(",", ": "))


def line_json(value: object, stream: TextIO) -> str:
    """The value on one line, in what the stream can encode."""
    return _for_stream(value, stream, indent=None, separators=(",", ":"))


def compact_json(value: object) -> str:
    """The value on one line, non-ASCII letters as they are."""
    return _printable(_dumps(value, indent=None, separators=(",", ":")))


def _for_stream(
    value: object, stream: TextIO, *, indent: int | None, separators: tuple[str, str]
) -> str:
    text = _printable(_dumps(value, indent=indent, separators=separators))
    if is_encodable(text, stream):
        return text
    return _dumps(value, indent=indent, separators=separators, ensure_ascii=True)


def _dumps(
    value: object, *, indent: int | None, separators: tuple[str, str], ensure_ascii: bool = False
) -> str:
    return json.dumps(
        value, indent=indent, separators=separators, ensure_ascii=ensure_ascii, allow_nan=False
    )


def _printable(text: str) -> str:
    """json.dumps escapes C0 alone; the rest, DEL and bidi controls among it, is done here.

    INVARIANT: outside of strings JSON text holds nothing unprintable but the indent's line feeds,
    so whatever is replaced stands in a string, where `\\u` is an escape.
    """
    return "\n".join(
        line if line.isprintable() else "".join(_spelled(character) for character in line)
        for line in text.split("\n")
    )


def _spelled(character: str) -> str:
    return json.dumps(character)[1:-1] if is_unprintable(character) else character
