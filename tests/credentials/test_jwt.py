"""Tokens that are let in, by which key, and until when; published vectors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grantctl.credentials import compact, jwk, jwt, secret
from grantctl.credentials.encoding import decode_base64url
from grantctl.credentials.reasons import TokenError
from grantctl.credentials.signing import SIGNERS
from grantctl.errors import InvalidError
from grantctl.evaluation.token_facts import KeyState, SigningKeyFacts
from tests.credentials.forge import (
    CLAIMS,
    KEYS,
    NOW,
    PRIVATE,
    RULES,
    SECOND,
    SECRET,
    STORED,
    b64,
    check,
    claims,
    dumps,
    header,
    signed,
)

SESSION = {"id": "user-1", "jti": "0f1e2d3c-session"}


def session(**changes: Any) -> str:
    """A token as Open WebUI makes it."""
    body = {name: value for name, value in {**SESSION, **changes}.items() if value is not None}
    return signed({"alg": "HS256", "typ": "JWT"}, body, "HS256")


def refusal(text: str, **changes: Any) -> tuple[str, str]:
    with pytest.raises(TokenError) as error:
        check(text, **changes)
    return error.value.refusal.reason.value, error.value.refusal.message


@pytest.mark.parametrize("name", KEYS)
def test_what_is_signed_is_verified_with_each_algorithm(name: str) -> None:
    text = jwt.sign(CLAIMS, KEYS[name])
    assert check(text) == jwt.VerifiedClaims(
        kind=jwt.ClaimsKind.ACCESS,
        subject=CLAIMS["sub"],
        jti=CLAIMS["jti"],
        issued_at=NOW - timedelta(seconds=60),
        expires_at=NOW + timedelta(hours=1),
        not_before=NOW - timedelta(seconds=60),
        scope="chat.* read:model:*",
        audience="grantctl",
        issuer="grantctl",
        kid=KEYS[name].kid,
        algorithm=name,
    )
    assert dict(compact.parse_compact(text).header) == header(name)


@pytest.mark.parametrize("name", PRIVATE)
def test_a_key_is_the_same_after_it_was_written_and_read(name: str) -> None:
    pem = jwk.private_pem(PRIVATE[name])
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    again = jwt.signing_key(jwk.load_private_pem(pem))
    assert (again.kid, again.algorithm) == (KEYS[name].kid, name)
    assert check(jwt.sign(CLAIMS, again)).algorithm == name


def test_the_other_name_of_the_type_is_read_too() -> None:
    assert check(signed(header("EdDSA", typ="application/at+jwt"), CLAIMS)).kind == "access"


@pytest.mark.parametrize(
    "changes",
    [
        {"nbf": None, "scope": None},
        {"exp": SECOND + 0.001},
        {"exp": SECOND - 60 + 32 * 86400},
        {"nbf": SECOND, "iat": SECOND},
        {"iat": SECOND - 60.5},
        {"sub": "x" * 255, "jti": "ü\n"},
        {"extra": {"a": [1, 2.5, None, True, "\\u0041"]}},
    ],
)
def test_these_claims_are_good(changes: dict[str, Any]) -> None:
    assert check(signed(header("EdDSA"), claims(**changes))).kind == "access"


def test_a_token_that_names_no_scope_has_no_limit() -> None:
    assert check(signed(header("EdDSA"), claims(scope=None))).scope == ""


@pytest.mark.parametrize(
    ("changes", "leeway", "reason"),
    [
        ({"exp": SECOND - 29}, 30, None),
        ({"exp": SECOND - 30}, 30, "expired"),
        ({"nbf": SECOND + 30}, 30, None),
        ({"nbf": SECOND + 31}, 30, "not_yet_valid"),
        ({"iat": SECOND + 30}, 30, None),
        ({"iat": SECOND + 31}, 30, "not_yet_valid"),
        ({"exp": SECOND - 60}, 3600, "expired"),
        ({"exp": SECOND + 1}, -30, None),
    ],
)
def test_leeway_moves_every_limit_by_60_seconds_at_the_most(
    changes: dict[str, Any], leeway: int, reason: str | None
) -> None:
    text = signed(header("EdDSA"), claims(**changes))
    rules = replace(RULES, leeway_seconds=leeway)
    if reason is None:
        assert check(text, rules=rules).kind == "access"
    else:
        assert refusal(text, rules=rules)[0] == reason


def test_a_refusal_tells_when() -> None:
    three_hours = SECOND - 3 * 3600 - 120
    assert refusal(signed(header("EdDSA"), claims(exp=three_hours))) == (
        "expired",
        "it expired 3 hours ago, on 2026-01-02 08:58 UTC",
    )
    assert refusal(signed(header("EdDSA"), claims(nbf=SECOND + 1))) == (
        "not_yet_valid",
        "it is not valid before 2026-01-02 12:00:01 UTC",
    )
    assert refusal(signed(header("EdDSA"), claims(exp=SECOND + 40 * 86400))) == (
        "lifetime_too_long",
        "it lives for 40 days, longer than 32 days",
    )


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (KeyState.ACTIVE, None),
        (KeyState.PASSIVE, None),
        (KeyState.RETIRED, "its key `{}` was retired on 2026-01-02 12:00 UTC"),
        (KeyState.REVOKED, "its key `{}` was revoked on 2026-01-02 12:00 UTC"),
    ],
)
def test_only_active_and_passive_keys_verify(
    name: str, state: KeyState, answer: str | None
) -> None:
    kid = KEYS[name].kid
    stored = replace(STORED[kid], state=state, ended_at=NOW)
    text = jwt.sign(CLAIMS, KEYS[name])
    if answer is None:
        assert check(text, find_key={kid: stored}.get).kind == "access"
    else:
        assert refusal(text, find_key={kid: stored}.get) == ("key_retired", answer.format(kid))


def test_a_key_that_ended_is_refused_from_the_next_token_on() -> None:
    kid = KEYS["EdDSA"].kid
    text = jwt.sign(CLAIMS, KEYS["EdDSA"])
    stored = dict(STORED)
    check(text, find_key=stored.get)
    stored[kid] = replace(stored[kid], state=KeyState.REVOKED)
    assert refusal(text, find_key=stored.get)[0] == "key_retired"


@pytest.mark.parametrize(
    "damage",
    [
        {"public_jwk": {}},
        {"public_jwk": {"kty": "OKP"}},
        {"public_jwk": {"kty": ["OKP"]}},
        {"public_jwk": {**STORED[KEYS["EdDSA"].kid].public_jwk, "key_ops": ["sign"]}},
        {"public_jwk": {**STORED[KEYS["EdDSA"].kid].public_jwk, "key_ops": [{}, "verify"]}},
        {"public_jwk": STORED[KEYS["ES256"].kid].public_jwk},
        {"public_jwk": {**STORED[KEYS["EdDSA"].kid].public_jwk, "x": "AA"}},
        {"algorithm": "RS256"},
    ],
)
def test_a_stored_key_that_is_damaged_verifies_nothing(damage: dict[str, Any]) -> None:
    kid = KEYS["EdDSA"].kid
    damaged = replace(STORED[kid], **damage)
    assert refusal(jwt.sign(CLAIMS, KEYS["EdDSA"]), find_key={kid: damaged}.get) == (
        "unknown_key",
        f"the stored key `{kid}` cannot be used",
    )


def test_a_stored_key_with_a_list_in_it_verifies() -> None:
    kid = KEYS["EdDSA"].kid
    stored = replace(STORED[kid], public_jwk={**STORED[kid].public_jwk, "key_ops": ["verify"]})
    assert check(jwt.sign(CLAIMS, KEYS["EdDSA"]), find_key={kid: stored}.get).kid == kid


def test_a_look_up_that_finds_another_key_is_not_believed() -> None:
    stored = STORED[KEYS["EdDSA"].kid]
    text = signed(header("EdDSA", kid="other"), CLAIMS)
    assert refusal(text, find_key=lambda kid: stored) == (
        "unknown_key",
        "no key `other` is known here",
    )


def test_an_id_that_no_key_can_have_is_never_looked_up() -> None:
    def find(kid: str) -> SigningKeyFacts | None:
        raise AssertionError(kid)

    for kid in ("../key", "a/b", "x'--", "\0", "", ".", "k" * 129, "é", "a b", "%\n"):
        assert refusal(signed(header("EdDSA", kid=kid), CLAIMS), find_key=find)[0] == "unknown_key"


def test_a_kid_is_repeated_only_where_it_is_short_and_printable() -> None:
    for kid, shown in (("abc", " `abc`"), ("\x1b[2J", ""), ("k" * 81, ""), ("\u202e", "")):
        text = signed(header("EdDSA", kid=kid), CLAIMS)
        assert refusal(text)[1] == f"no key{shown} is known here"


def test_hs256_needs_the_secret_that_signed() -> None:
    text = jwt.sign(CLAIMS, KEYS["HS256"])
    assert refusal(text, secret=None)[0] == "no_secret"
    value = b"another-Secret-0123456789-ABCDEF"
    other = secret.HmacSecret(value, secret.secret_kid(value), "GRANTCTL_SECRET_KEY")
    assert refusal(text, secret=other)[0] == "unknown_key"
    same_kid = replace(other, kid=SECRET.kid)
    assert refusal(text, secret=same_kid) == (
        "bad_signature",
        "its signature is wrong: was it signed with another secret?",
    )


def test_other_algorithms_need_no_secret() -> None:
    assert check(jwt.sign(CLAIMS, KEYS["EdDSA"]), secret=None).algorithm == "EdDSA"


# Session tokens of Open WebUI.


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"jti": None},
        {"exp": SECOND + 1, "iat": SECOND},
        {"exp": SECOND + 400 * 86400},
        {"aud": []},
        {"sub": "x", "iss": "y"},
    ],
)
def test_a_session_token_of_open_webui_is_read(changes: dict[str, Any]) -> None:
    found = check(session(**changes))
    assert (found.kind, found.subject) == ("openwebui", "user-1")
    assert (found.kid, found.algorithm, found.scope) == (None, "HS256", "")


def test_a_session_token_need_not_say_its_type() -> None:
    assert check(signed({"alg": "HS256"}, SESSION, "HS256")).kind == "openwebui"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (session(exp=SECOND), "expired"),
        (session(exp=str(SECOND + 60)), "malformed"),
        (session(iat=SECOND + 1), "not_yet_valid"),
        (session(nbf=SECOND + 1), "not_yet_valid"),
        (session(aud="grantctl"), "wrong_audience"),
        (session(aud=["x"]), "malformed"),
        (session(sub=1), "malformed"),
        (session(jti=1), "malformed"),
        (session(id=None), "unknown_key"),
        (session(id=None, sub="user-1"), "unknown_key"),
        (session(id=""), "malformed"),
        (session(id=7), "malformed"),
        (signed({"alg": "HS256", "typ": "at+jwt"}, SESSION, "HS256"), "wrong_type"),
        (signed({"alg": "HS256", "typ": "rt+jwt"}, SESSION, "HS256"), "wrong_type"),
        (signed({"alg": "HS256"}, SESSION, "HS256", b"t0p-s3cr3t"), "bad_signature"),
        (signed({"alg": "HS256", "kid": KEYS["HS256"].kid}, SESSION, "HS256"), "wrong_type"),
        (signed({"alg": "EdDSA"}, SESSION), "unknown_key"),
        (session()[:-3], "bad_signature"),
        (session() + "=", "malformed"),
    ],
)
def test_other_session_tokens_are_refused(text: str, reason: str) -> None:
    assert refusal(text)[0] == reason


def test_session_tokens_are_read_only_where_that_is_wanted() -> None:
    unwanted = replace(RULES, accept_openwebui=False)
    assert refusal(session(), rules=unwanted) == (
        "wrong_type",
        "it is a session token of open webui, which is not accepted here",
    )
    assert refusal(session(), secret=None)[0] == "no_secret"


# Signing.


@pytest.mark.parametrize(
    "body",
    [
        {"exp": "soon"},
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": "\ud800"},
        {"x": object()},
        {"x": "long" * 2000},
        {"aud": ["a", "b"]},
        {"x": 2**64},
    ],
)
def test_what_could_not_be_read_back_is_not_signed(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        jwt.sign({**CLAIMS, **body}, KEYS["EdDSA"])


@pytest.mark.parametrize(
    "key",
    [
        replace(KEYS["EdDSA"], algorithm="HS256"),
        replace(KEYS["HS256"], algorithm="RS256"),
        replace(KEYS["EdDSA"], algorithm="none"),
        replace(KEYS["EdDSA"], kid="../key"),
    ],
)
def test_a_key_signs_with_its_own_algorithm_only(key: jwt.SigningKey) -> None:
    with pytest.raises(InvalidError):
        jwt.sign(CLAIMS, key)


# Looking at a token without a key.


def test_a_token_can_be_looked_at_without_any_key() -> None:
    assert jwt.inspect(jwt.sign(CLAIMS, KEYS["EdDSA"])) == {
        "kind": "access",
        "header": header("EdDSA"),
        "claims": CLAIMS,
        "would_fail": None,
        "message": None,
    }
    assert jwt.inspect(session())["kind"] == "openwebui"


def test_what_would_be_refused_is_shown_as_far_as_it_can_be_read() -> None:
    text = f"{b64(dumps({'alg': 'none'}))}.{b64(b'[]')}.AA"
    assert jwt.inspect(text) == {
        "kind": "other",
        "header": {"alg": "none"},
        "claims": None,
        "would_fail": "algorithm_not_allowed",
        "message": "its algorithm is not allowed",
    }


def test_an_api_key_is_not_repeated_when_it_is_looked_at() -> None:
    shown = jwt.inspect("gctl_" + "A" * 36)
    assert (shown["kind"], shown["would_fail"]) == ("api_key", "malformed")
    assert "AAAA" not in repr(shown)


# Published vectors.

JOE = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)


def test_rfc_7515_a_1_hs256() -> None:
    token = compact.parse_compact(
        f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    key = decode_base64url(
        b"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    )
    assert token.claims == {
        "iss": "joe",
        "exp": 1300819380,
        "http://example.com/is_root": True,
    }
    assert SIGNERS["HS256"].verify(token.signing_input, key, token.signature)


def test_rfc_7515_a_3_es256() -> None:
    token = compact.parse_compact(
        f"eyJhbGciOiJFUzI1NiJ9.{JOE}"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    key = jwk.parse_public_jwk(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    )
    assert SIGNERS["ES256"].verify(token.signing_input, key.key, token.signature)


def test_rfc_8037_a_4_eddsa() -> None:
    key = jwk.parse_public_jwk(
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    )
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    parts = compact.split_token(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    assert decode_base64url(parts.claims) == b"Example of Ed25519 signing"
    assert SIGNERS["EdDSA"].verify(parts.signing_input, key.key, decode_base64url(parts.signature))


def test_times_are_aware_whatever_the_zone_of_now() -> None:
    local = NOW.astimezone(tz=None)
    found = check(jwt.sign(CLAIMS, KEYS["EdDSA"]), now=local)
    assert found.expires_at is not None
    assert found.expires_at.tzinfo is UTC
    assert found.expires_at == datetime(2026, 1, 2, 13, tzinfo=UTC)
