"""The rows of memberships in a file: user, group, and if given the end.

Owns what each may be. Leaves reading the file to `flat_rows`, and whom a row means to `operations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grantctl.errors import InvalidError
from grantctl.interop.flat_blocks import Column, RowShape
from grantctl.interop.flat_rows import FlatFile
from grantctl.interop.flat_texts import checked_texts, each
from grantctl.model import MAX_ID_LENGTH

MEMBERSHIP_SHAPE = RowShape(members=("user", "group", "expires_at"), required=("user", "group"))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ECHO = 60


@dataclass(frozen=True, slots=True)
class MembershipBlock:
    """Some rows: words for a user and a group, and the end in microseconds since 1970.

    An end is None where a row has none, all of them where no row of the block has one.
    """

    users: Sequence[str]
    groups: Sequence[str]
    ends: Sequence[int | None] | None
    lines: Sequence[int]


def membership_blocks(file: FlatFile, *, now: int) -> Iterator[MembershipBlock]:
    """The memberships of a file, once; an end has to come after `now`.

    Raises InvalidError with the line of the first fault.
    """
    for block in file.blocks():
        columns, lines = block.columns, block.lines
        yield MembershipBlock(
            users=_references(columns["user"], lines, what="a user"),
            groups=_references(columns["group"], lines, what="a group"),
            ends=_ends(columns.get("expires_at"), lines, now),
            lines=lines,
        )


def _references(column: Column, lines: Sequence[int], *, what: str) -> Sequence[str]:
    checked: Sequence[str] = checked_texts(  # type: ignore[assignment]  # a member that must be
        column, lines, what=what, longest=MAX_ID_LENGTH
    )
    return checked


def _ends(column: Column | None, lines: Sequence[int], now: int) -> Sequence[int | None] | None:
    if column is None:
        return None
    known: dict[str | None, int | None] = {None: None}

    def rule(text: str) -> str:
        if text not in known:
            known[text] = _end_of(text, now)
        return text

    each(column, lines, rule)  # few ends are different, so that this is quick
    return None if len(known) == 1 else [known[text] for text in column]


def _end_of(text: str, now: int) -> int:
    """Microseconds since 1970 of an ISO 8601 date or time, in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
        is_naive = moment.tzinfo is None
        # In UTC it may be in no year that there is: that could be stored, and never be read.
        aware = moment.replace(tzinfo=UTC) if is_naive else moment.astimezone(UTC)
        end = (aware - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise InvalidError(
            f"`{text[:_MAX_ECHO]}` is no date or time",
            hint="e.g. 2030-12-31 (its start in UTC) or 2030-12-31T18:00+02:00",
        ) from None
    if end <= now:
        raise InvalidError("a membership cannot expire in the past")
    return end
