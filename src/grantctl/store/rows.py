"""One row to one fact, strictly.

Owns what a row must look like. SQLite stores any value in any column, and a damaged or hand-written
file may hold anything: a value that is none of its kind is an error, never a guess, so that damage
is never taken for an "allowed".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from grantctl.errors import DatabaseError
from grantctl.evaluation.facts import Group, Membership, Permission, User
from grantctl.model import Role, Source

Values = Sequence[Any]  # whatever the columns hold: that is what is looked at here

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BAD_VALUE = (TypeError, ValueError, OverflowError)


def user_of(row: Values) -> User:
    """Columns: pk, id, email, name, role. Raises DatabaseError."""
    try:
        return User(
            _number(row[0]), _text(row[1]), _optional_text(row[2]), _text(row[3]), Role(row[4])
        )
    except _BAD_VALUE:
        raise unsound("user") from None


def group_of(row: Values) -> Group:
    """Columns: pk, id, name, parent_pk. Raises DatabaseError."""
    try:
        parent = None if row[3] is None else _number(row[3])
        return Group(_number(row[0]), _text(row[1]), _text(row[2]), parent)
    except _BAD_VALUE:
        raise unsound("group") from None


def permission_of(row: Values) -> Permission:
    """Columns: key, default_allowed, description, restricts, gated_by. Raises DatabaseError."""
    try:
        return Permission(
            _text(row[0]), _boolean(row[1]), _text(row[2]), _boolean(row[3]), _optional_text(row[4])
        )
    except _BAD_VALUE:
        raise unsound("permission") from None


def membership_of(group: int, row: Values) -> Membership:
    """Columns: source, added_by, added_at, expires_at. Raises DatabaseError."""
    try:
        return Membership(
            _number(group), Source(row[0]), _optional_text(row[1]), _moment(row[2]), _moment(row[3])
        )
    except _BAD_VALUE:
        raise unsound("membership") from None


def flag_of(row: Values) -> tuple[tuple[int, str], bool]:
    """Columns: group_pk, key, allowed. Raises DatabaseError."""
    try:
        return (_number(row[0]), _text(row[1])), _boolean(row[2])
    except _BAD_VALUE:
        raise unsound("group's flag") from None


def unsound(noun: str) -> DatabaseError:
    """The error for a stored value that cannot be what it stands for."""
    return DatabaseError(
        f"the database is damaged: the row of a {noun} cannot be understood",
        hint="grantctl db check, or restore it from a copy",
    )


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _boolean(value: Any) -> bool:
    if type(value) not in (int, bool) or value not in (0, 1):
        raise TypeError
    return bool(value)


def _moment(microseconds: Any) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=_number(microseconds))
