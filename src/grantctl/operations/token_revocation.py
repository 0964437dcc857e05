"""Tokens revoked: by their ids, by whom they stand for, by a text that holds them.

Owns what is revoked and what is kept of it. A token is revoked by its id, whatever named it: a
JWT's text has twins, its `jti` has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from grantctl import credentials
from grantctl.credentials.reasons import TokenError
from grantctl.errors import InvalidError, NotFoundError
from grantctl.evaluation.token_facts import StoredToken, TokenKind, TokenSource
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.token_endings import end_tokens
from grantctl.operations.token_rows import find_token_rows, stored_token, token_facts
from grantctl.operations.token_verdict import OPENWEBUI
from grantctl.operations.user_rows import find_user_row
from grantctl.store.credential_tables import TokenRow
from grantctl.store.database import Database
from grantctl.store.session import reader_of

if TYPE_CHECKING:
    from grantctl.credentials.secret import HmacSecret

_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RevokedToken:
    """A token that is revoked now, and whether it was before."""

    token: StoredToken
    was_revoked: bool


@dataclass(frozen=True, slots=True)
class RevokedUserTokens:
    """How many stored tokens of a user a cut revoked; what is not stored ended too."""

    user: str
    count: int
    revoked_at: datetime


@dataclass(frozen=True, slots=True)
class LeakReport:
    """What a leaked text held: tokens of ours, and how many that are unknown here."""

    tokens: tuple[RevokedToken, ...]
    unknown_count: int


def revoke_tokens(
    database: Database, intent: Intent, token_ids: Sequence[str]
) -> list[RevokedToken]:
    """Revoke tokens, JWTs and API keys, for good; all of them or none. Twice is no error.

    Raises NotFoundError that names every one that there is not.
    """

    def work(change: Change) -> list[RevokedToken]:
        rows = find_token_rows(change.session, token_ids)
        return [revoke_row(change, row) for row in rows]

    return perform(database, intent, work)


def revoke_all(
    database: Database, intent: Intent, user: str, *, api_keys: bool = True
) -> RevokedUserTokens:
    """Revoke every token of a user that was issued until now, and none that is issued later.

    Sessions of Open WebUI end too, of which nothing is stored. Raises NotFoundError,
    AmbiguousError, DatabaseError.
    """

    def work(change: Change) -> RevokedUserTokens:
        row = find_user_row(change.session, user)
        why = change.intent.reason or "all tokens of its user were revoked"
        count = end_tokens(change, row, why, api_keys=api_keys)
        after = {"count": count, "api_keys": api_keys}
        change.record("token.revoke_all", "user", row.id, after=after)
        assert row.tokens_revoked_at is not None
        return RevokedUserTokens(row.email or row.id, count, row.tokens_revoked_at)

    return perform(database, intent, work)


def revoke_text(
    database: Database, intent: Intent, text: str, *, secret: HmacSecret | None = None
) -> RevokedToken:
    """Revoke the token of that text, by the id or the hash under which it is known.

    A session of Open WebUI, of which nothing is stored, is revoked too if `secret` signed it and it
    has a `jti`. Raises InvalidError for a text that is no token, NotFoundError for one that is
    unknown here.
    """
    token = text.strip()
    lookup = _lookup(token)
    if lookup is None:
        raise InvalidError("the text is no token that could be known here")

    def work(change: Change) -> RevokedToken:
        row = change.session.exec(select(TokenRow).where(lookup)).first()
        row = _session_row(change, token, secret) if row is None else row
        if row is None:
            raise NotFoundError(
                "no such token was issued here",
                hint="all of its user's: grantctl tokens revoke --all-of USER",
            )
        return revoke_row(change, row)

    return perform(database, intent, work)


def revoke_leaked(database: Database, intent: Intent, text: str) -> LeakReport:
    """Revoke every token that a text holds anywhere: a log, a commit, a mail.

    Raises InvalidError for a text that is too long, DatabaseError.
    """
    lookups = [_lookup(one.text) for one in credentials.api_keys.find_tokens(text)]

    def work(change: Change) -> LeakReport:
        rows: dict[int, TokenRow] = {}
        unknown = 0
        for lookup in lookups:
            found = None
            if lookup is not None:
                found = change.session.exec(select(TokenRow).where(lookup)).first()
            if found is None:
                unknown += 1
            else:
                rows[found.pk] = found
        revoked = [revoke_row(change, row, "it was found in a text") for row in rows.values()]
        return LeakReport(tuple(revoked), unknown)

    return perform(database, intent, work)


def revoke_row(change: Change, row: TokenRow, why: str | None = None) -> RevokedToken:
    """Revoke one token within a change. One that is revoked keeps the time and the reason."""
    if row.revoked_at is not None:
        return RevokedToken(stored_token(row), was_revoked=True)
    row.revoked_at, row.revoked_by = change.now, change.intent.actor
    row.revoke_reason = change.intent.reason or why
    change.session.add(row)
    change.session.flush()
    change.record("token.revoke", "token", row.id, before=token_facts(row))
    return RevokedToken(stored_token(row), was_revoked=False)


def _lookup(text: str) -> ColumnElement[bool] | None:
    """What finds the token of that text: an API key's hash, a JWT's `jti`, vouched for by nobody.

    None where nothing could be known of it.
    """
    if credentials.api_keys.looks_like_api_key(text):
        if credentials.api_keys.key_problem(text) is not None:
            return None
        return col(TokenRow.key_hash) == credentials.api_keys.hash_api_key(text)
    claims = credentials.inspection.inspect(text)["claims"] or {}
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti.isprintable():
        return None
    return col(TokenRow.id) == jti


def _session_row(change: Change, text: str, secret: HmacSecret | None) -> TokenRow | None:
    """A row for a genuine session of Open WebUI that is in force, so that it can be revoked."""
    found = credentials.inspection.inspect(text)
    if found["kind"] != OPENWEBUI or secret is None:
        return None
    rules = credentials.jwt.TokenRules("", "", _LEEWAY_SECONDS, 0, accept_openwebui=True)
    try:
        token = credentials.compact.parse_compact(text)
        claims = credentials.jwt.verify(token, lambda _: None, secret, rules, change.now)
    except TokenError:
        return None
    holder = reader_of(change.session).tokens.holder(claims.subject)
    if holder is None or claims.jti is None:
        return None
    return TokenRow(
        id=claims.jti,
        kind=TokenKind.JWT.value,
        user_pk=holder.user.pk,
        user_id=holder.user.id,
        name="Open WebUI session",
        scope="",
        source=TokenSource.OPENWEBUI.value,
        issued_at=claims.issued_at or change.now,
        issued_by=change.intent.actor,
        expires_at=claims.expires_at,
    )
