"""New JWTs: what one may say, who signs it, and the row that makes it known.

Owns the rules of issuing, inside of a change. Leaves who asks for one to `tokens` and `logins`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlmodel import Session, select

from grantctl import credentials
from grantctl.errors import GuardError, InvalidError
from grantctl.evaluation.rules import categories_of
from grantctl.evaluation.scopes import EVERYTHING, Scope, parse_scope
from grantctl.evaluation.token_facts import TokenKind, TokenSource
from grantctl.model import MAX_NAME_LENGTH, Role, require_text
from grantctl.operations.changes import Change
from grantctl.operations.durations import duration_text
from grantctl.operations.key_files import load_key
from grantctl.operations.token_endings import issue_time, settings_of
from grantctl.operations.token_rows import IssuedToken, stored_token, token_facts
from grantctl.store.credential_tables import TokenRow
from grantctl.store.references import unknown_permission
from grantctl.store.session import reader_of
from grantctl.store.tables import PermissionRow, UserRow

if TYPE_CHECKING:
    from grantctl.credentials.secret import HmacSecret
    from grantctl.credentials.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Signers:
    """With what tokens are signed here: the folder of the private keys, and the secret if any."""

    keys: Path
    secret: HmacSecret | None


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """What a new JWT shall be. `ttl` None is the setting `tokens.default_ttl`."""

    name: str = ""
    ttl: timedelta | None = None
    scope: str | None = None
    audience: str | None = None


def find_signer(session: Session, signers: Signers) -> SigningKey:
    """The active signing key, else the secret. Raises GuardError where there is neither.

    Also NotFoundError, GuardError, InvalidError where the private key is not usable here.
    """
    active = reader_of(session).tokens.active_signing_key()
    if active is not None:
        return load_key(signers.keys, active.kid)
    if signers.secret is not None:
        return credentials.signing.secret_signing_key(signers.secret)
    raise GuardError(
        "there is nothing to sign tokens with: no signing key, and no secret",
        hint="grantctl tokens keys generate, or set GRANTCTL_SECRET_KEY_FILE",
    )


def issue_jwt(
    change: Change, row: UserRow, order: TokenOrder, signers: Signers, *, action: str
) -> IssuedToken:
    """Sign a token for the user and store what makes it known. Raises as `tokens.issue_token`."""
    require_verified(row)
    settings = settings_of(change)
    usual = min(settings.default_ttl, settings.max_ttl)
    lifetime = usual if order.ttl is None else order.ttl
    if not timedelta(seconds=1) <= lifetime <= settings.max_ttl:
        raise InvalidError(
            f"a token may live from 1s to {duration_text(settings.max_ttl)},"
            f" not {duration_text(lifetime)}",
            hint="grantctl config get tokens.max_ttl",
        )
    audience = settings.audience if order.audience is None else order.audience
    require_text(audience, what="an audience", longest=MAX_NAME_LENGTH)
    key = find_signer(change.session, signers)
    token = new_token_row(change, row, TokenKind.JWT, name=order.name, scope=order.scope)
    second = change.now.replace(microsecond=0)
    token.audience, token.key_kid = audience, key.kid
    token.expires_at = second + timedelta(seconds=int(lifetime.total_seconds()))
    text = credentials.signing.sign(_claims(token, settings.issuer, second), key)
    return keep_token(change, token, text, action=action)


def require_verified(row: UserRow) -> None:
    """Raise GuardError for a pending user: every token of its would be refused."""
    if row.role == Role.PENDING:
        raise GuardError(
            f"`{row.email or row.id}` is pending, so no token of its would be accepted",
            hint="first: grantctl users approve USER",
        )


def new_token_row(
    change: Change, row: UserRow, kind: TokenKind, *, name: str, scope: str | None
) -> TokenRow:
    """A row for a token of that user, not yet stored. Raises InvalidError, NotFoundError."""
    require_text(name, what="a token's name", longest=MAX_NAME_LENGTH, empty=True)
    limit = None if scope is None else require_scope(change.session, scope)
    return TokenRow(
        id=str(uuid4()),
        kind=kind.value,
        user_pk=row.pk,
        user_id=row.id,
        name=name,
        scope="" if limit is None else str(limit),
        source=TokenSource.GRANTCTL.value,
        issued_at=issue_time(change.now, row),
        issued_by=change.intent.actor,
    )


def keep_token(change: Change, token: TokenRow, text: str, *, action: str) -> IssuedToken:
    """Store the row with its audit entry, which knows nothing of the text."""
    change.session.add(token)
    change.session.flush()
    change.record(action, "token", token.id, after=token_facts(token))
    return IssuedToken(text, stored_token(token))


def require_scope(session: Session, text: str) -> Scope:
    """The scope, of which every permission is in the catalogue.

    Raises InvalidError, NotFoundError for a permission or category that there is not.
    """
    scope = parse_scope(text)
    catalogue = set(session.exec(select(PermissionRow.key)))
    categories = categories_of(catalogue)
    for entry in scope.entries:
        if entry == EVERYTHING or entry.count(":") >= 2:
            continue
        key = entry.removesuffix(".*")
        if key not in (catalogue if key == entry else categories):
            if key in categories:
                raise InvalidError(f"`{key}` is a category", hint=f"all under it: `{key}.*`")
            raise unknown_permission(key, catalogue)
    return scope


def _claims(token: TokenRow, issuer: str, second: datetime) -> dict[str, Any]:
    """RFC 9068, 2.2: numbers of seconds; `scope` only where there is a limit."""
    assert token.expires_at is not None
    limit = {"scope": token.scope} if token.scope else {}
    return {
        "iss": issuer,
        "sub": token.user_id,
        "aud": token.audience,
        "iat": int(second.timestamp()),
        "nbf": int(second.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        "jti": token.id,
        **limit,
    }
