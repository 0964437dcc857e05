"""CSV (RFC 4180) that a spreadsheet may open.

Owns quoting and the neutralising of formulas; loaded on first use, by `heavy`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TextIO

from grantctl.render.escape import escape, fit
from grantctl.render.values import Plain, flat_text

# What makes a spreadsheet run a cell (OWASP, "CSV Injection"), full-width twins included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(stream: TextIO, records: Iterable[dict[str, Plain]], *, keys: Sequence[str]) -> None:
    r"""Write a header of keys and a line for each record, each ended by `\r\n`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_text_cell(key) for key in keys])
    _drain(buffer, stream)
    for record in records:
        writer.writerow([_cell(record[key]) for key in keys])
        _drain(buffer, stream)


def _drain(buffer: io.StringIO, stream: TextIO) -> None:
    stream.write(fit(buffer.getvalue(), stream))
    buffer.seek(0)
    buffer.truncate()


def _cell(value: Plain) -> str:
    """Numbers stay as they are, `-5` too; text is escaped, and marked where it may be run."""
    return _text_cell(value) if isinstance(value, str) else flat_text(value)


def _text_cell(text: str) -> str:
    mark = "'" if text.lstrip(" ").startswith(FORMULA_STARTS) else ""
    return mark + escape(text)
