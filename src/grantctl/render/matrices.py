"""A matrix as rows of plain values, for every output that is no picture.

Owns the names of the JSON contract `grantctl.access-matrix/v1`, and the columns of the wide form, a
column a permission or resource, that CSV and tab-separated values have.
"""

from __future__ import annotations

from grantctl.evaluation.matrix import MatrixRow
from grantctl.render.columns import Column, select
from grantctl.render.escape import escape, fit
from grantctl.render.style import Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

USER = "user"
COLUMNS = (
    Column(USER, "User", is_name=True),
    Column("id", "Id"),
    Column("name", "Name"),
    Column("role", "Role"),
    Column("cells", "Cells"),
)


def wide_columns(columns: Sequence[str]) -> tuple[Column, ...]:
    """The user, then a column for each permission or resource."""
    return (COLUMNS[0], *(Column(_title(one), _title(one)) for one in columns))


def write_heading(stream: TextIO, columns: Sequence[Column], style: Style) -> None:
    """Write the titles over tab-separated values, which have none elsewhere: here a cell is nothing
    without its column. Raises UsageError for an unknown field.
    """
    keys = select([column.key for column in columns], style)
    stream.write(fit("\t".join(map(escape, keys)), stream) + "\n")


def wide_rows(columns: Sequence[str], rows: Iterable[MatrixRow]) -> Iterator[dict[str, object]]:
    """A row a user: in each cell the cause in one word."""
    titles = [_title(one) for one in columns]
    for row in rows:
        causes = [cell.cause.value for cell in row.cells]
        yield {USER: row.user.label, **dict(zip(titles, causes, strict=True))}


def cell_rows(columns: Sequence[str], rows: Iterable[MatrixRow]) -> Iterator[dict[str, object]]:
    """A row a user, its cells by permission or resource, each with the decision's own words."""
    for row in rows:
        user = row.user
        yield {
            USER: user.label,
            "id": user.id,
            "name": user.name,
            "role": user.role.value,
            "cells": {
                column: {"allowed": cell.allowed, "cause": cell.cause.value, "detail": cell.words}
                for column, cell in zip(columns, row.cells, strict=True)
            },
        }


def _title(column: str) -> str:
    """The column's key; a permission that is called as the users' own column is told apart."""
    return f"permission {column}" if column == USER else column
