"""Lines of JSON as blocks of columns.

Owns strictness: nothing is accepted that a strict reader of single lines refuses. A block whose
rows are beyond doubt is parsed in one go, for a parser's start takes as long as a short row does;
any other block is read line by line, which finds what is wrong and where.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import NoneType
from typing import Any

from grantctl.errors import InvalidError
from grantctl.interop.flat_blocks import Column, FlatBlock, RowShape, decoded
from grantctl.interop.strict_json import parse_json, require_sound

_TEXTS = {str, NoneType}


def json_blocks(contents: Iterator[bytes], shape: RowShape) -> Iterator[FlatBlock]:
    """The rows of a file that comes in portions of whole lines. Raises InvalidError."""
    line = 1
    for content in contents:
        text = decoded(content, line)
        columns = _columns_at_once(text, shape)
        if columns is None:
            yield from _line_by_line(text, line, shape)
        else:
            count = len(next(iter(columns.values())))
            yield FlatBlock(columns, range(line, line + count))
        line += text.count("\n")


def _columns_at_once(text: str, shape: RowShape) -> dict[str, Column] | None:
    """The columns of lines that are beyond doubt an object each, flat, no member twice.

    Where every line begins and ends an object, all values are texts or null, and there are as many
    rows as lines, each line is a row. A member that stands twice shows in the number of quotes.
    """
    body = text.replace("\r\n", "\n").rstrip("\n")
    count = body.count("\n") + 1
    is_plain = body.startswith("{") and body.endswith("}") and body.count("}\n{") == count - 1
    if not is_plain or '\\"' in body:
        return None
    try:
        # A line end within a text would be a fault: a comma alone would hide it.
        rows = json.loads("[" + body.replace("\n", ",\n") + "]")
    except (ValueError, RecursionError):
        return None
    if len(rows) != count or set(map(type, rows)) != {dict}:
        return None
    columns = _columns_of(rows, shape)
    if columns is None or not all(_TEXTS.issuperset(map(type, one)) for one in columns.values()):
        return None
    texts = sum(len(one) - one.count(None) for one in columns.values())
    return columns if body.count('"') == 2 * (sum(map(len, rows)) + texts) else None


def _columns_of(rows: list[dict[str, Any]], shape: RowShape) -> dict[str, Column] | None:
    """None where a row has a member that it may not have, or none at all."""
    kinds = set(map(tuple, rows))
    names = set().union(*kinds)
    if not names or not names.issubset(shape.members):
        return None
    if len(kinds) == 1:
        columns = zip(*map(dict.values, rows), strict=True)
        return dict(zip(kinds.pop(), columns, strict=True))
    return {name: [row.get(name) for row in rows] for name in names}


def _line_by_line(text: str, line: int, shape: RowShape) -> Iterator[FlatBlock]:
    lines: list[int] = []
    rows: list[dict[str, str | None]] = []
    for number, one in enumerate(text.split("\n"), start=line):
        if one.strip():
            rows.append(_row_of(one, number, shape))
            lines.append(number)
    if rows:
        yield FlatBlock({name: [row.get(name) for row in rows] for name in shape.members}, lines)


def _row_of(text: str, line: int, shape: RowShape) -> dict[str, str | None]:
    try:
        parsed = parse_json(text)
    except (ValueError, RecursionError):
        raise InvalidError(f"line {line} is not JSON") from None
    row = parsed.value
    try:
        if not parsed.is_sound:
            require_sound(row)
        if not isinstance(row, dict):
            raise InvalidError("it is no object", hint=shape.hint)
        shape.require_known(row)
        for name, value in row.items():
            if type(value) not in _TEXTS:
                raise InvalidError(f"`{name}` is no text")
    except InvalidError as error:
        raise InvalidError(f"line {line}: {error.message}", hint=error.hint) from None
    return row
