"""Rows of flat files in blocks, by columns of text.

Owns their shape. Leaves reading lines of JSON to `flat_json`, CSV to `flat_csv`, and files to
`flat_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grantctl.errors import InvalidError

_MAX_ECHO = 80

Column = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class RowShape:
    """The members that a row may have, and those that it must."""

    members: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def hint(self) -> str:
        return f"a row has {', '.join(self.members)}"

    def require_known(self, names: Iterable[str]) -> None:
        """Raise InvalidError for a member that a row may not have."""
        for name in names:
            if name not in self.members:
                raise InvalidError(f"unknown member `{name[:_MAX_ECHO]}`", hint=self.hint)


@dataclass(frozen=True, slots=True)
class FlatBlock:
    """Some rows of a file, by columns; `lines` says on which line each row stands.

    A column is None where no row of the block has that member; a text is never empty in CSV.
    """

    columns: dict[str, Column]
    lines: Sequence[int]


def decoded(content: bytes, line: int) -> str:
    """The text of a portion of a file that begins on that line. Raises InvalidError."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        place = line + content.count(b"\n", 0, error.start)
        raise InvalidError(f"line {place} is not UTF-8") from None
