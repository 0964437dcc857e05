"""The formats of flat rows: users and memberships in a file.

Owns telling them apart. Leaves reading to `flat_rows`; command lines import this alone.
"""

from __future__ import annotations

from grantctl.errors import InvalidError
from grantctl.lean import StrEnum


class FlatFormat(StrEnum):
    """What users and memberships are imported from."""

    NDJSON = "ndjson"
    CSV = "csv"


_ENDINGS = {
    ".ndjson": FlatFormat.NDJSON,
    ".jsonl": FlatFormat.NDJSON,
    ".csv": FlatFormat.CSV,
}


def format_of(name: str, start: bytes, column: str) -> FlatFormat:
    """The format of a file: by its name's ending, else by how it begins.

    `column` is one that CSV of this kind has in its first line. An empty file has no rows, in any
    format. Raises InvalidError where neither tells.
    """
    found = _ENDINGS.get(name[name.rfind(".") :].lower()) if "." in name else None
    if found is not None:
        return found
    text = start.lstrip()
    if not text or text.startswith(b"{"):
        return FlatFormat.NDJSON
    if column.encode() in text.partition(b"\n")[0]:
        return FlatFormat.CSV
    raise InvalidError(
        "the file is neither lines of JSON nor CSV with a header",
        hint="say what it is: --format ndjson or csv",
    )
