"""Keys that sign and verify, and their JSON form (RFC 7517, 7518, 7638, 8037).

Owns making keys, their PEM and JSON forms, and which keys are refused. Where private keys are kept
is left to `operations`; `jwt` uses the keys.
INVARIANT: an error never holds a part of a key. The messages of the libraries do, so none of them
is passed on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from grantctl.credentials.encoding import decode_base64url, decode_json_object, encode_base64url
from grantctl.credentials.weak_keys import ed25519_problem, rsa_problem
from grantctl.errors import InvalidError

RSA_BITS = 3072  # 128 bits of strength
KEY_ALGORITHMS = ("EdDSA", "ES256", "RS256")
MAX_KEY_SET_BYTES = 256 * 1024
MAX_KEYS = 100

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

# INVARIANT: a kid may name a file, so it holds no separator and does not begin with a dot.
_KID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_ALGORITHM_OF = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
_MEMBERS_OF = {"RS256": ("n", "e"), "ES256": ("x", "y"), "EdDSA": ("x",)}
_POINT_BYTES = 32
_HINT = "the algorithms are RS256, ES256 (P-256) and EdDSA (Ed25519)"


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, and the one algorithm that it is used with (RFC 8725, 3.1)."""

    kid: str
    algorithm: str
    key: PublicKey = field(repr=False)


def is_kid(text: str) -> bool:
    """Whether a key of ours may have this id: 1 to 128 of `A-Z a-z 0-9 . _ -`, no dot first."""
    return _KID.fullmatch(text) is not None


def generate_private_key(algorithm: str) -> PrivateKey:
    """A new key for RS256 (3,072 bits), ES256 (P-256) or EdDSA (Ed25519). Raises InvalidError."""
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    raise InvalidError("no key can be made for that algorithm", hint=_HINT)


def private_pem(key: PrivateKey) -> bytes:
    """The key in PKCS #8, unencrypted: to be kept in a file that only its owner can read."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_private_pem(pem: bytes) -> PrivateKey:
    """The private key of that PEM. Raises InvalidError, also for a key that is too weak."""
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise InvalidError("the private key is encrypted") from None
    except Exception:
        raise InvalidError("the private key is not readable PEM") from None
    if not isinstance(
        key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise InvalidError("the private key is of a kind that is not used here", hint=_HINT)
    _require_strong(key.public_key(), "the private key")
    return key


def algorithm_of(key: PrivateKey | PublicKey) -> str:
    """The one algorithm that the key is used with."""
    if isinstance(key, rsa.RSAPrivateKey | rsa.RSAPublicKey):
        return "RS256"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return "ES256"
    return "EdDSA"


def public_jwk(key: PrivateKey | PublicKey) -> dict[str, str]:
    """The public part; `kid` is its thumbprint. No private member is ever in it."""
    public = key.public_key() if hasattr(key, "public_key") else key
    members = _required_members(public)
    return {
        **members,
        "kid": thumbprint(members),
        "use": "sig",
        "alg": algorithm_of(public),
    }


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638: base64url of the SHA-256 of the required members in order. Raises InvalidError."""
    algorithm = _algorithm(jwk, "the key")
    names = ("kty", *(() if algorithm == "RS256" else ("crv",)), *_MEMBERS_OF[algorithm])
    required = {name: jwk.get(name) for name in sorted(names)}
    if not all(isinstance(value, str) for value in required.values()):
        raise InvalidError("the key lacks a member that its kind needs")
    canonical = json.dumps(required, separators=(",", ":"), ensure_ascii=False)
    return encode_base64url(hashlib.sha256(canonical.encode(errors="replace")).digest())


def parse_public_jwk(jwk: Mapping[str, Any], *, what: str = "the key") -> VerificationKey:
    """The key that the members describe; its `kid` is its thumbprint where none is given.

    `what` names it in an error. Raises InvalidError.
    """
    algorithm = _algorithm(jwk, what)
    _require_public(jwk, what)
    _require_signing_use(jwk, what)
    if jwk.get("alg", algorithm) != algorithm:
        raise InvalidError(f"{what} says an algorithm that does not fit its kind", hint=_HINT)
    kid = jwk["kid"] if "kid" in jwk else thumbprint(jwk)
    if not isinstance(kid, str) or not is_kid(kid):
        raise InvalidError(f"{what} has an unusable `kid`", hint="its RFC 7638 thumbprint is best")
    numbers = [_number(jwk, name, algorithm, what) for name in _MEMBERS_OF[algorithm]]
    try:
        key = _public_key(algorithm, numbers)
    except Exception:  # whatever the library says holds the numbers
        raise InvalidError(f"{what} is not a valid {algorithm} key") from None
    _require_strong(key, what)
    return VerificationKey(kid, algorithm, key)


