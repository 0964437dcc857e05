"""JSON Web Tokens: verifying all that needs no database (RFC 7519, 8725, 9068).

Owns which tokens are genuine and which are in force by their own claims; `signing` and `inspection`
are offered here too. Whether a token was revoked, who its user is and what the user may are left to
`operations`.

The order of checks is fixed: form, header and types of claims (`compact`); the key, by its exact
id; the algorithm, which is the key's; the signature; the type; issuer; audience; times; lifetime.
INVARIANT: no claim is looked at for a decision before the signature fits, but that a token without
`kid` says `id`, as Open WebUI's session tokens do; nothing a token holds leaves in a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from grantctl.credentials import reasons
from grantctl.credentials.compact import ACCESS_TYPES, CompactToken
from grantctl.credentials.inspection import inspect
from grantctl.credentials.jwk import PublicKey
from grantctl.credentials.reasons import TokenError, TokenRefusal
from grantctl.credentials.secret import HmacSecret
from grantctl.credentials.signing import (
    HMAC,
    SIGNERS,
    SigningKey,
    secret_signing_key,
    sign,
    signing_key,
)
from grantctl.credentials.token_keys import FindKey, key_of_token

__all__ = [
    "ClaimsKind",
    "FindKey",
    "SigningKey",
    "TokenRules",
    "VerifiedClaims",
    "inspect",
    "require_signature",
    "secret_signing_key",
    "sign",
    "signing_key",
    "time_refusal",
    "verify",
]

MAX_LEEWAY_SECONDS = 60

_SIGNATURE_BYTES = {"HS256": 32, "ES256": 64, "EdDSA": 64}


class ClaimsKind(StrEnum):
    """Whose rules a token was checked by."""

    ACCESS = "access"
    OPENWEBUI = "openwebui"


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must say. `leeway_seconds` is for clocks that differ, 60 at most."""

    issuer: str
    audience: str
    leeway_seconds: int
    max_ttl_seconds: int
    accept_openwebui: bool


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """What a genuine token says. Times are aware UTC datetimes, `scope` is empty for no limit.

    Of an Open WebUI token only `subject` and `algorithm` are sure to be there.
    """

    kind: ClaimsKind
    subject: str
    jti: str | None
    issued_at: datetime | None
    expires_at: datetime | None
    not_before: datetime | None
    scope: str
    audience: str | None
    issuer: str | None
    kid: str | None
    algorithm: str


def verify(
    token: CompactToken,
    find_key: FindKey,
    secret: HmacSecret | None,
    rules: TokenRules,
    now: datetime,
) -> VerifiedClaims:
    """What a genuine token in force says. Raises TokenError.

    `find_key` is asked for a key by its exact id, never for one that no key can have. `now` is an
    aware datetime.
    """
    if "kid" not in token.header:
        return _verify_openwebui(token, secret, rules, now)
    kid: str = token.header["kid"]
    algorithm, key = key_of_token(kid, token.header["alg"], find_key, secret)
    require_signature(token, algorithm, key)
    if token.header.get("typ") not in ACCESS_TYPES:
        raise TokenError(reasons.wrong_type())
    refusal = _claims_refusal(token.claims, rules) or time_refusal(
        token.claims, rules.leeway_seconds, now
    )
    if refusal:
        raise TokenError(refusal)
    _require_lifetime(token.claims, rules)
    return _verified(ClaimsKind.ACCESS, token, token.claims["sub"])


def require_signature(token: CompactToken, algorithm: str, key: PublicKey | bytes) -> None:
    """Raise TokenError unless this key signed the token, by the key's own algorithm."""
    size = _SIGNATURE_BYTES.get(algorithm)
    try:
        fits = (size is None or len(token.signature) == size) and SIGNERS[algorithm].verify(
            token.signing_input, key, token.signature
        )
    except Exception:  # whatever the library says, nothing is verified
        fits = False
    if fits is not True:
        raise TokenError(reasons.bad_signature(algorithm))


def time_refusal(
    claims: Mapping[str, Any], leeway_seconds: int, now: datetime
) -> TokenRefusal | None:
    """Why the token is not in force at this moment, by those times that it says (RFC 7519, 4.1)."""
    leeway = min(max(leeway_seconds, 0), MAX_LEEWAY_SECONDS)
    second = now.timestamp()
    expires, not_before, issued = claims.get("exp"), claims.get("nbf"), claims.get("iat")
    if expires is not None and second >= expires + leeway:
        return reasons.expired(_moment(expires), now)
    if not_before is not None and second < not_before - leeway:
        return reasons.not_yet_valid(_moment(not_before))
    if issued is not None and second < issued - leeway:
        return reasons.issued_in_future(_moment(issued))
    return None


def _verify_openwebui(
    token: CompactToken, secret: HmacSecret | None, rules: TokenRules, now: datetime
) -> VerifiedClaims:
    """A session token: it names no key, and its user as `id`. It may live without end."""
    if token.header["alg"] != HMAC or "id" not in token.claims:
        raise TokenError(reasons.no_key_named())
    if not rules.accept_openwebui:
        raise TokenError(
            reasons.wrong_type("it is a session token of open webui, which is not accepted here")
        )
    if secret is None:
        raise TokenError(reasons.no_secret())
    require_signature(token, HMAC, secret.value)
    if token.header.get("typ", "JWT") != "JWT":
        raise TokenError(reasons.wrong_type())
    if token.claims.get("aud"):
        raise TokenError(reasons.wrong_audience())
    refusal = time_refusal(token.claims, rules.leeway_seconds, now)
    if refusal:
        raise TokenError(refusal)
    return _verified(ClaimsKind.OPENWEBUI, token, token.claims["id"])


def _claims_refusal(claims: Mapping[str, Any], rules: TokenRules) -> TokenRefusal | None:
    """What is missing, or meant for others (RFC 9068, 2.2 and 4)."""
    issuer, audience = claims.get("iss"), claims.get("aud")
    if issuer != rules.issuer:
        return reasons.wrong_issuer(is_missing=issuer is None)
    if audience != rules.audience:
        return reasons.wrong_audience(is_missing=not audience)
    for name in ("sub", "iat", "exp", "jti"):
        if name not in claims:
            return reasons.malformed(f"it has no `{name}`")
    return None


def _require_lifetime(claims: Mapping[str, Any], rules: TokenRules) -> None:
    lifetime = claims["exp"] - claims["iat"]
    if lifetime > rules.max_ttl_seconds:
        raise TokenError(reasons.lifetime_too_long(lifetime, rules.max_ttl_seconds))


def _verified(kind: ClaimsKind, token: CompactToken, subject: str) -> VerifiedClaims:
    claims = token.claims
    return VerifiedClaims(
        kind=kind,
        subject=subject,
        jti=claims.get("jti"),
        issued_at=_optional_moment(claims.get("iat")),
        expires_at=_optional_moment(claims.get("exp")),
        not_before=_optional_moment(claims.get("nbf")),
        scope=claims.get("scope", ""),
        audience=claims.get("aud") or None,
        issuer=claims.get("iss"),
        kid=token.header.get("kid"),
        algorithm=token.header["alg"],
    )


def _optional_moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
