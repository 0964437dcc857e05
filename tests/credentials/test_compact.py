"""What a well-formed token is; the many that are not are in `test_hostile_tokens`."""

from __future__ import annotations

import pytest

from grantctl.credentials.compact import MAX_TOKEN_BYTES, parse_compact
from grantctl.credentials.reasons import TokenError
from tests.credentials.forge import CLAIMS, b64, dumps, header, signed

SOUND = signed(header("EdDSA"), CLAIMS)


def test_a_token_comes_apart_into_header_claims_and_signature() -> None:
    token = parse_compact(SOUND)
    assert dict(token.header) == header("EdDSA")
    assert token.claims == CLAIMS
    assert token.signing_input.decode() == SOUND.rpartition(".")[0]
    assert b64(token.signature) == SOUND.rpartition(".")[2]


def test_8_kib_are_the_most() -> None:
    head, _, signature = SOUND.split(".")
    room = MAX_TOKEN_BYTES - len(head) - len(signature) - 2
    size = room * 3 // 4 - len(dumps({**CLAIMS, "x": ""}))
    largest = f"{head}.{b64(dumps({**CLAIMS, 'x': 'x' * size}))}.{signature}"
    assert MAX_TOKEN_BYTES - 2 < len(largest) <= MAX_TOKEN_BYTES
    assert parse_compact(largest).claims["sub"] == CLAIMS["sub"]
    with pytest.raises(TokenError):
        parse_compact(largest + "A" * (MAX_TOKEN_BYTES + 1 - len(largest)))


def test_a_header_that_is_kept_cannot_be_changed() -> None:
    first = parse_compact(SOUND)
    with pytest.raises(TypeError):
        first.header["alg"] = "none"  # type: ignore[index]
    assert parse_compact(SOUND).header["alg"] == "EdDSA"


def test_claims_of_one_token_are_not_those_of_the_next() -> None:
    first = parse_compact(SOUND)
    assert isinstance(first.claims, dict)
    first.claims["sub"] = "root"
    assert parse_compact(SOUND).claims["sub"] == CLAIMS["sub"]


def test_white_space_that_json_allows_is_read() -> None:
    head, _, signature = SOUND.split(".")
    body = b64(b' \t\r\n{ "a" : 1 } \n')
    assert parse_compact(f"{head}.{body}.{signature}").claims == {"a": 1}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS512", "PS256", "ES256K", "ES384", ""]
)
def test_no_other_algorithm_comes_as_far_as_a_key(algorithm: str) -> None:
    with pytest.raises(TokenError) as error:
        parse_compact(signed(header("EdDSA", alg=algorithm), CLAIMS))
    assert error.value.refusal.reason == "algorithm_not_allowed"
