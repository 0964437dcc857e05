"""Keys: which are made, how they are written, and which are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from grantctl.credentials import jwk, weak_keys
from grantctl.credentials.encoding import decode_base64url, encode_base64url
from grantctl.errors import InvalidError
from tests.credentials.forge import PRIVATE

PUBLIC = {name: jwk.public_jwk(key) for name, key in PRIVATE.items()}
RFC_7638 = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}


def integer(value: int) -> str:
    return encode_base64url(value.to_bytes((value.bit_length() + 7) // 8))


def rsa_members(modulus: int, exponent: int = 65537) -> dict[str, Any]:
    return {"kty": "RSA", "n": integer(modulus), "e": integer(exponent)}


def ed25519_members(encoded: int) -> dict[str, Any]:
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(encoded.to_bytes(32, "little"))}


FIELD = 2**255 - 19
MODULUS = PRIVATE["RS256"].public_key().public_numbers().n  # type: ignore[union-attr]


def roca_modulus() -> int:
    """A power of 65537 modulo the product of small primes, as the faulty generator makes them."""
    product = 1
    for prime in weak_keys._ROCA_PRIMES:
        product *= prime
    left = pow(65537, 1234567, product)
    modulus = left + product * (2**2047 // product + 12345)
    return modulus if modulus % 2 else modulus + product


def test_rfc_7638_thumbprint() -> None:
    assert jwk.thumbprint(RFC_7638) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert jwk.parse_public_jwk(RFC_7638).kid == "2011-04-29"


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("RS256", ["alg", "e", "kid", "kty", "n", "use"]),
        ("ES256", ["alg", "crv", "kid", "kty", "use", "x", "y"]),
        ("EdDSA", ["alg", "crv", "kid", "kty", "use", "x"]),
    ],
)
def test_the_public_part_of_a_key_holds_nothing_private(name: str, members: list[str]) -> None:
    public = PUBLIC[name]
    assert sorted(public) == members
    assert (public["alg"], public["use"]) == (name, "sig")
    assert public["kid"] == jwk.thumbprint(public)
    assert public == jwk.public_jwk(PRIVATE[name].public_key())
    parsed = jwk.parse_public_jwk(public)
    assert (parsed.kid, parsed.algorithm) == (public["kid"], name)
    assert jwk.public_jwk(parsed.key) == public


def test_a_new_rsa_key_has_128_bits_of_strength() -> None:
    key = PRIVATE["RS256"]
    assert isinstance(key, rsa.RSAPrivateKey)
    assert (key.key_size, key.public_key().public_numbers().e) == (3072, 65537)


def test_points_with_leading_zeros_keep_their_32_bytes() -> None:
    for _ in range(2000):
        key = ec.generate_private_key(ec.SECP256R1())
        if key.public_key().public_numbers().x < 2**248:
            break
    public = jwk.public_jwk(key)
    assert (len(public["x"]), len(public["y"])) == (43, 43)
    assert jwk.public_jwk(jwk.parse_public_jwk(public).key) == public


def test_no_key_is_made_for_another_algorithm() -> None:
    for name in ("none", "HS256", "RS512", "", "eddsa"):
        with pytest.raises(InvalidError):
            jwk.generate_private_key(name)


def without(name: str, member: str) -> dict[str, Any]:
    return {key: value for key, value in PUBLIC[name].items() if key != member}


P384 = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
K256 = ec.generate_private_key(ec.SECP256K1()).public_key().public_numbers()
BAD: dict[str, Mapping[str, Any]] = {
    "nothing": {},
    "no kind": without("EdDSA", "kty"),
    "a kind that is a number": {**PUBLIC["EdDSA"], "kty": 1},
    "a kind that is a list": {**PUBLIC["EdDSA"], "kty": ["OKP"]},
    "a curve that is a list": {**PUBLIC["EdDSA"], "crv": ["Ed25519"]},
    "another kind": {**PUBLIC["EdDSA"], "kty": "AKP"},
    "a shared secret": {"kty": "oct", "k": "c2VjcmV0"},
    "Ed448": {**PUBLIC["EdDSA"], "crv": "Ed448"},
    "X25519": {**PUBLIC["EdDSA"], "crv": "X25519"},
    "P-384": {
        "kty": "EC",
        "crv": "P-384",
        "x": encode_base64url(P384.x.to_bytes(48)),
        "y": encode_base64url(P384.y.to_bytes(48)),
    },
    "secp256k1 as P-256": {
        "kty": "EC",
        "crv": "P-256",
        "x": encode_base64url(K256.x.to_bytes(32)),
        "y": encode_base64url(K256.y.to_bytes(32)),
    },
    "an EC key that says RSA": {**PUBLIC["ES256"], "kty": "RSA"},
    "an RSA key on a curve": {**PUBLIC["RS256"], "crv": "P-256"},
    "another algorithm": {**PUBLIC["RS256"], "alg": "PS256"},
    "the algorithm of another kind": {**PUBLIC["RS256"], "alg": "HS256"},
    "the algorithm none": {**PUBLIC["RS256"], "alg": "none"},
    "an algorithm that is null": {**PUBLIC["RS256"], "alg": None},
    "for encryption": {**PUBLIC["RS256"], "use": "enc"},
    "a use that is null": {**PUBLIC["RS256"], "use": None},
    "for signing only": {**PUBLIC["RS256"], "key_ops": ["sign"]},
    "for nothing": {**PUBLIC["RS256"], "key_ops": []},
    "key_ops that are text": {**PUBLIC["RS256"], "key_ops": "verify"},
    "key_ops twice": {**PUBLIC["RS256"], "key_ops": ["verify", "verify"]},
    "key_ops of anything": {**PUBLIC["RS256"], "key_ops": ["verify", {}]},
    "the private EdDSA key": {
        **PUBLIC["EdDSA"],
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    },
    "a private member that is null": {**PUBLIC["EdDSA"], "d": None},
    "the private RSA key": {**PUBLIC["RS256"], "p": "AQAB"},
    "a secret beside": {**PUBLIC["RS256"], "k": "AQAB"},
    "a kid that is a number": {**PUBLIC["EdDSA"], "kid": 1},
    "a kid that is null": {**PUBLIC["EdDSA"], "kid": None},
    "an empty kid": {**PUBLIC["EdDSA"], "kid": ""},
    "a kid that is a path": {**PUBLIC["EdDSA"], "kid": "../key"},
    "a kid that is hidden": {**PUBLIC["EdDSA"], "kid": ".key"},
    "a kid of 129 characters": {**PUBLIC["EdDSA"], "kid": "k" * 129},
    "no point": without("EdDSA", "x"),
    "a point that is a number": {**PUBLIC["EdDSA"], "x": 1},
    "an empty point": {**PUBLIC["EdDSA"], "x": ""},
    "the point of another key": {**PUBLIC["ES256"], "x": encode_base64url(bytes(31) + b"\1")},
    "half a point": without("ES256", "y"),
    "a short point": {**PUBLIC["EdDSA"], "x": PUBLIC["EdDSA"]["x"][:-2]},
    "a padded point": {**PUBLIC["EdDSA"], "x": PUBLIC["EdDSA"]["x"] + "="},
    "a point in letters outside ASCII": {**PUBLIC["EdDSA"], "x": "é" * 43},
    "a point off the curve": {**PUBLIC["ES256"], "y": PUBLIC["ES256"]["x"]},
    "the point at infinity": {
        **PUBLIC["ES256"],
        "x": encode_base64url(bytes(32)),
        "y": encode_base64url(bytes(32)),
    },
    "a point with a zero in front": {
        **PUBLIC["ES256"],
        "x": encode_base64url(b"\0" + bytes(32)),
    },
    "an Ed25519 point of order 1": ed25519_members(1),
    "an Ed25519 point of order 2": ed25519_members(FIELD - 1),
    "an Ed25519 point of order 4": ed25519_members(0),
    "an Ed25519 point of order 4, its sign set": ed25519_members(2**255),
    "an Ed25519 point of order 8": ed25519_members(weak_keys._ORDER_8),
    "an Ed25519 point of order 8, its other half": ed25519_members(FIELD - weak_keys._ORDER_8),
    "an Ed25519 point with a second spelling": ed25519_members(FIELD + 3),
    "no modulus": without("RS256", "n"),
    "no exponent": without("RS256", "e"),
    "1,024 bits": rsa_members(MODULUS >> 2048 | 1),
    "2,047 bits": rsa_members((MODULUS >> 1025) | 1),
    "16,384 bits": rsa_members(MODULUS << 13312 | 1),
    "an even modulus": rsa_members(MODULUS + 1),
    "an exponent of 1": rsa_members(MODULUS, 1),
    "an even exponent": rsa_members(MODULUS, 65536),
    "an exponent over 64 bits": rsa_members(MODULUS, 2**65 + 1),
    "an exponent of zero": {**rsa_members(MODULUS), "e": "AA"},
    "a leading zero": {**rsa_members(MODULUS), "e": "AAEAAQ"},
    "a key of the faulty generator": rsa_members(roca_modulus()),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_key_is_refused_without_a_word_of_it(name: str) -> None:
    members = BAD[name]
    for refuse in (
        lambda: jwk.parse_public_jwk(members),
        lambda: jwk.parse_key_set(json.dumps({"keys": [members]})),
    ):
        with pytest.raises(InvalidError) as error:
            refuse()
        told = f"{error.value.message} {error.value.hint}"
        assert error.value.__cause__ is None
        assert error.value.__suppress_context__ or error.value.__context__ is None
        for value in members.values():
            assert not isinstance(value, str) or len(value) < 20 or value not in told


@pytest.mark.parametrize("name", PUBLIC)
def test_use_key_ops_and_alg_may_be_left_out(name: str) -> None:
    bare = {k: v for k, v in PUBLIC[name].items() if k not in ("use", "alg", "kid")}
    assert jwk.parse_public_jwk(bare).kid == PUBLIC[name]["kid"]
    assert jwk.parse_public_jwk({**bare, "key_ops": ["sign", "verify"]}).algorithm == name


def test_an_rsa_key_of_2048_bits_and_an_exponent_of_3_may_be_used() -> None:
    key = rsa.generate_private_key(public_exponent=3, key_size=2048)
    assert jwk.parse_public_jwk(jwk.public_jwk(key)).algorithm == "RS256"


def test_sound_keys_are_not_taken_for_those_of_the_faulty_generator() -> None:
    assert weak_keys.rsa_problem(MODULUS, 65537) is None
    assert weak_keys.rsa_problem(roca_modulus(), 65537) == (
        "it comes from a faulty generator (CVE-2017-15361)"
    )


def test_the_points_of_order_8_are_those_whose_double_has_order_4() -> None:
    """Where y = 0 after doubling, d y^4 + 2 y^2 = 1 on the curve of RFC 8032, 5.1."""
    d = -121665 * pow(121666, -1, FIELD)
    for y in (weak_keys._ORDER_8, FIELD - weak_keys._ORDER_8):
        assert (d * y**4 + 2 * y**2 - 1) % FIELD == 0


def test_a_key_set_is_read_whole() -> None:
    text = json.dumps({"keys": list(PUBLIC.values()), "other": 1})
    assert [key.algorithm for key in jwk.parse_key_set(text)] == list(PUBLIC)
    assert jwk.parse_key_set(text.encode()) is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the key set is not JSON"),
        ("[]", "the key set is not a JSON object"),
        ("{}", "a key set has a list `keys` of 1 to 100 keys"),
        ('{"keys": []}', "a key set has a list `keys` of 1 to 100 keys"),
        ('{"keys": {}}', "a key set has a list `keys` of 1 to 100 keys"),
        ('{"keys": [1]}', "key 1 of the set is not a JSON object"),
        (json.dumps({"keys": [{}] * 101}), "a key set has a list `keys` of 1 to 100 keys"),
        ("\ufeff{}", "the key set begins with a byte order mark"),
        ("\ud800", "the key set is not valid text"),
        (" " * 300_000, "a key set may have at most 262144 bytes"),
        ('{"keys": [], "keys": []}', "the key set has a member that stands twice"),
        (
            json.dumps({"keys": [PUBLIC["EdDSA"], PUBLIC["EdDSA"]]}),
            "key 2 of the set has the `kid` of an earlier one",
        ),
        (
            json.dumps(
                {"keys": [PUBLIC["EdDSA"], {**PUBLIC["ES256"], "kid": PUBLIC["EdDSA"]["kid"]}]}
            ),
            "key 2 of the set has the `kid` of an earlier one",
        ),
        (
            json.dumps({"keys": [PUBLIC["EdDSA"], {"kty": "oct", "k": "c2VjcmV0"}]}),
            "key 2 of the set is a shared secret, which is never in a key set",
        ),
        (
            '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","\\u0078":"AA"}]}',
            "the key set has a member that stands twice",
        ),
    ],
)
def test_a_key_set_is_refused_whole(text: str, message: str) -> None:
    with pytest.raises(InvalidError) as error:
        jwk.parse_key_set(text)
    assert error.value.message == message


def pkcs8(key: Any) -> bytes:
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        (b"", "the private key is not readable PEM"),
        (b"\xff" * 100, "the private key is not readable PEM"),
        (
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "the private key is not readable PEM",
        ),
        (
            PRIVATE["ES256"]
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "the private key is not readable PEM",
        ),
        (
            PRIVATE["EdDSA"].private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pw")
            ),
            "the private key is encrypted",
        ),
        (
            pkcs8(ed448.Ed448PrivateKey.generate()),
            "the private key is of a kind that is not used here",
        ),
        (
            pkcs8(dsa.generate_private_key(2048)),
            "the private key is of a kind that is not used here",
        ),
        (
            pkcs8(ec.generate_private_key(ec.SECP384R1())),
            "the private key is on a curve that is not used here",
        ),
        (
            pkcs8(rsa.generate_private_key(65537, 1024)),
            "the private key is too weak: it has 1024 bits, and needs 2048",
        ),
    ],
    ids=count(),  # the keys are new in every process
)
def test_another_private_key_is_refused(pem: bytes, message: str) -> None:
    with pytest.raises(InvalidError) as error:
        jwk.load_private_pem(pem)
    assert error.value.message == message
    assert error.value.__cause__ is None


def test_ed25519_is_signed_the_one_way() -> None:
    """RFC 8037 A.1: the public part of its private key."""
    seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
    key = ed25519.Ed25519PrivateKey.from_private_bytes(decode_base64url(seed.encode()))
    assert jwk.public_jwk(key)["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
