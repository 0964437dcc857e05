"""ID tokens of an identity provider: who has logged in there (OpenID Connect Core, 2 and 3.1.3.7).

Owns which of them are genuine and in force. They follow the strict form of `compact`, with three
differences: `aud` may be a list, `typ` is `JWT` or absent, and the key comes from the provider's
set. What its claims mean for a user is left to `operations`.

The order of checks is fixed: form and header; types of claims; the key, by its exact id; the
algorithm, which is the key's; the signature; the type; issuer; audience; times; nonce.
INVARIANT: an access token never passes, nor one that is signed with a shared secret, and nothing
that a token holds leaves in a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grantctl.credentials import reasons
from grantctl.credentials.compact import (
    MAX_TEXT,
    CompactToken,
    decode_part,
    header_refusal,
    is_text,
    is_time,
    split_token,
)
from grantctl.credentials.encoding import decode_base64url
from grantctl.credentials.jwt import require_signature, time_refusal
from grantctl.credentials.provider_keys import ProviderKeys
from grantctl.credentials.reasons import TokenError, TokenRefusal

TYPE = "JWT"

_MAX_AUDIENCES = 50
_TEXT_CLAIMS = ("iss", "sub", "azp", "nonce")
_TIME_CLAIMS = ("exp", "nbf", "iat")
_REQUIRED = ("iss", "sub", "aud", "exp", "iat")


@dataclass(frozen=True, slots=True)
class IdTokenRules:
    """What an ID token must say; `nonce` is None where the login was begun without one."""

    issuer: str
    audience: str
    leeway_seconds: int = 0
    nonce: str | None = None


def read_id_token(text: str) -> CompactToken:
    """A well-formed ID token, vouched for by nobody. Raises TokenError."""
    parts = split_token(text)
    header = decode_part(parts.header, "its header")
    refusal = header_refusal(header)
    if refusal:
        raise TokenError(refusal)
    claims = decode_part(parts.claims, "its payload")
    refusal = _form_refusal(claims)
    if refusal:
        raise TokenError(refusal)
    try:
        signature = decode_base64url(parts.signature)
    except ValueError as error:
        raise TokenError(reasons.malformed(f"its signature {error}")) from None
    return CompactToken(header, claims, parts.signing_input, signature)


def verify_id_token(
    text: str, keys: ProviderKeys, rules: IdTokenRules, now: datetime
) -> Mapping[str, Any]:
    """The claims of a genuine ID token in force, meant for us. Raises TokenError.

    `now` is an aware datetime.
    """
    token = read_id_token(text)
    if "kid" not in token.header:
        raise TokenError(reasons.no_key_named())
    key = keys.find(token.header["kid"], token.header["alg"])
    require_signature(token, key.algorithm, key.key)
    if token.header.get("typ", TYPE) != TYPE:
        raise TokenError(reasons.wrong_type())
    refusal = claims_refusal(token.claims, rules, now)
    if refusal:
        raise TokenError(refusal)
    return token.claims


def claims_refusal(
    claims: Mapping[str, Any], rules: IdTokenRules, now: datetime
) -> TokenRefusal | None:
    """What the claims of a well-formed ID token say against it, whoever signed it."""
    return (
        _meant_for_others(claims, rules)
        or time_refusal(claims, rules.leeway_seconds, now)
        or _nonce_refusal(claims, rules.nonce)
    )


def _form_refusal(claims: Mapping[str, Any]) -> TokenRefusal | None:
    """Which registered claim is missing, or of a type or a size that it may not be."""
    for name in _REQUIRED:
        if name not in claims:
            return reasons.malformed(f"it has no `{name}`")
    for name in _TIME_CLAIMS:
        if name in claims and not is_time(claims[name]):
            return reasons.malformed(f"its `{name}` is not a time")
    for name in _TEXT_CLAIMS:
        if name in claims and not is_text(claims[name], MAX_TEXT):
            return reasons.malformed(f"its `{name}` is not text of a usable length")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not 0 < len(audiences) <= _MAX_AUDIENCES or not all(
        is_text(one, MAX_TEXT) for one in audiences
    ):
        return reasons.malformed("its `aud` is neither one audience nor a list of them")
    return None


def _meant_for_others(claims: Mapping[str, Any], rules: IdTokenRules) -> TokenRefusal | None:
    """Who issued it, and for whom, compared exactly.

    Of several audiences the token must say which one it was issued to: otherwise any of them could
    log in here with what it was given.
    """
    if claims["iss"] != rules.issuer:
        return reasons.wrong_issuer()
    audience, party = claims["aud"], claims.get("azp")
    audiences = audience if isinstance(audience, list) else [audience]
    if rules.audience not in audiences:
        return reasons.wrong_audience()
    if party != rules.audience and (party is not None or len(audiences) > 1):
        return reasons.wrong_party()
    return None


def _nonce_refusal(claims: Mapping[str, Any], nonce: str | None) -> TokenRefusal | None:
    if nonce is None or claims.get("nonce") == nonce:
        return None
    return reasons.wrong_nonce(is_missing="nonce" not in claims)
