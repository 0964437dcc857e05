"""Rows of tokens: found, and shown as plain values.

Owns these values. Leaves what may be issued and revoked to `tokens` and `api_keys`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from grantctl.errors import NotFoundError
from grantctl.evaluation.token_facts import StoredToken, TokenKind, TokenSource
from grantctl.operations.chunks import in_chunks
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.store.credential_tables import TokenRow
from grantctl.store.tables import UserRow

_MAX_ECHO = 80


class TokenState(StrEnum):
    """What a token is at a moment; one that was revoked stays so when it expires."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as lists show it. `user` is the e-mail of whom it stands for, else the id."""

    token: StoredToken
    user: str
    state: TokenState


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `text` is the secret itself: it is shown once, and kept nowhere."""

    text: str = field(repr=False)
    token: StoredToken


def stored_token(row: TokenRow) -> StoredToken:
    """The plain value of a row."""
    return StoredToken(
        pk=row.pk,
        id=row.id,
        kind=TokenKind(row.kind),
        user_id=row.user_id,
        name=row.name,
        scope=row.scope,
        audience=row.audience,
        kid=row.key_kid,
        hint=row.key_hint,
        source=TokenSource(row.source),
        issued_at=row.issued_at,
        issued_by=row.issued_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        revoke_reason=row.revoke_reason,
    )


def token_record(row: TokenRow, email: str | None, now: datetime) -> TokenRecord:
    """The row as lists show it at that moment."""
    if row.revoked_at is not None:
        state = TokenState.REVOKED
    elif row.expires_at is not None and row.expires_at <= now:
        state = TokenState.EXPIRED
    else:
        state = TokenState.ACTIVE
    return TokenRecord(stored_token(row), email or row.user_id, state)


def is_in_state(state: TokenState, now: datetime) -> ColumnElement[bool]:
    """The condition that a row is in that state at that moment."""
    revoked_at, expires_at = col(TokenRow.revoked_at), col(TokenRow.expires_at)
    if state is TokenState.REVOKED:
        return revoked_at.is_not(None)
    is_over = expires_at <= now
    if state is TokenState.EXPIRED:
        return and_(revoked_at.is_(None), is_over)
    return and_(revoked_at.is_(None), or_(expires_at.is_(None), expires_at > now))


def page_of_tokens(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    request: PageRequest,
    now: datetime,
) -> Page[TokenRecord]:
    """The tokens for which all of this is so, in the order of their issue.

    Raises UsageError for a wrong cursor.
    """
    query = (
        select(TokenRow, UserRow.email)
        .outerjoin(UserRow, col(UserRow.pk) == col(TokenRow.user_pk))
        .where(col(TokenRow.pk) > request.after, *conditions)
        .order_by(col(TokenRow.pk))
    )
    if request.limit is not None:
        query = query.limit(request.limit + 1)
    records = [(row.pk, token_record(row, email, now)) for row, email in session.exec(query)]
    return cut(records, request)


def find_token_row(session: Session, token_id: str) -> TokenRow:
    """The token of that id. Raises NotFoundError."""
    return find_token_rows(session, [token_id])[0]


def find_token_rows(session: Session, token_ids: Sequence[str]) -> list[TokenRow]:
    """The tokens of these ids in this order, each once.

    Raises NotFoundError that names every one that there is not.
    """
    wanted = list(dict.fromkeys(token_ids))
    storable = [one for one in wanted if _is_storable(one)]
    rows: dict[str, TokenRow] = {}
    for part in in_chunks(storable):
        found = session.exec(select(TokenRow).where(col(TokenRow.id).in_(part)))
        rows |= {row.id: row for row in found}
    unknown = [f"`{one[:_MAX_ECHO]}`" for one in wanted if one not in rows]
    if unknown:
        noun = "token" if len(unknown) == 1 else "tokens"
        raise NotFoundError(f"no {noun} {', '.join(unknown)}", hint="grantctl tokens list")
    return [rows[one] for one in wanted]


def token_facts(row: TokenRow) -> dict[str, Any]:
    """What the audit log keeps of a token: neither the key nor its hash."""
    expires_at = None if row.expires_at is None else row.expires_at.isoformat()
    return {
        "kind": row.kind,
        "user": row.user_id,
        "name": row.name,
        "scope": row.scope,
        "audience": row.audience,
        "kid": row.key_kid,
        "hint": row.key_hint,
        "expires_at": expires_at,
    }


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)
