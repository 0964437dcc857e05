"""Who asks? A JWT or an API key, judged against what the database says at this moment.

Owns the order of the checks and their verdict. Leaves the form and the signature of a token to
`credentials`, and what its user may to the evaluator. On the request path: imports no SQLModel.

INVARIANTS:
- whatever text a stranger sends ends in a verdict; only a database that fails raises;
- a verdict that is not active names no user, no claims and no scope;
- nothing of the database is kept here between two calls, so that what was revoked is refused from
  then; a caller that keeps a verdict has to know that nothing was committed (`store.quick`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from grantctl import credentials
from grantctl.credentials import reasons
from grantctl.credentials.reasons import TokenError, TokenRefusal
from grantctl.errors import NotFoundError
from grantctl.evaluation.evaluator import has_permission
from grantctl.evaluation.scopes import read_scope
from grantctl.evaluation.token_facts import StoredToken, TokenHolder, TokenKind
from grantctl.model import Role
from grantctl.operations.token_settings import TokenSettings, read_token_settings
from grantctl.operations.token_use import touch_last_used, write_last_use
from grantctl.operations.token_verdict import OPENWEBUI, TokenVerdict, introspection
from grantctl.store.reader import Reader
from grantctl.store.token_reader import FoundToken

if TYPE_CHECKING:  # for their types only: an API key needs none of their libraries
    from grantctl.credentials.jwt import TokenRules, VerifiedClaims
    from grantctl.credentials.secret import HmacSecret

__all__ = [
    "API_KEYS_PERMISSION",
    "TokenVerdict",
    "authenticate",
    "gate_refusal",
    "introspection",
    "touch_last_used",
    "write_last_use",
]

API_KEYS_PERMISSION = "features.api_keys"


def authenticate(
    reader: Reader,
    text: str,
    *,
    secret: HmacSecret | None,
    now: datetime,
    audience: str | None = None,
) -> TokenVerdict:
    """The verdict on a JWT or an API key.

    `secret` checks HS256 tokens; `audience` is whom a JWT must be for, by default the setting
    `tokens.audience`. Raises DatabaseError, and nothing else whatever the text is.
    """
    if credentials.api_keys.looks_like_api_key(text):
        return _authenticate_key(reader, text, now)
    try:
        return _authenticate_jwt(reader, text, secret, now, audience)
    except TokenError as error:
        return TokenVerdict(error.refusal, TokenKind.JWT)


def _authenticate_jwt(
    reader: Reader,
    text: str,
    secret: HmacSecret | None,
    now: datetime,
    audience: str | None,
) -> TokenVerdict:
    """Raises TokenError, DatabaseError."""
    token = credentials.compact.parse_compact(text)
    settings = read_token_settings(reader.tokens)
    claims = credentials.jwt.verify(
        token,
        reader.tokens.signing_key,
        secret,
        _rules(settings, audience),
        now,
    )
    found = None if claims.jti is None else reader.tokens.by_id(claims.jti)
    if claims.kind == OPENWEBUI:
        return _judge_session(reader, claims, found)
    return _judge_access_token(claims, found, now)


def _judge_access_token(
    claims: VerifiedClaims, found: FoundToken | None, now: datetime
) -> TokenVerdict:
    """A JWT of ours: what is stored of it decides, the claims must only agree with that."""
    kind = TokenKind.JWT
    if found is None:
        return TokenVerdict(reasons.unknown_token(), kind)
    token, holder = found
    if (token.kind, token.user_id, token.kid) != (kind, claims.subject, claims.kid):
        return TokenVerdict(reasons.unknown_token(), kind, token=token)
    refusal = (
        _revocation(token)
        or _holder_refusal(holder)
        or _cut_refusal(holder, token.issued_at)
        or _expiry(token, now)
    )
    if refusal or holder is None:
        return TokenVerdict(refusal, kind, token=token)
    return TokenVerdict(None, kind, holder.user, token, claims, read_scope(token.scope))


def _judge_session(
    reader: Reader, claims: VerifiedClaims, found: FoundToken | None
) -> TokenVerdict:
    """A session of Open WebUI's own: nothing is stored of it, unless it was revoked here."""
    kind = TokenKind.JWT
    token = None if found is None else found.token
    holder = reader.tokens.holder(claims.subject)
    refusal = (
        _revocation(token) or _holder_refusal(holder) or _cut_refusal(holder, claims.issued_at)
    )
    if refusal or holder is None:
        return TokenVerdict(refusal, kind, token=token)
    return TokenVerdict(None, kind, holder.user, token, claims, read_scope(claims.scope))


