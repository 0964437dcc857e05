"""Tokens: issued, listed, and forgotten long after they have expired.

Owns lists and pruning. Leaves the rules of issuing to `token_issue`, API keys to `api_keys`, and
revoking to `token_revocation`, whose names it offers too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete
from sqlmodel import col, select

from grantctl.errors import NotFoundError
from grantctl.evaluation.token_facts import TokenKind
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.pages import Page, PageRequest
from grantctl.operations.token_issue import Signers, TokenOrder, issue_jwt
from grantctl.operations.token_revocation import (
    LeakReport,
    RevokedToken,
    RevokedUserTokens,
    revoke_all,
    revoke_leaked,
    revoke_text,
    revoke_tokens,
)
from grantctl.operations.token_rows import (
    IssuedToken,
    TokenRecord,
    TokenState,
    find_token_row,
    is_in_state,
    page_of_tokens,
    token_record,
)
from grantctl.operations.user_rows import find_user_row
from grantctl.store.credential_tables import TokenRow
from grantctl.store.database import Database
from grantctl.store.session import read_session, reader_of
from grantctl.store.tables import UserRow

if TYPE_CHECKING:
    from grantctl.credentials.secret import HmacSecret

__all__ = [
    "IssuedToken",
    "LeakReport",
    "RevokedToken",
    "RevokedUserTokens",
    "TokenRecord",
    "TokenState",
    "issue_token",
    "list_tokens",
    "prune_tokens",
    "revoke_all",
    "revoke_leaked",
    "revoke_text",
    "revoke_tokens",
    "show_token",
]

# A clock may be wrong by a minute at the most, so until then an expired token could be accepted.
_GRACE = timedelta(minutes=1)


def issue_token(
    database: Database,
    intent: Intent,
    user: str,
    *,
    secret: HmacSecret | None,
    keys: Path,
    ttl: timedelta | None = None,
    name: str = "",
    scope: str | None = None,
    audience: str | None = None,
) -> IssuedToken:
    """Issue a JWT for a user, signed by the active key of the folder `keys`, else by the secret.

    It lives for `ttl`, by default `tokens.default_ttl`. `scope` limits what it may be used for.
    Raises NotFoundError for an unknown user or permission, AmbiguousError, InvalidError for a value
    that none can have, GuardError for a pending user or where nothing can sign, DatabaseError.
    """
    order = TokenOrder(name, ttl, scope, audience)

    def work(change: Change) -> IssuedToken:
        row = find_user_row(change.session, user)
        return issue_jwt(change, row, order, Signers(keys, secret), action="token.issue")

    return perform(database, intent, work)


def list_tokens(
    database: Database,
    request: PageRequest,
    *,
    user: str | None = None,
    kind: TokenKind | None = None,
    state: TokenState | None = None,
    now: datetime | None = None,
) -> Page[TokenRecord]:
    """Tokens in the order of their issue, with their state at `now`, by default this moment.

    Those of a deleted user are found by its id. Raises NotFoundError, AmbiguousError, UsageError,
    DatabaseError.
    """
    moment = now or datetime.now(UTC)
    with read_session(database) as session:
        conditions: list[ColumnElement[bool]] = []
        if user is not None:
            try:
                conditions.append(col(TokenRow.user_pk) == reader_of(session).find_user(user).pk)
            except NotFoundError:
                of_deleted = col(TokenRow.user_id) == user
                if "\0" in user or not user.isprintable():
                    raise
                if session.exec(select(TokenRow.pk).where(of_deleted).limit(1)).first() is None:
                    raise
                conditions.append(of_deleted)
        if kind is not None:
            conditions.append(col(TokenRow.kind) == kind.value)
        if state is not None:
            conditions.append(is_in_state(state, moment))
        return page_of_tokens(session, conditions, request, moment)


def show_token(database: Database, token_id: str, *, now: datetime | None = None) -> TokenRecord:
    """One token. Raises NotFoundError, DatabaseError."""
    with read_session(database) as session:
        row = find_token_row(session, token_id)
        user = None if row.user_pk is None else session.get(UserRow, row.user_pk)
        email = None if user is None else user.email
        return token_record(row, email, now or datetime.now(UTC))


def prune_tokens(database: Database, intent: Intent, *, older_than: timedelta) -> int:
    """Forget tokens that expired longer ago than that; how many there were.

    What never expires is never forgotten: a revoked one stays refused. Raises DatabaseError.
    """

    def work(change: Change) -> int:
        try:
            end = change.now - max(older_than, timedelta(0)) - _GRACE
        except OverflowError:
            return 0
        gone = delete(TokenRow).where(col(TokenRow.expires_at) <= end)
        count = int(change.session.exec(gone).rowcount)
        if count:
            after = {"count": count, "expired_until": end.isoformat()}
            change.record("token.prune", "token", "*", after=after)
        return count

    return perform(database, intent, work)
