"""JSON that is safe in a terminal: the same data, invisible characters as `\\u` escapes.

Owns how JSON is spelled everywhere. Leaves the members of a document to `document`. It writes as
`json.dumps` does, to which a test holds it; `json` itself would be a third of a check's time.
"""

from __future__ import annotations

from grantctl.model import is_unprintable
from grantctl.render.escape import is_encodable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_INFINITY = float("inf")


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


def ascii_json(value: object) -> str:
    """The value on one line, all in ASCII, spaced as it is read most easily."""
    return _dumps(value, indent=None, separators=(", ", ": "), ensure_ascii=True)


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
    """The value as JSON. Raises ValueError for NaN and infinities, TypeError for what JSON has not.

    An `indent` of None is one line; `separators` stand behind a member, and behind its name.
    """
    writer = _Writer(indent, separators, ensure_ascii=ensure_ascii)
    writer.write(value, "\n")
    return "".join(writer.parts)


class _Writer:
    """Collects the parts of a JSON text."""

    def __init__(
        self, indent: int | None, separators: tuple[str, str], *, ensure_ascii: bool
    ) -> None:
        self.parts: list[str] = []
        self._is_on_lines = indent is not None
        self._indent = " " * (indent or 0)
        self._between, self._behind_name = separators
        self._quoted = _quoted_in_ascii if ensure_ascii else _quoted

    def write(self, value: object, line: str) -> None:
        """Write a value; `line` is what begins the line that it stands on."""
        out = self.parts.append
        if isinstance(value, str):
            out(self._quoted(value))
        elif value is None:
            out("null")
        elif isinstance(value, bool):
            out("true" if value else "false")
        elif isinstance(value, int):
            out(int.__repr__(value))
        elif isinstance(value, float):
            out(_number(value))
        elif isinstance(value, dict):
            self._write_mapping(value, line)
        elif isinstance(value, list | tuple):
            self._write_list(value, line)
        else:
            raise TypeError(f"JSON has no {type(value).__name__}")

    def _write_mapping(self, value: dict[object, object], line: str) -> None:
        inner = line + self._indent
        start = "{" + inner if self._is_on_lines else "{"
        for name, item in value.items():
            if not isinstance(name, str):
                raise TypeError("a name in JSON is text")
            self.parts.append(f"{start}{self._quoted(name)}{self._behind_name}")
            self.write(item, inner)
            start = self._between + inner if self._is_on_lines else self._between
        self._end(value, "{}", line)

    def _write_list(self, value: list[object] | tuple[object, ...], line: str) -> None:
        inner = line + self._indent
        start = "[" + inner if self._is_on_lines else "["
        for item in value:
            self.parts.append(start)
            self.write(item, inner)
            start = self._between + inner if self._is_on_lines else self._between
        self._end(value, "[]", line)

    def _end(self, value: object, brackets: str, line: str) -> None:
        if not value:
            self.parts.append(brackets)
        else:
            self.parts.append(line + brackets[1] if self._is_on_lines else brackets[1])


def _quoted(text: str) -> str:
    if _is_plain(text):
        return f'"{text}"'
    from _json import encode_basestring  # loaded here because few texts need it

    return encode_basestring(text)


def _quoted_in_ascii(text: str) -> str:
    if text.isascii() and _is_plain(text):
        return f'"{text}"'
    from _json import encode_basestring_ascii

    return encode_basestring_ascii(text)


def _is_plain(text: str) -> bool:
    return text.isprintable() and '"' not in text and "\\" not in text


def _number(value: float) -> str:
    if not abs(value) < _INFINITY:
        raise ValueError("JSON has neither NaN nor infinities")
    return float.__repr__(value)


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
    return _quoted_in_ascii(character)[1:-1] if is_unprintable(character) else character
