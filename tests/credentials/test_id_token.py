"""ID tokens of an identity provider: which are accepted, and each hostile one with its reason."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl.credentials import id_token, jwk, jwt
from grantctl.credentials.reasons import TokenError, TokenReason
from tests.credentials import forge
from tests.credentials.forge import NOW, PRIVATE, SECOND, b64, dumps, signed, signed_raw
from tests.credentials.provider import (
    AUDIENCE,
    CLAIMS,
    ISSUER,
    KIDS,
    RULES,
    check,
    claims,
    header,
    issued,
)

SOUND = issued()
H, P, S = SOUND.split(".")
HEAD, BODY = dumps(header()), dumps(CLAIMS)
PUBLIC_PEM = (
    PRIVATE["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)
ED25519_RAW = PRIVATE["EdDSA"].public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
OTHER = jwk.generate_private_key("EdDSA")


def head(**changes: Any) -> str:
    return signed(header(**changes), CLAIMS)


def hmac_with(key: bytes, **changes: Any) -> str:
    return signed({"alg": "HS256", "typ": "JWT", **changes}, CLAIMS, "HS256", key)


def with_member(member: str) -> str:
    return signed_raw(HEAD, (BODY.decode()[:-1] + f",{member}}}").encode())


HOSTILE: dict[str, tuple[str, str]] = {
    # Form: the rest of it is that of every token, tested there.
    "nothing": ("", "malformed"),
    "two parts": (f"{H}.{P}", "malformed"),
    "no signature": (f"{H}.{P}.", "malformed"),
    "a padded signature": (f"{H}.{P}.{S}==", "malformed"),
    "a line feed at the end": (f"{SOUND}\n", "malformed"),
    "over 8 KiB": (issued(groups=["g" * 50] * 200), "malformed"),
    "16 MB": (f"{H}.{'A' * 16_000_000}.{S}", "malformed"),
    "a claim twice": (with_member('"sub":"root"'), "malformed"),
    "a claim twice, once escaped": (with_member(r'"\u0065mail":"root@example.com"'), "malformed"),
    "a lone surrogate": (with_member(r'"x":"\ud800"'), "malformed"),
    "NaN": (with_member('"x":NaN'), "malformed"),
    "33 levels": (with_member(f'"x":{"[" * 32}{"]" * 32}'), "malformed"),
    "a payload that is a list": (signed_raw(HEAD, b"[]"), "malformed"),
    "a header member twice": (signed_raw(HEAD[:-1] + b',"alg":"none"}', BODY), "malformed"),
    # The algorithm and the key.
    "none": (head(alg="none"), "algorithm_not_allowed"),
    "nOnE": (head(alg="nOnE"), "algorithm_not_allowed"),
    "no algorithm": (head(alg=None), "malformed"),
    "RS384": (head(alg="RS384"), "algorithm_not_allowed"),
    "an RSA key as the secret": (hmac_with(PUBLIC_PEM, kid=KIDS["RS256"]), "algorithm_not_allowed"),
    "an Ed25519 key as the secret": (
        hmac_with(ED25519_RAW, kid=KIDS["EdDSA"]),
        "algorithm_not_allowed",
    ),
    "HS256 with our own secret": (
        signed({**header(), "alg": "HS256", "kid": forge.SECRET.kid}, CLAIMS, "HS256"),
        "unknown_key",
    ),
    "HS256 and no kid": (hmac_with(b"k" * 32), "unknown_key"),
    "no kid": (head(kid=None), "unknown_key"),
    "an empty kid": (head(kid=""), "unknown_key"),
    "an unknown kid": (head(kid="unknown"), "unknown_key"),
    "a kid in the other case": (head(kid=KIDS["RS256"].upper()), "unknown_key"),
    "a kid and a space": (head(kid=f"{KIDS['EdDSA']} "), "unknown_key"),
    "a kid for a terminal": (head(kid="\x1b[2J\u202e"), "unknown_key"),
    "the kid of another kind": (head(kid=KIDS["RS256"]), "algorithm_not_allowed"),
    "our own key's kid": (head(kid=forge.KEYS["EdDSA"].kid), "unknown_key"),
    "its own key": (head(jwk=jwk.public_jwk(OTHER)), "malformed"),
    "jku": (head(jku="http://127.0.0.1:9/keys"), "malformed"),
    "x5t": (head(x5t="AAAA"), "malformed"),
    "crit": (head(crit=["exp"]), "malformed"),
    "another key": (signed(header(), CLAIMS, "EdDSA", OTHER), "bad_signature"),
    "another payload": (f"{H}.{b64(dumps(claims(sub='root')))}.{S}", "bad_signature"),
    "another header": (f"{b64(dumps({**header(), 'x': 1}))}.{P}.{S}", "bad_signature"),
    "a signature of zeros": (f"{H}.{P}.{b64(bytes(64))}", "bad_signature"),
    # The type.
    "an access token": (head(typ="at+jwt"), "wrong_type"),
    "an access token in full": (head(typ="application/at+jwt"), "wrong_type"),
    "a logout token": (head(typ="logout+jwt"), "wrong_type"),
    "another case of the type": (head(typ="jwt"), "wrong_type"),
    "an access token of ours": (
        signed(forge.header("EdDSA"), forge.CLAIMS),
        "unknown_key",
    ),
    "an access token of ours under the provider's kid": (
        signed(forge.header("EdDSA", kid=KIDS["EdDSA"]), claims(jti="1")),
        "wrong_type",
    ),
    # Issuer and audience.
    "another issuer": (issued(iss="https://evil.example"), "wrong_issuer"),
    "the issuer and a slash": (issued(iss=f"{ISSUER}/"), "wrong_issuer"),
    "the issuer in another case": (issued(iss=ISSUER.upper()), "wrong_issuer"),
    "no issuer": (issued(iss=None), "malformed"),
    "an issuer that is a list": (issued(iss=[ISSUER]), "malformed"),
    "another audience": (issued(aud="other"), "wrong_audience"),
    "a list without the audience": (issued(aud=["other", "third"], azp=AUDIENCE), "wrong_audience"),
    "a list with it, issued to another": (
        issued(aud=[AUDIENCE, "other"], azp="other"),
        "wrong_audience",
    ),
    "a list with it, issued to nobody": (issued(aud=[AUDIENCE, "other"]), "wrong_audience"),
    "one audience, issued to another": (issued(azp="other"), "wrong_audience"),
    "no audience": (issued(aud=None), "malformed"),
    "an empty list of audiences": (issued(aud=[]), "malformed"),
    "an audience that is a number": (issued(aud=1), "malformed"),
    "a list with a number": (issued(aud=[AUDIENCE, 1], azp=AUDIENCE), "malformed"),
    "51 audiences": (issued(aud=[AUDIENCE] * 51, azp=AUDIENCE), "malformed"),
    "azp that is a list": (issued(azp=[AUDIENCE]), "malformed"),
    # Times.
    "no exp": (issued(exp=None), "malformed"),
    "exp that is text": (issued(exp=str(SECOND + 60)), "malformed"),
    "exp that is true": (issued(exp=True), "malformed"),
    "exp of 1e18": (issued(exp=1e18), "malformed"),
    "exp this very second": (issued(exp=SECOND), "expired"),
    "nbf in the future": (issued(nbf=SECOND + 1), "not_yet_valid"),
    "no iat": (issued(iat=None), "malformed"),
    "iat in the future": (issued(iat=SECOND + 1), "not_yet_valid"),
    # Subject and nonce.
    "no sub": (issued(sub=None), "malformed"),
    "an empty sub": (issued(sub=""), "malformed"),
    "sub that is a number": (issued(sub=1), "malformed"),
    "sub with NUL": (issued(sub="ada\0"), "malformed"),
    "sub of 256 characters": (issued(sub="x" * 256), "malformed"),
    "a nonce that is a number": (issued(nonce=1), "malformed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_id_token_is_refused_at_once_and_for_the_right_reason(name: str) -> None:
    text, reason = HOSTILE[name]
    began = time.process_time()
    with pytest.raises(TokenError) as error:
        check(text)
    assert time.process_time() - began < 2
    refusal = error.value.refusal
    assert refusal.reason is TokenReason(reason), refusal.message
    assert refusal.message.isprintable()
    assert error.value.__cause__ is None
    for claim in (CLAIMS["sub"], CLAIMS["email"], ISSUER, AUDIENCE):
        assert claim not in refusal.message


@pytest.mark.parametrize("algorithm", KIDS)
def test_a_genuine_token_gives_its_claims(algorithm: str) -> None:
    assert check(issued(algorithm)) == CLAIMS
    key = PRIVATE[algorithm]
    other = pyjwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": KIDS[algorithm]})
    assert check(other) == CLAIMS


def test_a_type_may_be_left_out() -> None:
    assert check(head(typ=None)) == CLAIMS


def test_of_several_audiences_the_token_says_that_it_was_issued_to_this_one() -> None:
    assert check(issued(aud=[AUDIENCE]))["aud"] == [AUDIENCE]
    assert check(issued(aud=["other", AUDIENCE], azp=AUDIENCE))["azp"] == AUDIENCE


def test_a_leeway_is_for_clocks_that_differ() -> None:
    late = issued(exp=SECOND - 10)
    assert check(late, rules=replace(RULES, leeway_seconds=11))["exp"] == SECOND - 10
    with pytest.raises(TokenError, match="expired"):
        check(late, rules=replace(RULES, leeway_seconds=10))
    with pytest.raises(TokenError, match="expired"):  # never more than a minute
        check(late, rules=replace(RULES, leeway_seconds=10_000), now=NOW + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("said", "message"),
    [(None, "it has no nonce"), ("other", "it has the nonce of another login")],
)
def test_a_nonce_that_is_asked_for_must_be_that_of_the_login(
    said: str | None, message: str
) -> None:
    rules = replace(RULES, nonce="n-1")
    assert check(issued(nonce="n-1"), rules=rules)["nonce"] == "n-1"
    with pytest.raises(TokenError) as error:
        check(issued(nonce=said), rules=rules)
    assert (error.value.refusal.reason, error.value.refusal.message) == (
        TokenReason.WRONG_NONCE,
        message,
    )
    assert check(issued(nonce="whatever"))["nonce"] == "whatever"


def test_an_id_token_is_no_access_token() -> None:
    """Not even where the provider signs with a key that is ours too."""
    with pytest.raises(TokenError) as error:
        forge.check(signed({**header(), "kid": forge.KEYS["EdDSA"].kid}, forge.CLAIMS))
    assert error.value.refusal.reason is TokenReason.WRONG_TYPE
    with pytest.raises(TokenError):
        forge.check(SOUND)


def test_reading_one_vouches_for_nothing_and_asks_no_key() -> None:
    stranger = signed(header(kid="unknown"), CLAIMS, "EdDSA", OTHER)
    assert id_token.read_id_token(stranger).claims == CLAIMS
    refusal = id_token.claims_refusal(claims(exp=SECOND), RULES, NOW)
    assert refusal is not None
    assert refusal.reason is TokenReason.EXPIRED
    assert id_token.claims_refusal(CLAIMS, RULES, NOW) is None


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(sorted(KIDS)),
    st.integers(min_value=0),
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("AB-_.=+/ \n")),
    st.sampled_from(["replace", "insert", "remove"]),
)
def test_no_change_of_a_character_leaves_a_token_valid(
    algorithm: str, position: int, character: str, how: str
) -> None:
    sound = SOUND_OF[algorithm]
    at = position % len(sound)
    changed = sound[:at] + ("" if how == "remove" else character) + sound[at + (how != "insert") :]
    if changed != sound:
        with pytest.raises(TokenError):
            check(changed)


SOUND_OF = {algorithm: issued(algorithm) for algorithm in KIDS}
JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ["alg", "typ", "kid", "crit", "iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce"]
)


@settings(deadline=None, max_examples=80)
@given(
    st.dictionaries(NAMES | st.text(max_size=5), JSON_VALUE, max_size=4),
    st.dictionaries(NAMES | st.text(max_size=5), JSON_VALUE, max_size=4),
)
def test_signed_nonsense_is_refused_or_means_exactly_us(
    heads: dict[str, Any], bodies: dict[str, Any]
) -> None:
    text = signed_raw(
        json.dumps({**header(), **heads}).encode(), json.dumps({**CLAIMS, **bodies}).encode()
    )
    try:
        found = check(text)
    except TokenError as error:
        assert error.refusal.reason is not TokenReason.BAD_SIGNATURE
    else:
        assert found["iss"] == ISSUER
        assert AUDIENCE in found["aud"]
        assert found["exp"] > SECOND
        assert isinstance(found["sub"], str)


def test_inspecting_one_shows_that_it_is_no_access_token() -> None:
    assert jwt.inspect(SOUND)["kind"] == "other"
