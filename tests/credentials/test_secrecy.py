"""No secret is in what is shown of an object or an error."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from grantctl.credentials import api_keys, compact, jwk, jwt, secret
from grantctl.credentials.reasons import TokenError
from grantctl.credentials.signing import SigningKey
from grantctl.errors import GrantctlError
from tests.credentials.forge import (
    CLAIMS,
    KEYS,
    PRIVATE,
    SECRET,
    SECRET_VALUE,
    b64,
    check,
    dumps,
    header,
    signed,
)

ED25519 = PRIVATE["EdDSA"]
assert isinstance(ED25519, ed25519.Ed25519PrivateKey)
SEED = ED25519.private_bytes_raw()
API_KEY = api_keys.make_api_key()
TOKEN = signed(header("EdDSA"), CLAIMS)
PRIVATE_JWK = {**jwk.public_jwk(ED25519), "d": b64(SEED)}
HIDDEN = "-".join(("Hidden", "Value", "0123456789"))  # in no line that a traceback repeats
NEEDLES = (
    SECRET_VALUE,
    SECRET_VALUE[:12],
    SEED.hex(),
    repr(SEED)[2:-1],
    b64(SEED),
    base64.b64encode(SEED).decode(),
    API_KEY,
    API_KEY[:12],
    TOKEN.split(".")[2],
    CLAIMS["jti"],
    HIDDEN,
)


def holds_no_secret(text: str) -> bool:
    return not any(needle in text for needle in NEEDLES)


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        KEYS["HS256"],
        KEYS["EdDSA"],
        KEYS["RS256"],
        jwk.parse_public_jwk(jwk.public_jwk(ED25519)),
        compact.parse_compact(TOKEN),
        compact.split_token(TOKEN),
        api_keys.find_tokens(f"{API_KEY} {TOKEN}"),
        jwt.inspect(API_KEY),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_what_is_shown_of_an_object_holds_no_secret(shown: object) -> None:
    assert holds_no_secret(repr(shown))
    assert holds_no_secret(str(shown))
    assert holds_no_secret(f"{shown}")


def key_set(*keys: object) -> str:
    return json.dumps({"keys": keys})


FAILURES: dict[str, Callable[[], Any]] = {
    "a private key in a set": lambda: jwk.parse_key_set(key_set(PRIVATE_JWK)),
    "a secret in a set": lambda: jwk.parse_key_set(
        key_set({"kty": "oct", "k": b64(SECRET_VALUE), "alg": "HS256"})
    ),
    "a private key of a wrong kind": lambda: jwk.parse_public_jwk({**PRIVATE_JWK, "kty": "EC"}),
    "a key set that is cut": lambda: jwk.parse_key_set(key_set(PRIVATE_JWK)[:-5]),
    "a private key that is cut": lambda: jwk.load_private_pem(jwk.private_pem(ED25519)[:-40]),
    "a private key with a letter too many": lambda: jwk.load_private_pem(
        jwk.private_pem(ED25519).replace(b"MC4", b"MC5")
    ),
    "a secret as a private key": lambda: jwk.load_private_pem(SECRET_VALUE.encode()),
    "an algorithm that does not fit": lambda: jwt.sign(CLAIMS, SigningKey("k", "HS256", ED25519)),
    "a secret for RS256": lambda: jwt.sign(CLAIMS, SigningKey("k", "RS256", SECRET.value)),
    "claims that cannot be written": lambda: jwt.sign(
        {"sub": object(), "jti": CLAIMS["jti"]}, KEYS["HS256"]
    ),
    "a short secret": lambda: secret.load_secret({"GRANTCTL_SECRET_KEY": SECRET_VALUE[:20]}),
    "a secret with a space": lambda: secret.load_secret(
        {"GRANTCTL_SECRET_KEY": f"{SECRET_VALUE} x"}
    ),
    "a secret given twice": lambda: secret.load_secret(
        {"WEBUI_SECRET_KEY": SECRET_VALUE, "WEBUI_SECRET_KEY_FILE": "secret"}
    ),
    "a secret that is no text": lambda: secret.load_secret(
        {"WEBUI_SECRET_KEY": SECRET_VALUE + "\udcff"}
    ),
    "a token with a claim too many": lambda: check(
        signed(header("EdDSA"), {**CLAIMS, "aud": HIDDEN})
    ),
    "a token of a wrong type": lambda: check(signed(header("EdDSA", typ=HIDDEN), CLAIMS)),
    "a token of a wrong algorithm": lambda: check(signed(header("EdDSA", alg=HIDDEN), CLAIMS)),
    "a token with a member twice": lambda: check(
        f"{b64(dumps(header('EdDSA')))}."
        f"{b64(f'{{{json.dumps(HIDDEN)}:1,{json.dumps(HIDDEN)}:2}}')}.AA"
    ),
    "a token with a wrong signature": lambda: check(TOKEN[:-8] + "AAAAAAAA"),
    "an API key as a token": lambda: check(API_KEY),
    "a leaked text that is too long": lambda: api_keys.find_tokens(API_KEY * 30_000),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_error_and_no_traceback_holds_a_secret(name: str) -> None:
    with pytest.raises((GrantctlError, TokenError)) as error:
        FAILURES[name]()
    shown = "".join(traceback.format_exception(error.value))
    assert holds_no_secret(shown)
    assert holds_no_secret(f"{error.value!r} {error.value} {getattr(error.value, 'hint', None)}")


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_no_error_of_a_secret_file_holds_what_is_in_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET_VALUE}\n{SECRET_VALUE}\n")
    path.chmod(mode)
    with pytest.raises(GrantctlError) as error:
        secret.load_secret({"GRANTCTL_SECRET_KEY_FILE": str(path)})
    assert holds_no_secret("".join(traceback.format_exception(error.value)))
    assert holds_no_secret(f"{error.value!r} {error.value.hint}")
