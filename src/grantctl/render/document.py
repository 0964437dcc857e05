"""The document that `-o json` and `-o yaml` print: schema, data, warnings, cursor.

Owns its members and their order, which are a contract. Leaves spelling to `json_text` and
`yaml_text`.
"""

from __future__ import annotations

from grantctl.render import heavy
from grantctl.render.json_text import indented_json
from grantctl.render.style import Format
from grantctl.render.values import Plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO


def write_document(
    stream: TextIO,
    data: Plain,
    *,
    schema: str,
    format: Format,
    warnings: Sequence[str] = (),
    next_cursor: str | None = None,
) -> None:
    """Write the document as JSON or YAML, in one piece: all of it or, on an error, nothing."""
    document: dict[str, Plain] = {
        "schema": schema,
        "data": data,
        "warnings": [str(warning) for warning in warnings],
        "next_cursor": next_cursor,
    }
    if format is Format.YAML:
        stream.write(heavy.yaml_text(document, stream))
    else:
        stream.write(indented_json(document, stream) + "\n")
