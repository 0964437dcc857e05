"""One row of tokens or signing keys to one fact, strictly, as `rows` does for all others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from grantctl.errors import DatabaseError
from grantctl.evaluation.token_facts import (
    KeyState,
    SigningKeyFacts,
    StoredToken,
    TokenHolder,
    TokenKind,
    TokenSource,
)
from grantctl.lean import dataclass
from grantctl.store.rows import Values, unsound, user_of

Value = TypeVar("Value")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BAD_VALUE = (TypeError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy setting as the database has it: `value` is what JSON holds, the text itself where
    that is no JSON. `updated_at` is None where no such moment exists."""

    key: str
    value: Any  # whatever JSON holds
    is_json: bool
    updated_at: datetime | None
    updated_by: str


def token_of(row: Values) -> StoredToken:
    """Columns: those of `StoredToken`, in its order. Raises DatabaseError."""
    try:
        return StoredToken(
            pk=_exactly(int, row[0]),
            id=_exactly(str, row[1]),
            kind=TokenKind(row[2]),
            user_id=_exactly(str, row[3]),
            name=_exactly(str, row[4]),
            scope=_exactly(str, row[5]),
            audience=_optional_text(row[6]),
            kid=_optional_text(row[7]),
            hint=_optional_text(row[8]),
            source=TokenSource(row[9]),
            issued_at=_moment(row[10]),
            issued_by=_exactly(str, row[11]),
            expires_at=_optional_moment(row[12]),
            last_used_at=_optional_moment(row[13]),
            revoked_at=_optional_moment(row[14]),
            revoked_by=_optional_text(row[15]),
            revoke_reason=_optional_text(row[16]),
        )
    except _BAD_VALUE:
        raise unsound("token") from None


def holder_of(row: Values) -> TokenHolder | None:
    """Columns: pk, id, email, name, role, tokens_revoked_at. None where the user is gone.

    Raises DatabaseError.
    """
    if row[0] is None:
        return None
    try:
        return TokenHolder(user_of(row), _optional_moment(row[5]))
    except _BAD_VALUE:
        raise unsound("user") from None


def signing_key_of(row: Values) -> SigningKeyFacts:
    """Columns: those of `SigningKeyFacts`, in its order. Raises DatabaseError."""
    try:
        return SigningKeyFacts(
            kid=_exactly(str, row[0]),
            algorithm=_exactly(str, row[1]),
            public_jwk=_json_object(row[2]),
            state=KeyState(row[3]),
            created_at=_moment(row[4]),
            created_by=_exactly(str, row[5]),
            ended_at=_optional_moment(row[6]),
        )
    except (*_BAD_VALUE, RecursionError):
        raise unsound("signing key") from None


def policy_of(value: str | float) -> Any:  # Any: whatever JSON holds
    """A policy setting as SQLite keeps it: JSON's text, or a number. Raises DatabaseError."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise unsound("policy setting") from None


def stored_policy_of(row: Values, *, is_text: bool) -> StoredPolicy:
    """Columns: those of `StoredPolicy`; its value is JSON's text where `is_text`. Never raises."""
    key, value, updated_at, updated_by = row
    is_json = True
    if is_text:
        try:
            value = policy_of(value)
        except DatabaseError:
            is_json = False
    try:
        moment = _optional_moment(updated_at)
    except _BAD_VALUE:
        moment = None
    return StoredPolicy(str(key), value, is_json, moment, str(updated_by))


def _json_object(value: Any) -> Mapping[str, Any]:
    """Postgres hands over the value, SQLite its text."""
    return _exactly(dict, json.loads(value) if isinstance(value, str) else value)


def _exactly(kind: type[Value], value: Any) -> Value:
    if type(value) is not kind:
        raise TypeError
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _exactly(str, value)


def _moment(value: Any) -> datetime:
    return _EPOCH + timedelta(microseconds=_exactly(int, value))


def _optional_moment(value: Any) -> datetime | None:
    return None if value is None else _moment(value)
