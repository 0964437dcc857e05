"""Tokens as an attacker writes them: any header, any payload, any signature."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grantctl.credentials import compact, jwk, jwt, secret
from grantctl.credentials.jwt import SigningKey, TokenRules, VerifiedClaims
from grantctl.evaluation.token_facts import KeyState, SigningKeyFacts

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
RULES = TokenRules(
    issuer="grantctl",
    audience="grantctl",
    leeway_seconds=0,
    max_ttl_seconds=32 * 86400,
    accept_openwebui=True,
)
CLAIMS: dict[str, Any] = {
    "iss": "grantctl",
    "sub": "0b1e2c3d-0000-4000-8000-0123456789ab",
    "aud": "grantctl",
    "iat": SECOND - 60,
    "nbf": SECOND - 60,
    "exp": SECOND + 3600,
    "jti": "5f0c9a52-0000-4000-8000-0123456789ab",
    "scope": "chat.* read:model:*",
}
SECRET_VALUE = "S3cr3t-0f-Tests_9876543210_AbCdEfGhIjKlMnOp"
SECRET = secret.HmacSecret(
    SECRET_VALUE.encode(), secret.secret_kid(SECRET_VALUE.encode()), "GRANTCTL_SECRET_KEY"
)
PRIVATE = {name: jwk.generate_private_key(name) for name in ("RS256", "ES256", "EdDSA")}
KEYS: dict[str, SigningKey] = {
    "HS256": jwt.secret_signing_key(SECRET),
    **{name: jwt.signing_key(key) for name, key in PRIVATE.items()},
}
STORED = {
    KEYS[name].kid: SigningKeyFacts(
        KEYS[name].kid, name, jwk.public_jwk(key), KeyState.ACTIVE, NOW, "ada", None
    )
    for name, key in PRIVATE.items()
}


def claims(**changes: Any) -> dict[str, Any]:
    """Sound claims but for these; None takes one out."""
    return {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}


def header(algorithm: str, **changes: Any) -> dict[str, Any]:
    """The header of a sound token of that key but for these; None takes one out."""
    sound = {"alg": algorithm, "typ": "at+jwt", "kid": KEYS[algorithm].kid}
    return {name: value for name, value in {**sound, **changes}.items() if value is not None}


def b64(raw: bytes | str) -> str:
    return (
        base64.urlsafe_b64encode(raw.encode() if isinstance(raw, str) else raw)
        .rstrip(b"=")
        .decode()
    )


def dumps(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def signed_raw(head: bytes, body: bytes, algorithm: str = "EdDSA", key: Any = None) -> str:
    """A token of these very bytes, with the signature of the key of that algorithm."""
    signing_input = f"{b64(head)}.{b64(body)}"
    return f"{signing_input}.{signature(signing_input, algorithm, key)}"


def signature(signing_input: str, algorithm: str, key: Any = None) -> str:
    used = KEYS[algorithm].key if key is None else key
    return b64(jwt.SIGNERS[algorithm].sign(signing_input.encode(), used))  # type: ignore[attr-defined]


def signed(
    head: Mapping[str, Any], body: Mapping[str, Any], algorithm: str = "EdDSA", key: Any = None
) -> str:
    return signed_raw(dumps(head), dumps(body), algorithm, key)


def check(text: str, **changes: Any) -> VerifiedClaims:
    """What a verifier does, with all keys and the secret at hand."""
    asked: dict[str, Any] = {
        "find_key": STORED.get,
        "secret": SECRET,
        "rules": RULES,
        "now": NOW,
        **changes,
    }
    return jwt.verify(compact.parse_compact(text), **asked)
