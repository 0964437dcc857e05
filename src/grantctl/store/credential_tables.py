"""The tables of credentials: tokens, signing keys, failed logins.

Owns their columns, keys, indexes and constraints, as `tables` does for all others. No secret is in
any of them: of an API key a hash, of a signing key the public part.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column
from sqlmodel import Field

from grantctl.store.tables import (
    TEXT,
    Base,
    UtcDateTime,
    key_field,
    partial_index,
    reference_field,
    text_field,
    time_field,
)


class TokenRow(Base, table=True):
    """A JWT or an API key that was issued, and what became of it.

    `id` is a JWT's `jti`. `user_id` outlives the user, whose row `user_pk` names. `scope` is empty
    where there is no limit. `key_kid`: the key that signed a JWT; `key_hash`: SHA-256 of an API
    key, in hex; `key_hint`: what lists show of it.
    """

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint("kind IN ('jwt', 'api_key')", name="kind"),
        CheckConstraint("source IN ('grantctl', 'openwebui')", name="source"),
    )

    pk: int = key_field()
    id: str = text_field(unique=True)
    kind: str = text_field()
    user_pk: int | None = reference_field("users.pk", ondelete="SET NULL")
    user_id: str = text_field()
    name: str = text_field()
    scope: str = text_field()
    audience: str | None = text_field(nullable=True)
    key_kid: str | None = text_field(nullable=True)
    key_hash: str | None = text_field(unique=True, nullable=True)
    key_hint: str | None = text_field(nullable=True)
    source: str = text_field()
    issued_at: datetime = time_field()
    issued_by: str = text_field()
    expires_at: datetime | None = Field(
        default=None, sa_column=Column(UtcDateTime, nullable=True, index=True)
    )
    last_used_at: datetime | None = time_field(nullable=True)
    revoked_at: datetime | None = time_field(nullable=True)
    revoked_by: str | None = text_field(nullable=True)
    revoke_reason: str | None = text_field(nullable=True)


class SigningKeyRow(Base, table=True):
    """A key that signs JWTs, its public part; one at most is active."""

    __tablename__ = "signing_keys"
    __table_args__ = (
        CheckConstraint("algorithm IN ('RS256', 'ES256', 'EdDSA')", name="algorithm"),
        CheckConstraint("state IN ('active', 'passive', 'retired', 'revoked')", name="state"),
        partial_index("uq_signing_keys_active", "state = 'active'", "state", unique=True),
    )

    pk: int = key_field()
    kid: str = text_field(unique=True)
    algorithm: str = text_field()
    public_jwk: Any = Field(sa_column=Column(JSON, nullable=False))
    state: str = text_field()
    created_at: datetime = time_field()
    created_by: str = text_field()
    ended_at: datetime | None = time_field(nullable=True)


class LoginFailureRow(Base, table=True):
    """Logins that failed in a row for one e-mail address, whether a user has it or not."""

    __tablename__ = "login_failures"

    subject: str = Field(sa_column=Column(TEXT, primary_key=True))
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    first_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    locked_until: datetime | None = time_field(nullable=True)
