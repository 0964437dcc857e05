"""How an answer is to look: the format, the fields, the width and whether colour is used.

Owns what the options, the environment and the stream say about it. Leaves the order of flag,
variable and file to `config`, and the drawing to the formats.
"""

from __future__ import annotations

import os

from grantctl.config import COLORS, choices_hint
from grantctl.errors import UsageError
from grantctl.lean import StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

DEFAULT_WIDTH = 80
MIN_WIDTH = 20
MAX_WIDTH = 10_000
MAX_ECHO = 60


class Format(StrEnum):
    """The output formats."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    YAML = "yaml"
    CSV = "csv"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Style:
    """How one answer is to look. `fields` empty: all of them; `width` in columns."""

    format: Format
    fields: tuple[str, ...] = ()
    is_terminal: bool = False
    use_color: bool = False
    width: int = DEFAULT_WIDTH


def detect_style(
    stream: TextIO,
    *,
    output: str | None,
    fields: str | None,
    color: str,
    environ: Mapping[str, str],
) -> Style:
    """The style for a stream, from the options and from NO_COLOR, TERM and COLUMNS.

    `output` None or empty is a table; `fields` is a list with commas; `color` is `auto`, `always`
    or `never`. Raises UsageError for an unknown format or colour and for a broken list of fields;
    whether the fields exist, `columns.select` says later.
    """
    is_terminal = _is_terminal(stream)
    return Style(
        format=_parse_format(output or Format.TABLE),
        fields=() if fields is None else _parse_fields(fields),
        is_terminal=is_terminal,
        use_color=_wants_color(color, is_terminal, environ),
        width=_width(stream, environ),
    )


def _parse_format(text: str) -> Format:
    try:
        return Format(text)
    except ValueError:
        raise UsageError(
            f"no output format `{text[:MAX_ECHO]}`", hint=choices_hint(text, tuple(Format))
        ) from None


def _parse_fields(text: str) -> tuple[str, ...]:
    fields = tuple(field.strip() for field in text.split(","))
    if "" in fields:
        raise UsageError("`--fields` holds an empty name", hint="e.g. --fields id,name")
    twice = _first_twin(fields)
    if twice is not None:
        raise UsageError(f"`--fields` names `{twice[:MAX_ECHO]}` twice")
    return fields


def _first_twin(fields: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for field in fields:
        if field in seen:
            return field
        seen.add(field)
    return None


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # the stream is closed
        return False


def _wants_color(color: str, is_terminal: bool, environ: Mapping[str, str]) -> bool:
    """An explicit choice beats the environment (https://no-color.org)."""
    if color not in COLORS:
        raise UsageError(f"no colour mode `{color[:MAX_ECHO]}`", hint=choices_hint(color, COLORS))
    if color != "auto":
        return color == "always"
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    """COLUMNS if it is a positive number, else the terminal's; kept within sane bounds."""
    try:
        columns = int(environ.get("COLUMNS", ""))
    except ValueError:  # absent, no number, or one of more digits than int() takes
        columns = 0
    if columns <= 0:
        columns = _terminal_width(stream)
    return min(max(columns, MIN_WIDTH), MAX_WIDTH)


def _terminal_width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except (OSError, ValueError):  # no terminal, no file descriptor, or closed
        return DEFAULT_WIDTH
