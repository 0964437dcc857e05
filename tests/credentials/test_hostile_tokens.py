"""Tokens that nobody may be let in with, each with the reason that is given for it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl.credentials import jwk, jwt
from grantctl.credentials.reasons import TokenError, TokenReason
from tests.credentials.forge import (
    CLAIMS,
    KEYS,
    PRIVATE,
    SECOND,
    b64,
    check,
    claims,
    dumps,
    header,
    signature,
    signed,
    signed_raw,
)

HEAD = dumps(header("EdDSA"))
BODY = dumps(CLAIMS)
SOUND = signed_raw(HEAD, BODY)
H, P, S = SOUND.split(".")
PUBLIC_PEM = (
    PRIVATE["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def body(**changes: Any) -> str:
    return signed(header("EdDSA"), claims(**changes))


def head(**changes: Any) -> str:
    return signed(header("EdDSA", **changes), CLAIMS)


def raw_body(text: str | bytes) -> str:
    return signed_raw(HEAD, text.encode() if isinstance(text, str) else text)


def with_member(member: str) -> str:
    """A sound payload, and one member more."""
    return raw_body(BODY.decode()[:-1] + f",{member}}}")


def with_header_member(member: str) -> str:
    return signed_raw((HEAD.decode()[:-1] + f",{member}}}").encode(), BODY)


def padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def uncanonical(part: str) -> str:
    """The same bytes with an unused bit set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(part) % 4
    return part[:-1] + alphabet[alphabet.index(part[-1]) | 1]


def signed_es256(raw: Callable[[int, int], bytes]) -> str:
    """An ES256 token whose signature is written in another way."""
    key = PRIVATE["ES256"]
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signing_input = f"{b64(dumps(header('ES256')))}.{b64(BODY)}"
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{b64(raw(r, s))}"


