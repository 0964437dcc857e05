"""The key set of a provider: what is used, what is passed over, what refuses the whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from grantctl.credentials import jwk
from grantctl.credentials.provider_keys import parse_provider_keys
from grantctl.credentials.reasons import TokenError, TokenReason
from grantctl.errors import InvalidError
from tests.credentials.provider import KIDS, key_set, public_member

WEAK = {
    **json.loads(RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key())),
    "kid": "weak",
}
P384 = {
    **json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key())),
    "kid": "p-384",
}
PASSED_OVER: dict[str, tuple[dict[str, Any], str]] = {
    "for encryption": (public_member("RS256", use="enc", kid="e"), "it is not for signatures"),
    "not for verifying": (
        public_member("RS256", key_ops=["encrypt"], kid="e"),
        "it is not for verifying",
    ),
    "for another algorithm": (
        public_member("RS256", alg="RS512", kid="e"),
        "it is for another algorithm than EdDSA, ES256, RS256",
    ),
    "of another kind": ({"kty": "AKP", "kid": "e"}, "its kind is not used here"),
    "without a kind": ({"kid": "e"}, "its kind is not used here"),
    "of a kind that is no text": ({"kty": ["RSA"], "kid": "e"}, "its kind is not used here"),
    "on another curve": (P384, "its curve is not used here"),
    "without kid": (
        public_member("ES256", kid=None),
        "it has no `kid`, by which a token could name it",
    ),
    "with a kid that is a number": (
        public_member("ES256", kid=1),
        "it has no `kid`, by which a token could name it",
    ),
}


def test_each_key_is_found_by_its_exact_id_for_its_own_algorithm() -> None:
    keys = parse_provider_keys(key_set())
    assert (dict(keys.unusable), keys.notes) == ({}, ())
    for algorithm, kid in KIDS.items():
        found = keys.find(kid, algorithm)
        assert (found.kid, found.algorithm) == (kid, algorithm)
        with pytest.raises(TokenError) as error:
            keys.find(kid, "HS256")
        assert error.value.refusal.reason is TokenReason.ALGORITHM_NOT_ALLOWED
        with pytest.raises(TokenError) as error:
            keys.find(f"{kid} ", algorithm)
        assert error.value.refusal.reason is TokenReason.UNKNOWN_KEY


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_is_not_for_us_is_passed_over_and_told(name: str) -> None:
    entry, why = PASSED_OVER[name]
    keys = parse_provider_keys(key_set(public_member("EdDSA"), entry))
    assert list(keys.keys) == [KIDS["EdDSA"]]
    assert keys.notes == (f"key 2 of the set is passed over: {why}",)


def test_a_key_without_use_or_algorithm_is_for_signatures() -> None:
    keys = parse_provider_keys(key_set(public_member("RS256", use=None, alg=None, x5c=["MII"])))
    assert keys.find(KIDS["RS256"], "RS256").algorithm == "RS256"


def test_a_weak_key_is_never_used_and_a_token_of_it_says_why() -> None:
    keys = parse_provider_keys(key_set(WEAK, public_member("EdDSA")))
    why = "it is too weak: it has 1024 bits, and needs 2048"
    assert keys.notes == (f"key 1 of the set is not used: {why}",)
    with pytest.raises(TokenError) as error:
        keys.find("weak", "RS256")
    assert error.value.refusal.message == f"its key `weak` cannot be used: {why}"


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "the key set is not JSON"),
    "no object": (b"[]", "the key set is not a JSON object"),
    "a page": (b"<html>Sign in</html>", "the key set is not JSON"),
    "no list": (b'{"keys": {}}', "a key set has a list `keys` of 1 to 100 keys"),
    "an empty list": (b'{"keys": []}', "a key set has a list `keys` of 1 to 100 keys"),
    "101 keys": (key_set(*[P384] * 101), "a key set has a list `keys` of 1 to 100 keys"),
    "a member twice": (b'{"keys": [], "keys": []}', "the key set has a member that stands twice"),
    "too large": (b" " * (256 * 1024 + 1), "a key set may have at most 262144 bytes"),
    "an entry that is none": (
        key_set(public_member("EdDSA"), 7),
        "key 2 of the set is not a JSON object",
    ),
    "a shared secret": (
        key_set(public_member("EdDSA"), {"kty": "oct", "k": "c2VjcmV0", "kid": "s"}),
        "key 2 of the set holds what must be secret: this is no public key set",
    ),
    "a private key": (
        key_set(public_member("EdDSA", d="c2VjcmV0")),
        "key 1 of the set holds what must be secret: this is no public key set",
    ),
    "a kid twice": (
        key_set(public_member("EdDSA", kid="k"), public_member("ES256", kid="k")),
        "key 2 of the set has the `kid` of an earlier one",
    ),
    "none that can be used": (key_set(WEAK, P384), "no key of the set can be used"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_set_that_is_none_or_gives_secrets_away_is_refused(name: str) -> None:
    raw, message = REFUSED[name]
    with pytest.raises(InvalidError) as error:
        parse_provider_keys(raw)
    assert error.value.message == message
    assert "c2VjcmV0" not in f"{error.value.message}{error.value.hint}"


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "use", "alg", "kid", "n", "e", "x", "y", "key_ops", "d"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=50) | st.lists(st.text()),
    ),
    st.sampled_from(sorted(KIDS)),
)
def test_any_members_are_passed_over_refused_or_a_key(
    changed: dict[str, Any], algorithm: str
) -> None:
    entry = {**public_member(algorithm), **changed}
    secrets = [str(entry.get(name)) for name in ("n", "x", "y") if len(str(entry.get(name))) > 8]
    try:
        keys = parse_provider_keys(key_set(public_member("EdDSA", kid="sound"), entry))
    except InvalidError as error:
        told = [error.message]
    else:
        told = [*keys.notes, *keys.unusable.values()]
        assert "sound" in keys.keys
        for kid, found in keys.keys.items():
            assert found.kid == kid
            assert jwk.algorithm_of(found.key) == found.algorithm
    assert not [secret for secret in secrets for text in told if secret in text]


def test_nothing_shows_a_key() -> None:
    assert public_member("EdDSA")["x"] not in repr(parse_provider_keys(key_set()))
