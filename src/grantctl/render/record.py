"""One object, in every format.

Owns its layout as lines of `key: value`, without Rich. Leaves lists of objects to `rows`, and
warnings in the formats without a place for them to the caller, who prints them on stderr.
"""

from __future__ import annotations

from grantctl.render import heavy
from grantctl.render.columns import select, select_name
from grantctl.render.document import write_document
from grantctl.render.escape import escape, fit
from grantctl.render.json_text import line_json
from grantctl.render.style import Format, Style
from grantctl.render.values import Plain, cell_text, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

INDENT = "  "
ITEM = "- "
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def write_record(
    stream: TextIO,
    record: Mapping[str, object],
    *,
    schema: str,
    style: Style,
    name_key: str,
    warnings: Sequence[str] = (),
    next_cursor: str | None = None,
) -> None:
    """Write the object in the style's format; `name_key` is what `-o name` prints.

    `warnings` and `next_cursor` appear in JSON and YAML only. Raises UsageError for an unknown
    field, before anything is written; ValueError and TypeError for values that `plain` refuses.
    """
    known = list(record)
    is_name = style.format is Format.NAME
    keys = (select_name(known, name_key, style),) if is_name else select(known, style)
    data = {key: plain(record[key]) for key in keys}
    match style.format:
        case Format.JSON | Format.YAML:
            write_document(
                stream,
                data,
                schema=schema,
                format=style.format,
                warnings=warnings,
                next_cursor=next_cursor,
            )
        case Format.NDJSON:
            stream.write(line_json(data, stream) + "\n")
        case Format.CSV:
            heavy.write_csv(stream, [data], keys=keys)
        case Format.NAME:
            stream.write(fit(cell_text(data[keys[0]]), stream) + "\n")
        case Format.TABLE:
            lines = _mapping_lines(data, "", use_color=style.use_color)
            stream.write(fit("".join(f"{line}\n" for line in lines), stream))


def _mapping_lines(data: Mapping[str, Plain], indent: str, *, use_color: bool) -> Iterator[str]:
    """`key: value`, the values under one another; what is nested follows, indented."""
    single = [escape(key) for key, value in data.items() if not _is_nested(value)]
    width = max(map(len, single), default=0)
    for key, value in data.items():
        label = escape(key)
        title = f"{indent}{BOLD}{label}:{PLAIN}" if use_color else f"{indent}{label}:"
        if _is_nested(value):
            yield title
            yield from _nested_lines(value, indent + INDENT, use_color=use_color)
        else:
            text = cell_text(value)
            yield f"{title}{' ' * (width - len(label) + 1)}{text}" if text else title


def _nested_lines(value: Plain, indent: str, *, use_color: bool) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _mapping_lines(value, indent, use_color=use_color)
    elif isinstance(value, list):
        for item in value:
            yield from _item_lines(item, indent, use_color=use_color)


def _item_lines(item: Plain, indent: str, *, use_color: bool) -> Iterator[str]:
    """An item of a list; one that has parts of its own is marked with a dash on its first line."""
    if not _is_nested(item):
        yield indent + cell_text(item)
        return
    for number, line in enumerate(_nested_lines(item, indent + INDENT, use_color=use_color)):
        yield line if number else f"{indent}{ITEM}{line.removeprefix(indent + INDENT)}"


def _is_nested(value: Plain) -> bool:
    """Whether the value takes lines of its own; an empty list or mapping takes none."""
    return isinstance(value, list | dict) and bool(value)
