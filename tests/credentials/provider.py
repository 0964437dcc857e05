"""An identity provider as the tests have one: its keys, its key set, ID tokens of any kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grantctl.credentials import id_token, jwk, provider_keys
from grantctl.credentials.id_token import IdTokenRules
from tests.credentials.forge import NOW, PRIVATE, SECOND, signed

ISSUER = "https://idp.example/realms/main"
AUDIENCE = "grantctl-web"
RULES = IdTokenRules(ISSUER, AUDIENCE)
KIDS = {"RS256": "rsa/1+=", "ES256": "curve-1", "EdDSA": "2026-01"}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "117",
    "aud": AUDIENCE,
    "iat": SECOND - 5,
    "exp": SECOND + 300,
    "email": "ada@example.com",
    "email_verified": True,
    "name": "Ada",
}


def public_member(algorithm: str, **changes: Any) -> dict[str, Any]:
    """A public key as the provider's set lists it; None takes a member out."""
    members = {**jwk.public_jwk(PRIVATE[algorithm]), "kid": KIDS[algorithm], **changes}
    return {name: value for name, value in members.items() if value is not None}


def key_set(*entries: object) -> bytes:
    """A set of these; of the provider's own three keys where none is given."""
    return json.dumps({"keys": list(entries) or [*map(public_member, KIDS)]}).encode()


KEYS = provider_keys.parse_provider_keys(key_set())


def claims(**changes: Any) -> dict[str, Any]:
    """Sound claims but for these; None takes one out."""
    return {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}


def header(algorithm: str = "EdDSA", **changes: Any) -> dict[str, Any]:
    """The header of a sound token but for these; None takes one out."""
    sound = {"alg": algorithm, "typ": "JWT", "kid": KIDS[algorithm]}
    return {name: value for name, value in {**sound, **changes}.items() if value is not None}


def issued(algorithm: str = "EdDSA", **changes: Any) -> str:
    """An ID token of the provider with these claims changed."""
    return signed(header(algorithm), claims(**changes), algorithm)


def issued_at(now: datetime, **changes: Any) -> str:
    """An ID token that is in force at that moment."""
    second = int(now.timestamp())
    return issued(iat=second - 5, exp=second + 300, **changes)


def check(text: str, **changes: Any) -> Mapping[str, Any]:
    """What a login does with a token, with all keys at hand."""
    asked: dict[str, Any] = {"keys": KEYS, "rules": RULES, "now": NOW, **changes}
    return id_token.verify_id_token(text, asked["keys"], asked["rules"], asked["now"])