def parse_key_set(text: str | bytes) -> tuple[VerificationKey, ...]:
    """The keys of a JWK set (RFC 7517, 5); one bad key refuses them all. Raises InvalidError."""
    try:
        raw = text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise InvalidError("the key set is not valid text") from None
    if len(raw) > MAX_KEY_SET_BYTES:
        raise InvalidError(f"a key set may have at most {MAX_KEY_SET_BYTES} bytes")
    try:
        entries = decode_json_object(raw).get("keys")
    except ValueError as error:
        raise InvalidError(f"the key set {error}") from None
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_KEYS:
        raise InvalidError(f"a key set has a list `keys` of 1 to {MAX_KEYS} keys")
    found: dict[str, VerificationKey] = {}
    for number, entry in enumerate(entries, start=1):
        what = f"key {number} of the set"
        if not isinstance(entry, dict):
            raise InvalidError(f"{what} is not a JSON object")
        key = parse_public_jwk(entry, what=what)
        if key.kid in found:
            raise InvalidError(f"{what} has the `kid` of an earlier one")
        found[key.kid] = key
    return tuple(found.values())


def _algorithm(jwk: Mapping[str, Any], what: str) -> str:
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "oct":
        raise InvalidError(f"{what} is a shared secret, which is never in a key set")
    if isinstance(kind, str) and (curve is None or isinstance(curve, str)):
        algorithm = _ALGORITHM_OF.get((kind, curve))
        if algorithm:
            return algorithm
    raise InvalidError(f"{what} is of a kind or on a curve that is not used here", hint=_HINT)


def _require_public(jwk: Mapping[str, Any], what: str) -> None:
    if any(name in jwk for name in _PRIVATE_MEMBERS):
        raise InvalidError(
            f"{what} holds private members: it is no secret any more wherever it was sent",
            hint="make a new key, and share only its public part",
        )


def _require_signing_use(jwk: Mapping[str, Any], what: str) -> None:
    if jwk.get("use", "sig") != "sig":
        raise InvalidError(f"{what} is not for signatures: its `use` is not `sig`")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise InvalidError(f"{what} is not for verifying: its `key_ops` lack `verify`")
    if not all(isinstance(one, str) for one in operations) or len(set(operations)) != len(
        operations
    ):
        raise InvalidError(f"{what} has `key_ops` that are not distinct words")


def _number(jwk: Mapping[str, Any], name: str, algorithm: str, what: str) -> bytes:
    """The bytes of a member, which has one spelling (RFC 7518, 2 and 6.2.1.2)."""
    value = jwk.get(name)
    if not isinstance(value, str) or not value or not value.isascii():
        raise InvalidError(f"{what} lacks its `{name}`, or it is no text")
    try:
        raw = decode_base64url(value.encode("ascii"))
    except ValueError as error:
        raise InvalidError(f"`{name}` of {what} {error}") from None
    if algorithm == "RS256":
        if raw[0] == 0:
            raise InvalidError(f"`{name}` of {what} has a leading zero")
    elif len(raw) != _POINT_BYTES:
        raise InvalidError(f"`{name}` of {what} does not have {_POINT_BYTES} bytes")
    return raw


def _public_key(algorithm: str, numbers: list[bytes]) -> PublicKey:
    if algorithm == "EdDSA":
        return ed25519.Ed25519PublicKey.from_public_bytes(numbers[0])
    first, second = (int.from_bytes(number) for number in numbers)
    if algorithm == "ES256":
        return ec.EllipticCurvePublicNumbers(first, second, ec.SECP256R1()).public_key()
    return rsa.RSAPublicNumbers(second, first).public_key()


def _required_members(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": _encode_integer(numbers.n), "e": _encode_integer(numbers.e)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_numbers()
        x, y = point.x.to_bytes(_POINT_BYTES), point.y.to_bytes(_POINT_BYTES)
        return {"kty": "EC", "crv": "P-256", "x": encode_base64url(x), "y": encode_base64url(y)}
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(raw)}


def _encode_integer(value: int) -> str:
    return encode_base64url(value.to_bytes((value.bit_length() + 7) // 8))


def _require_strong(key: PublicKey, what: str) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1):
        raise InvalidError(f"{what} is on a curve that is not used here", hint=_HINT)
    problem = None
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        problem = rsa_problem(numbers.n, numbers.e)
    elif isinstance(key, ed25519.Ed25519PublicKey):
        problem = ed25519_problem(key.public_bytes_raw())
    if problem:
        raise InvalidError(f"{what} is too weak: {problem}")
