"""A text looked for in a column, whatever its case, alike on both engines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, collate, func
from sqlmodel import Session, col

from grantctl.model import require_text

MAX_SEARCH_LENGTH = 254


def require_search(text: str) -> str:
    """The text itself. Raises InvalidError for one that nothing stored could hold."""
    return require_text(text, what="a text to look for", longest=MAX_SEARCH_LENGTH)


def has_text(session: Session, column: Any, text: str) -> ColumnElement[bool]:
    """The condition that a column (any of a table's) holds the text."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    # In Postgres, lower() knows ASCII only under the collation of the column.
    compared = column if is_sqlite else collate(col(column), "default")
    return func.lower(compared).contains(text.lower(), autoescape=True)
