"""The rows of users in a file: e-mail, and if given name, role and id.

Owns what each may be. Leaves reading the file to `flat_rows`, and what becomes of a row to
`operations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grantctl.errors import InvalidError
from grantctl.interop.flat_blocks import Column, FlatBlock, RowShape
from grantctl.interop.flat_rows import FlatFile
from grantctl.interop.flat_texts import checked_texts, each
from grantctl.model import (
    EVERYONE_ID,
    MAX_EMAIL_LENGTH,
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    Role,
    normalize_email,
    parse_role,
    require_text,
)

USER_SHAPE = RowShape(members=("email", "name", "role", "id"), required=("email",))

# Addresses that are kept as they are: what `normalize_email` makes of one is the same.
_PLAIN_EMAILS = re.compile(r"(?:[!-?\[-~]++@[!-?\[-~]++\n)*+")
_ROLES = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class UserBlock:
    """Some rows; `emails` as they are kept. Of the other columns a text may be None, or all be."""

    emails: Sequence[str]
    names: Column | None
    roles: Column | None
    ids: Column | None
    lines: Sequence[int]


def user_blocks(file: FlatFile) -> Iterator[UserBlock]:
    """The users of a file, once. Raises InvalidError with the line of the first fault."""
    for block in file.blocks():
        columns, lines = block.columns, block.lines
        yield UserBlock(
            emails=_emails(block),
            names=_checked(columns.get("name"), lines, what="a name", longest=MAX_NAME_LENGTH),
            roles=_roles(columns.get("role"), lines),
            ids=_ids(columns.get("id"), lines),
            lines=lines,
        )


def _emails(block: FlatBlock) -> Sequence[str]:
    found: list[str] = [text for text in block.columns["email"] if text is not None]
    joined = "\n".join(found) + "\n"
    if (
        joined.count("\n") == len(found)  # no address holds one
        and max(map(len, found)) <= MAX_EMAIL_LENGTH
        and _PLAIN_EMAILS.fullmatch(joined)
    ):
        return found
    return [text for text in each(found, block.lines, normalize_email) if text is not None]


def _checked(
    column: Column | None, lines: Sequence[int], *, what: str, longest: int
) -> Column | None:
    if column is None:
        return None
    return checked_texts(column, lines, what=what, longest=longest)


def _roles(column: Column | None, lines: Sequence[int]) -> Column | None:
    if column is not None and not set(column) <= {*_ROLES, None}:
        each(column, lines, parse_role)
    return column


def _ids(column: Column | None, lines: Sequence[int]) -> Column | None:
    if column is None:
        return None
    texts = "\n".join(text for text in column if text is not None)
    if "@" in texts or EVERYONE_ID in texts:
        each(column, lines, _require_id)
    return checked_texts(column, lines, what="an id", longest=MAX_ID_LENGTH)


def _require_id(text: str) -> str:
    """The id, unless it would be taken for everyone, or for somebody's address."""
    if text == EVERYONE_ID or "@" in text:
        other = "everyone" if text == EVERYONE_ID else "an e-mail address"
        raise InvalidError(f"the id `{text[:80]}` would stand for {other}")
    return require_text(text, what="an id", longest=MAX_ID_LENGTH)