def raw_signature(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


def signed_pss() -> str:
    key = PRIVATE["RS256"]
    assert isinstance(key, rsa.RSAPrivateKey)
    signing_input = f"{b64(dumps(header('RS256')))}.{b64(BODY)}"
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return f"{signing_input}.{b64(key.sign(signing_input.encode(), pss, hashes.SHA256()))}"


def hmac_with(key: bytes, **changes: Any) -> str:
    return signed({"alg": "HS256", "typ": "at+jwt", **changes}, CLAIMS, "HS256", key)


OTHER = {name: jwk.generate_private_key(name) for name in ("ES256", "EdDSA")}
RS_KID, ED_KID = KEYS["RS256"].kid, KEYS["EdDSA"].kid

HOSTILE: dict[str, tuple[str, str]] = {
    # Form: size, alphabet, parts, base64url.
    "nothing": ("", "malformed"),
    "a dot": (".", "malformed"),
    "two dots": ("..", "malformed"),
    "a word": ("token", "malformed"),
    "two parts": (f"{H}.{P}", "malformed"),
    "four parts": (f"{SOUND}.{S}", "malformed"),
    "a dot at the end": (f"{SOUND}.", "malformed"),
    "a dot in front": (f".{SOUND}", "malformed"),
    "five parts, as a JWE": (f"{H}.{P}.{S}.{P}.{S}", "malformed"),
    "an empty header": (f".{P}.{S}", "malformed"),
    "an empty payload": (f"{H}..{S}", "malformed"),
    "an empty signature": (f"{H}.{P}.", "malformed"),
    "the JSON form": (json.dumps({"payload": P, "protected": H, "signature": S}), "malformed"),
    "one character over 8 KiB": (f"{H}.{'A' * (8193 - len(H) - len(S) - 2)}.{S}", "malformed"),
    "16 MB": (f"{H}.{'A' * 16_000_000}.{S}", "malformed"),
    "16 MB of dots": ("." * 16_000_000, "malformed"),
    "padding": (f"{padded(H)}.{P}.{padded(S)}", "malformed"),
    "a padded signature": (f"{H}.{P}.{padded(S)}", "malformed"),
    "unused bits in the signature": (f"{H}.{P}.{uncanonical(S)}", "malformed"),
    "the other alphabet": (f"{H}.{P}.{'+' + S[1:]}", "malformed"),
    "the other alphabet's slash": (f"{H}.{P}.{'/' + S[1:]}", "malformed"),
    "a line feed at the end": (f"{SOUND}\n", "malformed"),
    "a line end of Windows": (f"{SOUND}\r\n", "malformed"),
    "a space in front": (f" {SOUND}", "malformed"),
    "a space inside": (f"{H}. {P}.{S}", "malformed"),
    "a line feed inside": (f"{H}.{P[:10]}\n{P[10:]}.{S}", "malformed"),
    "NUL at the end": (f"{SOUND}\0", "malformed"),
    "a letter outside ASCII": (f"{H}.{P}é.{S}", "malformed"),
    "fullwidth letters": (f"{H}.{P[:-1]}Ａ.{S}", "malformed"),
    "half of a surrogate pair": (f"{H}.{P}\udc80.{S}", "malformed"),
    "a length that base64 has not": (
        f"{H}.{P}.{S[:-1] if len(S) % 4 == 2 else S + 'AAA'}",
        "malformed",
    ),
    "the scheme in front": (f"Bearer {SOUND}", "malformed"),
    # JSON.
    "a payload that is no JSON": (raw_body("claims"), "malformed"),
    "a payload that is a list": (raw_body("[]"), "malformed"),
    "a payload that is text": (raw_body('"text"'), "malformed"),
    "a payload that is null": (raw_body("null"), "malformed"),
    "a header that is a list": (signed_raw(b"[]", BODY), "malformed"),
    "two objects": (raw_body(BODY + b"{}"), "malformed"),
    "a comment": (raw_body(BODY + b"//"), "malformed"),
    "a comma too many": (raw_body(BODY[:-1] + b",}"), "malformed"),
    "a byte order mark": (raw_body(b"\xef\xbb\xbf" + BODY), "malformed"),
    "a byte order mark in the header": (signed_raw(b"\xef\xbb\xbf" + HEAD, BODY), "malformed"),
    "UTF-16": (raw_body(BODY.decode().encode("utf-16")), "malformed"),
    "UTF-16 without mark": (raw_body(BODY.decode().encode("utf-16-le")), "malformed"),
    "UTF-32": (raw_body(BODY.decode().encode("utf-32-be")), "malformed"),
    "Latin-1": (raw_body(BODY[:-1] + b',"n":"\xe9"}'), "malformed"),
    "an overlong form of UTF-8": (raw_body(BODY[:-1] + b',"n":"\xc0\xaf"}'), "malformed"),
    "a surrogate in UTF-8": (raw_body(BODY[:-1] + b',"n":"\xed\xa0\x80"}'), "malformed"),
    "a lone surrogate, escaped": (with_member(r'"n":"\ud800"'), "malformed"),
    "a lone surrogate as a name": (with_member(r'"\udfff":1'), "malformed"),
    "a claim twice": (with_member('"sub":"root"'), "malformed"),
    "a claim twice, once escaped": (with_member(r'"\u0073ub":"root"'), "malformed"),
    "a claim twice, deep inside": (with_member('"x":[{"y":{"z":1,"z":2}}]'), "malformed"),
    "a header member twice": (with_header_member('"alg":"none"'), "malformed"),
    "a header member twice, once escaped": (with_header_member(r'"\u0061lg":"none"'), "malformed"),
    "NaN": (with_member('"x":NaN'), "malformed"),
    "Infinity": (with_member('"x":Infinity'), "malformed"),
    "-Infinity": (with_member('"x":[-Infinity]'), "malformed"),
    "a float without end": (with_member('"x":1e400'), "malformed"),
    "an integer of 64 bits": (with_member(f'"x":{2**63}'), "malformed"),
    "an integer of 5,000 digits": (with_member(f'"x":{"9" * 5000}'), "malformed"),
    "a leading zero": (with_member('"x":01'), "malformed"),
    "33 levels": (with_member(f'"x":{"[" * 32}{"]" * 32}'), "malformed"),
    "3,000 levels": (with_member(f'"x":{"[" * 3000}'), "malformed"),
    "3,000 objects": (raw_body('{"":' * 1400), "malformed"),
    "10,000 levels": (raw_body("[" * 10_000), "malformed"),
    "quotes without end": (with_member('"' + '\\"' * 2500 + "[" * 40), "malformed"),
    "a control character": (with_member('"x":"\x01"'), "malformed"),
    # The header.
    "no algorithm": (head(alg=None), "malformed"),
    "an algorithm that is a number": (head(alg=1), "malformed"),
    "an algorithm that is a list": (head(alg=["EdDSA"]), "malformed"),
    "none, and any signature": (head(alg="none"), "algorithm_not_allowed"),
    "none, and no signature": (f"{b64(dumps(header('EdDSA', alg='none')))}.{P}.", "malformed"),
    "None": (head(alg="None"), "algorithm_not_allowed"),
    "NONE": (head(alg="NONE"), "algorithm_not_allowed"),
    "nOnE": (head(alg="nOnE"), "algorithm_not_allowed"),
    "none and a space": (head(alg="none "), "algorithm_not_allowed"),
    "none and NUL": (head(alg="none\0"), "algorithm_not_allowed"),
    "no text as algorithm": (head(alg=""), "algorithm_not_allowed"),
    "HS384": (head(alg="HS384"), "algorithm_not_allowed"),
    "HS512": (head(alg="HS512"), "algorithm_not_allowed"),
    "PS256": (head(alg="PS256"), "algorithm_not_allowed"),
    "ES256K": (head(alg="ES256K"), "algorithm_not_allowed"),
    "hs256 in lower case": (head(alg="hs256"), "algorithm_not_allowed"),
    "Ed25519, the newer name": (head(alg="Ed25519"), "algorithm_not_allowed"),
    "crit": (head(crit=["exp"]), "malformed"),
    "an empty crit": (head(crit=[]), "malformed"),
    "b64": (head(b64=False, crit=["b64"]), "malformed"),
    "b64 that changes nothing": (head(b64=True), "malformed"),
    "zip": (head(zip="DEF"), "malformed"),
    "cty": (head(cty="JWT"), "malformed"),
    "its own key": (
        signed(
            header("EdDSA", jwk=jwk.public_jwk(OTHER["EdDSA"])), CLAIMS, "EdDSA", OTHER["EdDSA"]
        ),
        "malformed",
    ),
    "jwk that is null": (with_header_member('"jwk":null'), "malformed"),
    "jku": (head(jku="http://127.0.0.1:9/keys"), "malformed"),
    "x5u": (head(x5u="file:///etc/passwd"), "malformed"),
    "x5c": (head(x5c=["MII"]), "malformed"),
    "x5t": (head(x5t="AAAA"), "malformed"),
    "x5t#S256": (head(**{"x5t#S256": "AAAA"}), "malformed"),
    "typ that is no text": (head(typ=1), "malformed"),
    "kid that is a number": (head(kid=1), "malformed"),
    "kid that is null": (signed({**header("EdDSA"), "kid": None}, CLAIMS), "malformed"),
    # The key.
    "no kid": (head(kid=None), "unknown_key"),
    "an empty kid": (head(kid=""), "unknown_key"),
    "an unknown kid": (head(kid="unknown"), "unknown_key"),
    "a kid in the other case": (head(kid=ED_KID.swapcase()), "unknown_key"),
    "a kid and a space": (head(kid=f"{ED_KID} "), "unknown_key"),
    "a kid and NUL": (head(kid=f"{ED_KID}\0"), "unknown_key"),
    "a kid that is a path": (head(kid="../../../../dev/null"), "unknown_key"),
    "a kid that is a URL": (head(kid="http://127.0.0.1:9/key"), "unknown_key"),
    "a kid of SQL": (head(kid="x' UNION SELECT 'key' --"), "unknown_key"),
    "a kid of wildcards": (head(kid="%"), "unknown_key"),
    "a kid for a shell": (head(kid="$(id)|id;`id`"), "unknown_key"),
    "a kid for a terminal": (head(kid="\x1b[2J\u202e"), "unknown_key"),
    "a kid of 4,000 characters": (head(kid="k" * 4000), "unknown_key"),
    "another kind's kid": (head(kid=RS_KID), "algorithm_not_allowed"),
    "an RSA key as the secret": (hmac_with(PUBLIC_PEM, kid=RS_KID), "algorithm_not_allowed"),
    "an RSA key without its last line feed as the secret": (
        hmac_with(PUBLIC_PEM.strip(), kid=RS_KID),
        "algorithm_not_allowed",
    ),
    "an Ed25519 key as the secret": (
        hmac_with(
            base64.urlsafe_b64decode(padded(jwk.public_jwk(PRIVATE["EdDSA"])["x"])), kid=ED_KID
        ),
        "algorithm_not_allowed",
    ),
    "the secret's kid on an EdDSA token": (head(kid=KEYS["HS256"].kid), "algorithm_not_allowed"),
    "HS256 and no kid": (hmac_with(KEYS["HS256"].key), "unknown_key"),  # type: ignore[arg-type]
    # The signature.
    "another key": (signed(header("EdDSA"), CLAIMS, "EdDSA", OTHER["EdDSA"]), "bad_signature"),
    "another payload": (f"{H}.{b64(dumps(claims(sub='root')))}.{S}", "bad_signature"),
    "another header": (f"{b64(dumps({**header('EdDSA'), 'x': 1}))}.{P}.{S}", "bad_signature"),
    "a signature of zeros": (f"{H}.{P}.{b64(bytes(64))}", "bad_signature"),
    "a short signature": (f"{H}.{P}.{b64(bytes(63))}", "bad_signature"),
    "a long signature": (f"{H}.{P}.{b64(bytes(65))}", "bad_signature"),
    "a signature of one byte": (f"{H}.{P}.AA", "bad_signature"),
    "another secret": (hmac_with(b"x" * 32, kid=KEYS["HS256"].kid), "bad_signature"),
    "an empty secret": (hmac_with(b"", kid=KEYS["HS256"].kid), "bad_signature"),
    "a short secret": (hmac_with(b"secret", kid=KEYS["HS256"].kid), "bad_signature"),
    "HMAC cut short": (signed(header("HS256"), CLAIMS, "HS256")[:-4], "bad_signature"),
    "another ES256 key": (
        signed(header("ES256"), CLAIMS, "ES256", OTHER["ES256"]),
        "bad_signature",
    ),
    "ES256 in DER": (signed_es256(encode_dss_signature), "bad_signature"),
    "ES256 of zeros": (signed_es256(lambda r, s: bytes(64)), "bad_signature"),
    "ES256 with r = 0": (signed_es256(lambda r, s: raw_signature(0, s)), "bad_signature"),
    "ES256 with r and s of the order": (
        signed_es256(lambda r, s: raw_signature(P256_ORDER, P256_ORDER)),
        "bad_signature",
    ),
    "ES256 with a zero in front": (
        signed_es256(lambda r, s: b"\0" + r.to_bytes(32) + b"\0" + s.to_bytes(32)),
        "bad_signature",
    ),
    "ES256, s in front": (signed_es256(lambda r, s: raw_signature(s, r)), "bad_signature"),
    "RSA-PSS as RS256": (signed_pss(), "bad_signature"),
    "RS256 of zeros": (f"{b64(dumps(header('RS256')))}.{P}.{b64(bytes(384))}", "bad_signature"),
    "RS256 of one byte": (f"{b64(dumps(header('RS256')))}.{P}.AA", "bad_signature"),
    # The type.
    "an ID token": (head(typ="JWT"), "wrong_type"),
    "no type": (head(typ=None), "wrong_type"),
    "a refresh token": (head(typ="rt+jwt"), "wrong_type"),
    "another case of the type": (head(typ="AT+JWT"), "wrong_type"),
    "a logout token": (head(typ="logout+jwt"), "wrong_type"),
    # Issuer and audience.
    "another issuer": (body(iss="https://evil.example"), "wrong_issuer"),
    "the issuer and a slash": (body(iss="grantctl/"), "wrong_issuer"),
    "the issuer in another case": (body(iss="Grantctl"), "wrong_issuer"),
    "no issuer": (body(iss=None), "wrong_issuer"),
    "an issuer that is a list": (body(iss=["grantctl"]), "malformed"),
    "another audience": (body(aud="other"), "wrong_audience"),
    "no audience": (body(aud=None), "wrong_audience"),
    "an empty list of audiences": (body(aud=[]), "wrong_audience"),
    "a list of audiences": (body(aud=["grantctl"]), "malformed"),
    "an audience that is a number": (body(aud=1), "malformed"),
    # Times.
    "no exp": (body(exp=None), "malformed"),
    "exp that is text": (body(exp=str(SECOND + 60)), "malformed"),
    "exp of fullwidth digits": (body(exp="９９９９９９９９９９"), "malformed"),
    "exp with underscores": (body(exp="9_999_999_999"), "malformed"),
    "exp that is true": (body(exp=True), "malformed"),
    "exp that is null": (raw_body(BODY.replace(str(SECOND + 3600).encode(), b"null")), "malformed"),
    "exp that is a list": (body(exp=[SECOND + 60]), "malformed"),
    "exp after the year 9999": (body(exp=253_402_300_800), "malformed"),
    "exp of 1e18": (body(exp=1e18), "malformed"),
    "exp of 1e400": (raw_body(BODY.replace(str(SECOND + 3600).encode(), b"1e400")), "malformed"),
    "exp before 1970": (body(exp=-1), "malformed"),
    "exp this very second": (body(exp=SECOND), "expired"),
    "exp in the last millisecond": (body(exp=SECOND - 0.001), "expired"),
    "exp in 1970": (body(exp=0), "expired"),
    "nbf in the future": (body(nbf=SECOND + 1), "not_yet_valid"),
    "nbf that is text": (body(nbf="0"), "malformed"),
    "nbf that is false": (body(nbf=False), "malformed"),
    "no iat": (body(iat=None), "malformed"),
    "iat in the future": (body(iat=SECOND + 1), "not_yet_valid"),
    "iat that is true": (body(iat=True), "malformed"),
    "a life of 33 days": (body(exp=SECOND - 60 + 33 * 86400), "lifetime_too_long"),
    "a life of one second too many": (body(exp=SECOND - 60 + 32 * 86400 + 1), "lifetime_too_long"),
    "a life to the year 9999": (body(exp=253_402_300_799.99997), "lifetime_too_long"),
    "a life since 1970": (body(iat=0, exp=SECOND + 60), "lifetime_too_long"),
    # Other claims.
    "no sub": (body(sub=None), "malformed"),
    "an empty sub": (body(sub=""), "malformed"),
    "sub that is a number": (body(sub=1), "malformed"),
    "sub with NUL": (body(sub="ada\0"), "malformed"),
    "sub of 256 characters": (body(sub="x" * 256), "malformed"),
    "no jti": (body(jti=None), "malformed"),
    "jti that is an object": (body(jti={}), "malformed"),
    "scope that is a list": (body(scope=["*"]), "malformed"),
    "an empty scope": (body(scope=""), "malformed"),
    "a scope of 2,001 characters": (body(scope="x" * 2001), "malformed"),
    "id that is a list": (body(id=["root"]), "malformed"),
    # Other credentials.
    "an API key": ("gctl_" + "A" * 36, "malformed"),
    "an API key of open webui": ("sk-" + "0" * 32, "malformed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_is_refused_at_once_and_for_the_right_reason(name: str) -> None:
    text, reason = HOSTILE[name]
    began = time.process_time()
    with pytest.raises(TokenError) as error:
        check(text)
    assert time.process_time() - began < 2
    refusal = error.value.refusal
    assert refusal.reason is TokenReason(reason), refusal.message
    assert refusal.message.isprintable()
    assert error.value.__cause__ is None
    for claim in (CLAIMS["jti"], CLAIMS["sub"]):
        assert claim not in refusal.message


def test_the_table_is_as_long_as_it_should_be_and_its_base_verifies() -> None:
    assert len(HOSTILE) > 150
    assert check(SOUND).subject == CLAIMS["sub"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_token_can_be_looked_at(name: str) -> None:
    text, reason = HOSTILE[name]
    shown = jwt.inspect(text)
    json.dumps(shown, allow_nan=False).encode()
    assert shown["would_fail"] in (None, reason)
    assert (shown["would_fail"] is None) == (shown["message"] is None)


def test_the_twin_of_an_es256_signature_says_the_same() -> None:
    """Anyone can make it, so that revoking goes by `jti` and never by the text."""
    one = signed_es256(raw_signature)
    twin = signed_es256(lambda r, s: raw_signature(r, P256_ORDER - s))
    assert check(one) == check(twin)


def test_what_another_library_makes_is_read() -> None:
    for name, key in KEYS.items():
        text = pyjwt.encode(CLAIMS, key.key, algorithm=name, headers=header(name))
        assert check(text).algorithm == name


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_no_text_verifies_and_nothing_but_a_refusal_comes_of_it(text: str) -> None:
    with pytest.raises(TokenError):
        check(text)
    jwt.inspect(text)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(sorted(KEYS)),
    st.integers(min_value=0),
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("AB-_.=+/ \n")),
    st.sampled_from(["replace", "insert", "remove"]),
)
def test_no_change_of_a_character_leaves_a_token_valid(
    name: str, position: int, character: str, how: str
) -> None:
    sound = SOUND_OF[name]
    at = position % len(sound)
    changed = sound[:at] + ("" if how == "remove" else character) + sound[at + (how != "insert") :]
    if changed == sound:
        return
    with pytest.raises(TokenError):
        check(changed)


JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ["alg", "typ", "kid", "crit", "iss", "sub", "aud", "exp", "iat", "id", "jti"]
)


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(NAMES | st.text(max_size=5), JSON_VALUE, max_size=4),
    st.dictionaries(NAMES | st.text(max_size=5), JSON_VALUE, max_size=4),
)
def test_no_signed_nonsense_does_anything_but_be_refused_or_verify(
    heads: dict[str, Any], bodies: dict[str, Any]
) -> None:
    """Signed by a key that is known: what is in it is the only thing that can be wrong."""
    text = signed_raw(
        json.dumps({**header("EdDSA"), **heads}).encode(),
        json.dumps({**CLAIMS, **bodies}).encode(),
    )
    try:
        found = check(text)
    except TokenError as error:
        assert error.refusal.reason is not TokenReason.BAD_SIGNATURE
    else:
        assert found.issuer == "grantctl"


SOUND_OF = {name: signed(header(name), CLAIMS, name) for name in KEYS}


def test_a_signature_over_other_bytes_does_not_fit() -> None:
    other = signature("other.bytes", "EdDSA")
    with pytest.raises(TokenError):
        check(f"{H}.{P}.{other}")
