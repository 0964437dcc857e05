"""Lists: many rows of the same shape, in every format.

Owns which columns are shown and how each format lays out a list. Leaves one object to `record`,
and warnings in the formats without a place for them to the caller, who prints them on stderr.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from grantctl.render import heavy
from grantctl.render.columns import Column, select, select_name
from grantctl.render.decisions import Document
from grantctl.render.document import write_document
from grantctl.render.escape import escape, fit
from grantctl.render.json_text import line_json
from grantctl.render.style import Format, Style
from grantctl.render.values import Plain, cell_text, plain

__all__ = ["Column", "write_rows"]


def write_rows(
    stream: TextIO,
    rows: Iterable[Mapping[str, object]],
    *,
    schema: str,
    columns: Sequence[Column],
    style: Style,
    warnings: Sequence[str] = (),
    next_cursor: str | None = None,
    headline: str = "",
    assumptions: Sequence[Document] = (),
) -> None:
    """Write the rows in the style's format.

    The columns are the whole of what may be shown: a key of a row that is no column is never
    printed, a column that a row lacks is null. `warnings`, `next_cursor` and `assumptions` appear
    in JSON and YAML only, `headline` above a table on a terminal. Raises UsageError for an unknown
    field, before anything is read or written; ValueError and TypeError for values that `plain`
    refuses.
    """
    keys = _select_keys(columns, style)
    records = _records(rows, keys)
    match style.format:
        case Format.JSON | Format.YAML:
            write_document(
                stream,
                list(records),
                schema=schema,
                format=style.format,
                warnings=warnings,
                next_cursor=next_cursor,
                assumptions=[plain(one) for one in assumptions],
            )
        case Format.NDJSON:
            _write_lines(stream, (line_json(record, stream) for record in records), style)
        case Format.CSV:
            heavy.write_csv(stream, records, keys=keys)
        case Format.NAME:
            _write_lines(stream, (cell_text(record[keys[0]]) for record in records), style)
        case Format.TABLE if style.is_terminal:
            by_key = {column.key: column for column in columns}
            stream.write(f"{fit(escape(headline), stream)}\n\n" if headline else "")
            heavy.write_table(stream, records, columns=[by_key[key] for key in keys], style=style)
        case Format.TABLE:
            lines = ("\t".join(cell_text(value) for value in record.values()) for record in records)
            _write_lines(stream, lines, style)


def _select_keys(columns: Sequence[Column], style: Style) -> tuple[str, ...]:
    known = [column.key for column in columns]
    if style.format is Format.NAME:
        name = next((column.key for column in columns if column.is_name), known[0])
        return (select_name(known, name, style),)
    if style.format is Format.TABLE and not style.fields:
        return tuple(column.key for column in columns if not column.is_extra)
    return select(known, style)


def _records(
    rows: Iterable[Mapping[str, object]], keys: Sequence[str]
) -> Iterator[dict[str, Plain]]:
    return ({key: plain(row.get(key)) for key in keys} for row in rows)


def _write_lines(stream: TextIO, lines: Iterable[str], style: Style) -> None:
    """Write line by line, as they come; at once where somebody is watching."""
    for line in lines:
        stream.write(fit(line, stream) + "\n")
        if style.is_terminal:
            stream.flush()
