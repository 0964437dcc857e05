"""What is stored of tokens and of the keys that sign them, as values.

Owns the shapes that the store fills, and that credentials and operations read. No secret is in any
of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grantctl.evaluation.facts import User
from grantctl.lean import StrEnum, dataclass


class TokenKind(StrEnum):
    """What kind of credential a token is."""

    JWT = "jwt"
    API_KEY = "api_key"


class TokenSource(StrEnum):
    """Who issued it."""

    GRANTCTL = "grantctl"
    OPENWEBUI = "openwebui"


class KeyState(StrEnum):
    """What a signing key is for: one signs, passive ones still verify, the others do neither."""

    ACTIVE = "active"
    PASSIVE = "passive"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as it is stored. Times are aware UTC datetimes.

    `id` is a JWT's `jti`. `user_id` names the user even after its deletion. `scope` is empty where
    there is no limit. `hint` is what a list shows of an API key.
    """

    pk: int
    id: str
    kind: TokenKind
    user_id: str
    name: str
    scope: str
    audience: str | None
    kid: str | None
    hint: str | None
    source: TokenSource
    issued_at: datetime
    issued_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """The user for whom a token stands, and since when its earlier tokens count no more."""

    user: User
    tokens_revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SigningKeyFacts:
    """A signing key's public part (a JSON Web Key, RFC 7517) and its state."""

    kid: str
    algorithm: str
    public_jwk: Mapping[str, Any]
    state: KeyState
    created_at: datetime
    created_by: str
    ended_at: datetime | None
