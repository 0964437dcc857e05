"""The document that `-o json` and `-o yaml` print: schema, data, warnings, cursor.

Owns its members and their order, which are a contract. Leaves spelling to `json_text` and
`yaml_text`.
"""

from __future__ import annotations

from grantctl.render.json_text import indented_json
from grantctl.render.style import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from grantctl.render.values import Plain


def write_document(
    stream: TextIO,
    data: Plain,
    *,
    schema: str,
    format: Format,
    warnings: Sequence[str] = (),
    next_cursor: str | None = None,
    assumptions: Sequence[Plain] = (),
) -> None:
    """Write the document as JSON or YAML, in one piece: all of it or, on an error, nothing.

    `assumptions`: under which `data` holds; the member is there only where there are any.
    """
    document = _document(data, schema=schema, warnings=warnings, next_cursor=next_cursor)
    if assumptions:
        document["assumptions"] = list(assumptions)
    if format is Format.YAML:
        from grantctl.render import heavy

        stream.write(heavy.yaml_text(document, stream))
    else:
        stream.write(_json_text(document, stream))


def document_text(stream: TextIO, data: Plain, *, schema: str, warnings: Sequence[str] = ()) -> str:
    """The document as JSON, in what the stream can encode."""
    return _json_text(_document(data, schema=schema, warnings=warnings, next_cursor=None), stream)


def _document(
    data: Plain, *, schema: str, warnings: Sequence[str], next_cursor: str | None
) -> dict[str, Plain]:
    return {
        "schema": schema,
        "data": data,
        "warnings": [str(warning) for warning in warnings],
        "next_cursor": next_cursor,
    }


def _json_text(document: Plain, stream: TextIO) -> str:
    return indented_json(document, stream) + "\n"
