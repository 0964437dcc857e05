"""The public keys of an identity provider, as its JWK set lists them (RFC 7517, 5).

Owns which keys of a foreign set are used. Unlike a set of our own, which one bad key refuses, such
a set is what it is: keys for encryption or for other algorithms are passed over, weak ones are
never used, and both are told. A set that gives away a secret, or names two keys alike, is refused.
Where the set comes from is left to the caller; `id_token` uses the keys.
INVARIANT: nothing told here holds a part of a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from grantctl.credentials import reasons
from grantctl.credentials.compact import MAX_TEXT, is_text
from grantctl.credentials.encoding import decode_json_object
from grantctl.credentials.jwk import (
    KEY_ALGORITHMS,
    MAX_KEY_SET_BYTES,
    MAX_KEYS,
    VerificationKey,
    parse_public_jwk,
)
from grantctl.credentials.reasons import TokenError
from grantctl.errors import InvalidError

_ALGORITHM_OF_KIND = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
_CURVE_OF_KIND = {"RSA": None, "EC": "P-256", "OKP": "Ed25519"}
_SECRET_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """The keys that may be used, by their `kid`; of the others, why not.

    `unusable`: the problem of a key, by its `kid`. `notes`: what was passed over, for the operator.
    """

    keys: Mapping[str, VerificationKey] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def find(self, kid: str, claimed_algorithm: str) -> VerificationKey:
        """The key of exactly that id. Raises TokenError, also where the token claims another
        algorithm than the key's (RFC 8725, 3.1).
        """
        if kid in self.unusable:
            raise TokenError(reasons.unusable_provider_key(kid, self.unusable[kid]))
        found = self.keys.get(kid)
        if found is None:
            raise TokenError(reasons.unknown_key(kid))
        if claimed_algorithm != found.algorithm:
            raise TokenError(
                reasons.algorithm_not_allowed(
                    f"its key is for {found.algorithm}, it says another algorithm"
                )
            )
        return found


def parse_provider_keys(raw: bytes) -> ProviderKeys:
    """The keys of a provider's set. Raises InvalidError where it is none, or none can be used."""
    keys: dict[str, VerificationKey] = {}
    unusable: dict[str, str] = {}
    notes: list[str] = []
    for number, entry in enumerate(_entries(raw), start=1):
        what = f"key {number} of the set"
        if not isinstance(entry, dict):
            raise InvalidError(f"{what} is not a JSON object")
        _require_no_secret(entry, what)
        reason = _passed_over(entry)
        if reason:
            notes.append(f"{what} is passed over: {reason}")
            continue
        kid: str = entry["kid"]
        if kid in keys or kid in unusable:
            raise InvalidError(f"{what} has the `kid` of an earlier one")
        try:
            keys[kid] = _parsed(kid, entry)
        except InvalidError as error:
            unusable[kid] = error.message
            notes.append(f"{what} is not used: {error.message}")
    if not keys:
        raise InvalidError(
            "no key of the set can be used", hint="; ".join(notes)[:MAX_TEXT] or None
        )
    return ProviderKeys(keys, unusable, tuple(notes))


def _entries(raw: bytes) -> list[Any]:
    if len(raw) > MAX_KEY_SET_BYTES:
        raise InvalidError(f"a key set may have at most {MAX_KEY_SET_BYTES} bytes")
    try:
        entries = decode_json_object(raw).get("keys")
    except ValueError as error:
        raise InvalidError(f"the key set {error}") from None
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_KEYS:
        raise InvalidError(f"a key set has a list `keys` of 1 to {MAX_KEYS} keys")
    return entries


def _require_no_secret(entry: Mapping[str, Any], what: str) -> None:
    if entry.get("kty") == "oct" or any(name in entry for name in _SECRET_MEMBERS):
        raise InvalidError(
            f"{what} holds what must be secret: this is no public key set",
            hint="name the provider's own JWK set, the `jwks_uri` of its configuration",
        )


def _passed_over(entry: Mapping[str, Any]) -> str | None:
    """Why a key is none of those that sign ID tokens with an algorithm of ours."""
    kind = entry.get("kty")
    if not isinstance(kind, str) or kind not in _ALGORITHM_OF_KIND:
        return "its kind is not used here"
    if kind != "RSA" and entry.get("crv") != _CURVE_OF_KIND[kind]:
        return "its curve is not used here"
    if entry.get("alg", _ALGORITHM_OF_KIND[kind]) != _ALGORITHM_OF_KIND[kind]:
        return f"it is for another algorithm than {', '.join(KEY_ALGORITHMS)}"
    if entry.get("use", "sig") != "sig":
        return "it is not for signatures"
    operations = entry.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        return "it is not for verifying"
    if not is_text(entry.get("kid"), MAX_TEXT):
        return "it has no `kid`, by which a token could name it"
    return None


def _parsed(kid: str, entry: Mapping[str, Any]) -> VerificationKey:
    """The key, under the provider's own id, which names no file here and so may be any text.

    Raises InvalidError, whose message begins with `it`.
    """
    members = {name: value for name, value in entry.items() if name != "kid"}
    return replace(parse_public_jwk(members, what="it"), kid=kid)
