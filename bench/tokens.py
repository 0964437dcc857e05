"""Tokens: verifying a JWT beside PyJWT, finding an API key beside one statement.

Owns the tokens that are made for this. PyJWT is asked for what it can be asked: signature,
algorithm, issuer, audience, times, the claims that must be there.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bench.directory import MADE_AT
from bench.measuring import Contender, Pair, compare, results_of
from bench.results import GRANTCTL, Goal, Result, at_least
from bench.setting import Setting
from grantctl import Authorizer, credentials
from grantctl.credentials.api_keys import hash_api_key, make_api_key
from grantctl.credentials.compact import parse_compact
from grantctl.credentials.jwk import public_jwk
from grantctl.credentials.secret import HmacSecret, secret_kid
from grantctl.evaluation.token_facts import KeyState, SigningKeyFacts
from grantctl.store.connection import open_reading
from grantctl.store.token_reader import TokenReader
from grantctl.store.url import file_url

SECTION = "tokens"

_PYJWT = "PyJWT, its key prepared"
_TOKENS = 50
_RECALLED = "with settings, gates and last use; recalled while nothing was committed"
_CLAIMED = ["sub", "iat", "exp", "jti"]
_RULES = credentials.jwt.TokenRules("grantctl", "bench", 0, 10**9, accept_openwebui=False)
_API_KEY_QUERY = """
SELECT u.id, u.role, t.scope, t.expires_at, t.revoked_at
FROM tokens AS t JOIN users AS u ON u.pk = t.user_pk WHERE t.key_hash = ?
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key: as grantctl signs, as it finds it again, and as PyJWT wants it."""

    signing: credentials.jwt.SigningKey
    facts: SigningKeyFacts | None
    secret: HmacSecret | None
    for_pyjwt: Any  # a key of `cryptography`, or bytes


def run(setting: Setting) -> Iterator[Result]:
    """Each algorithm, then API keys."""
    goals = {"EdDSA": at_least(0.9), "RS256": at_least(0.9), "HS256": at_least(0.5)}
    for algorithm, goal in goals.items():
        yield from _verification(setting, algorithm, goal)
    yield from _api_keys(setting)


def _verification(setting: Setting, algorithm: str, goal: Goal) -> Iterator[Result]:
    key = _key(algorithm)
    texts = [_token(key, number) for number in range(_TOKENS)]
    now = datetime.now(UTC)

    def find(kid: str) -> SigningKeyFacts | None:
        return key.facts if key.facts is not None and key.facts.kid == kid else None

    def ours(text: str, _: str) -> object:
        verified = credentials.jwt.verify(parse_compact(text), find, key.secret, _RULES, now)
        return verified.subject

    def theirs(text: str, _: str) -> object:
        claims = jwt.decode(
            text,
            key.for_pyjwt,
            algorithms=[algorithm],
            audience=_RULES.audience,
            issuer=_RULES.issuer,
            options={"require": _CLAIMED},
        )
        return claims["sub"]

    contenders = [Contender(_PYJWT, theirs), Contender(GRANTCTL, ours, goal)]
    yield from _measured(setting, f"verify a JWT, {algorithm}", contenders, texts)


def _api_keys(setting: Setting) -> Iterator[Result]:
    path = setting.scratch / "keys.db"
    texts = _issue_keys(setting.directory(), path)
    raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection = open_reading(file_url(str(path)))
    reader = TokenReader(connection)

    def floor(text: str, _: str) -> object:
        digest = hashlib.sha256(text.encode()).hexdigest()
        row = raw.execute(_API_KEY_QUERY, (digest,)).fetchone()
        return row[0]

    def look_up(text: str, _: str) -> object:
        found = reader.by_key_hash(hash_api_key(text))
        return found and found.holder and found.holder.user.id

    with (
        closing(raw),
        closing(connection),
        Authorizer(f"sqlite:///{path}", environ={}) as authorizer,
    ):

        def authenticate(text: str, _: str) -> object:
            verdict = authorizer.authenticate(text)
            return verdict.user and verdict.user.id

        contenders = [
            Contender("hand-written SQL", floor),
            Contender(GRANTCTL, look_up, at_least(0.8)),
            Contender(f"{GRANTCTL}, authenticate", authenticate, at_least(0.8), note=_RECALLED),
        ]
        yield from _measured(setting, "find an API key", contenders, texts)


def _measured(
    setting: Setting, question: str, contenders: Sequence[Contender], texts: Sequence[str]
) -> Iterator[Result]:
    count = setting.size.questions
    pairs: list[Pair] = [(texts[number % len(texts)], "") for number in range(count)]
    seconds = compare(contenders, pairs, rounds=setting.rounds)
    yield from results_of(SECTION, question, contenders, seconds, unit="tokens/s")


def _key(algorithm: str) -> Key:
    if algorithm == "HS256":
        value = secrets.token_bytes(48)
        secret = HmacSecret(value, secret_kid(value), "bench")
        return Key(credentials.jwt.secret_signing_key(secret), None, secret, value)
    make: dict[str, Callable[[], Any]] = {
        "EdDSA": Ed25519PrivateKey.generate,
        "RS256": lambda: generate_private_key(public_exponent=65537, key_size=2048),
    }
    private = make[algorithm]()
    jwk = public_jwk(private)
    made_at = datetime.now(UTC)
    facts = SigningKeyFacts(jwk["kid"], algorithm, jwk, KeyState.ACTIVE, made_at, "bench", None)
    return Key(credentials.jwt.signing_key(private), facts, None, private.public_key())


def _token(key: Key, number: int) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": _RULES.issuer,
        "aud": _RULES.audience,
        "sub": f"user-{number}",
        "iat": int(now.timestamp()) - 1,
        "exp": int((now + timedelta(hours=1)).timestamp()),
        "jti": f"token-{number}",
    }
    return credentials.jwt.sign(claims, key.signing)


def _issue_keys(source: Path, path: Path) -> list[str]:
    """API keys in a copy of the directory, of users that no gate keeps out."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
        new.execute("UPDATE permissions SET default_allowed = 1 WHERE key = 'features.api_keys'")
        new.execute(
            "INSERT OR REPLACE INTO policy_settings"
            " VALUES ('api_keys.enabled', 'true', ?, 'bench')",
            (MADE_AT,),
        )
        query = "SELECT pk, id FROM users WHERE role = 'user' ORDER BY pk LIMIT ?"
        texts = [make_api_key() for _ in range(_TOKENS)]
        rows = [
            (f"key-{pk}", pk, user, hash_api_key(text), MADE_AT)
            for text, (pk, user) in zip(texts, new.execute(query, (_TOKENS,)), strict=True)
        ]
        new.executemany(
            "INSERT INTO tokens (id, kind, user_pk, user_id, name, scope, key_hash, source,"
            " issued_at, issued_by)"
            " VALUES (?, 'api_key', ?, ?, '', '', ?, 'grantctl', ?, 'bench')",
            rows,
        )
        new.commit()
    return texts