def _authenticate_key(reader: Reader, text: str, now: datetime) -> TokenVerdict:
    """An API key: what can be told without a database first, then the gates in their order."""
    kind = TokenKind.API_KEY
    problem = credentials.api_keys.key_problem(text)
    if problem is not None:
        return TokenVerdict(reasons.malformed(problem), kind)
    found = reader.tokens.by_key_hash(credentials.api_keys.hash_api_key(text))
    if found is None or found.token.kind is not kind:
        return TokenVerdict(reasons.unknown_token(), kind)
    token, holder = found
    refusal = (
        gate_refusal(reader, read_token_settings(reader.tokens), holder, now=now)
        or _revocation(token)
        or _expiry(token, now)
    )
    if refusal or holder is None:
        return TokenVerdict(refusal, kind, token=token)
    return TokenVerdict(None, kind, holder.user, token, None, read_scope(token.scope))


def gate_refusal(
    reader: Reader,
    settings: TokenSettings,
    holder: TokenHolder | None,
    *,
    now: datetime,
    is_in_transaction: bool = False,
) -> TokenRefusal | None:
    """Which of the three gates before an API key is closed, in their order, if one is."""
    if not settings.api_keys_enabled:
        return reasons.api_keys_disabled()
    refusal = _holder_refusal(holder)
    if refusal or holder is None:
        return refusal
    if holder.user.role is Role.ADMIN:
        return None
    read = reader.permission_facts_now if is_in_transaction else reader.permission_facts
    try:
        is_permitted = has_permission(
            read(holder.user.id, API_KEYS_PERMISSION), API_KEYS_PERMISSION, now=now
        )
    except NotFoundError:  # no such permission here: then nobody has it, nor a user just deleted
        is_permitted = False
    return None if is_permitted else reasons.api_keys_not_permitted()


def _rules(settings: TokenSettings, audience: str | None) -> TokenRules:
    return credentials.jwt.TokenRules(
        issuer=settings.issuer,
        audience=settings.audience if audience is None else audience,
        leeway_seconds=settings.leeway_seconds,
        max_ttl_seconds=int(settings.max_ttl.total_seconds()),
        accept_openwebui=settings.accept_openwebui_sessions,
    )


def _revocation(token: StoredToken | None) -> TokenRefusal | None:
    if token is None or token.revoked_at is None:
        return None
    return reasons.revoked(token.revoked_at, token.revoked_by, token.revoke_reason)


def _holder_refusal(holder: TokenHolder | None) -> TokenRefusal | None:
    if holder is None:
        return reasons.user_deleted()
    return reasons.user_pending() if holder.user.role is Role.PENDING else None


def _cut_refusal(holder: TokenHolder | None, issued_at: datetime | None) -> TokenRefusal | None:
    """Issued at the very moment of the cut is before it; an unknown time counts as before."""
    cut = None if holder is None else holder.tokens_revoked_at
    if cut is None:
        return None
    if issued_at is None:
        return reasons.issue_time_unknown(cut)
    return reasons.user_tokens_revoked(cut) if issued_at <= cut else None


def _expiry(token: StoredToken, now: datetime) -> TokenRefusal | None:
    if token.expires_at is None or now < token.expires_at:
        return None
    return reasons.expired(token.expires_at, now)
