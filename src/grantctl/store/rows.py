"""One row to one fact, strictly.

Owns what a row must look like. SQLite stores any value in any column, and a damaged or hand-written
file may hold anything: a value that is none of its kind is an error, never a guess, so that damage
is never taken for an "allowed".
"""

from __future__ import annotations

from grantctl.errors import DatabaseError
from grantctl.evaluation.facts import (
    AccessGrant,
    Group,
    Membership,
    Permission,
    Resource,
    User,
)
from grantctl.model import EVERYONE_ID, PrincipalType, ResourceRef, Role, Source
from grantctl.moments import UTC, datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

Values: TypeAlias = "Sequence[Any]"  # whatever the columns hold: that is what is looked at here

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BAD_VALUE = (TypeError, ValueError, OverflowError)


def microseconds_of(moment: datetime) -> int:
    """An aware time as the tables have it, in microseconds since 1970: the reverse of reading."""
    return (moment - EPOCH) // timedelta(microseconds=1)


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


def resource_of(row: Values) -> Resource:
    """The resource alone, without base and grants.

    Columns: pk, type, id, name, is_public, owner_pk, the owner's id and e-mail, missing_owner.
    Raises DatabaseError.
    """
    try:
        owner, owner_id, email = row[5], _optional_text(row[6]), _optional_text(row[7])
        if owner is not None and owner_id is None:  # its user was deleted past grantctl
            owner, owner_id = None, f"#{_number(row[5])}"
        return Resource(
            pk=_number(row[0]),
            ref=ResourceRef(_text(row[1]), _text(row[2])),
            name=_text(row[3]),
            is_public=_boolean(row[4]),
            owner=None if owner is None else _number(owner),
            owner_id=owner_id or _optional_text(row[8]),
            owner_name=email or owner_id,
        )
    except _BAD_VALUE:
        raise unsound("resource") from None


def grant_of(row: Values) -> AccessGrant:
    """Columns: action, principal_type, user_pk, the user's id and e-mail, group_pk, the group's id
    and name, missing_id. Raises DatabaseError.
    """
    try:
        action, kind = _text(row[0]), PrincipalType(row[1])
        if kind is PrincipalType.EVERYONE:
            return AccessGrant(action, kind, EVERYONE_ID)
        is_user = kind is PrincipalType.USER
        pk, id_, name = row[2:5] if is_user else row[5:8]
        if id_ is None:  # nobody has it, or its user or group was deleted past grantctl
            missing = _text(row[8]) if pk is None else f"#{_number(pk)}"
            return AccessGrant(action, kind, missing)
        return AccessGrant(action, kind, _text(id_), _number(pk), _optional_text(name) or id_)
    except _BAD_VALUE:
        raise unsound("access grant") from None


def policy_flag_of(value: Any) -> bool:
    """A policy setting that is true or false: JSON's text on SQLite, a value on Postgres.

    Raises DatabaseError.
    """
    known = {"true": True, "false": False, True: True, False: False}
    try:
        return known[value]
    except (KeyError, TypeError):
        raise unsound("policy setting") from None


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
    return None if microseconds is None else EPOCH + timedelta(microseconds=_number(microseconds))
