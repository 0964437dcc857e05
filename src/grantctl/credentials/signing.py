"""Signing JSON Web Tokens (RFC 7515, 5.1; RFC 9068, 2.1).

Owns the header and the signature. Which claims belong into a token is left to the caller, checking
them to `jwt`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jwt.algorithms import Algorithm, ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm

from grantctl.credentials.compact import parse_compact
from grantctl.credentials.encoding import encode_base64url
from grantctl.credentials.jwk import PrivateKey, algorithm_of, is_kid, public_jwk
from grantctl.credentials.reasons import TokenError
from grantctl.credentials.secret import HmacSecret
from grantctl.errors import InvalidError

ACCESS_TYPE = "at+jwt"
HMAC = "HS256"
SIGNERS: Mapping[str, Algorithm] = {
    "HS256": HMACAlgorithm(HMACAlgorithm.SHA256),
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256),
    "EdDSA": OKPAlgorithm(),
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key or a secret, its id, and the one algorithm that it is used with."""

    kid: str
    algorithm: str
    key: PrivateKey | bytes = field(repr=False)


def signing_key(key: PrivateKey) -> SigningKey:
    """The key with its thumbprint as id."""
    return SigningKey(public_jwk(key)["kid"], algorithm_of(key), key)


def secret_signing_key(secret: HmacSecret) -> SigningKey:
    """The secret, as what signs HS256 tokens."""
    return SigningKey(secret.kid, HMAC, secret.value)


def sign(claims: Mapping[str, Any], key: SigningKey) -> str:
    """The access token that makes these claims. Raises InvalidError where none could be read back.

    Which claims belong into one is left to the caller.
    """
    if not is_kid(key.kid):
        raise InvalidError("the key has an id that no token can name it by")
    header = {"alg": key.algorithm, "typ": ACCESS_TYPE, "kid": key.kid}
    try:
        parts = [encode_base64url(_json(header)), encode_base64url(_json(claims))]
        signing_input = ".".join(parts).encode("ascii")
        signature = SIGNERS[key.algorithm].sign(signing_input, key.key)
    except Exception:  # whatever the library says may hold the key
        raise InvalidError("the token cannot be signed with this key") from None
    text = f"{'.'.join(parts)}.{encode_base64url(signature)}"
    try:
        parse_compact(text)
    except TokenError as error:
        raise InvalidError(f"the token would be refused: {error}") from None
    return text


def _json(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(dict(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()
