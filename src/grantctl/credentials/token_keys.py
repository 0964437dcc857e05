"""The key that a token is checked with.

Owns finding it by its exact id, whether it is still in use, and that its algorithm is the only one
it is used with (RFC 8725, 3.1 and 3.10). Where keys are stored is left to `store`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from grantctl.credentials import reasons
from grantctl.credentials.jwk import PublicKey, VerificationKey, is_kid, parse_public_jwk
from grantctl.credentials.reasons import TokenError
from grantctl.credentials.secret import HmacSecret
from grantctl.credentials.signing import HMAC
from grantctl.errors import InvalidError
from grantctl.evaluation.token_facts import KeyState, SigningKeyFacts

FindKey = Callable[[str], SigningKeyFacts | None]


def key_of_token(
    kid: str, claimed: str, find_key: FindKey, secret: HmacSecret | None
) -> tuple[str, PublicKey | bytes]:
    """The algorithm and the key of that id. Raises TokenError, also where the token claims another
    algorithm (RFC 8725, 3.1).
    """
    if not is_kid(kid):
        raise TokenError(reasons.unknown_key(kid))
    algorithm: str
    key: PublicKey | bytes
    if secret is not None and kid == secret.kid:
        algorithm, key = HMAC, secret.value
    else:
        facts = find_key(kid)
        if facts is None:
            is_secret_unset = claimed == HMAC and secret is None
            raise TokenError(reasons.no_secret() if is_secret_unset else reasons.unknown_key(kid))
        found = _usable(facts, kid)
        algorithm, key = found.algorithm, found.key
    if claimed != algorithm:
        raise TokenError(
            reasons.algorithm_not_allowed(f"its key is for {algorithm}, it says another algorithm")
        )
    return algorithm, key


def _usable(facts: SigningKeyFacts, kid: str) -> VerificationKey:
    """The key, unless it ended. Raises TokenError."""
    if facts.kid != kid:  # a look-up that ignores case, say
        raise TokenError(reasons.unknown_key(kid))
    if facts.state is KeyState.RETIRED:
        raise TokenError(reasons.key_retired(facts.kid, facts.ended_at))
    if facts.state is KeyState.REVOKED:
        raise TokenError(reasons.key_revoked(facts.kid, facts.ended_at))
    try:
        return _parsed(kid, facts.algorithm, facts.public_jwk)
    except InvalidError:
        raise TokenError(reasons.unusable_key(kid)) from None


def _parsed(kid: str, algorithm: str, members: Mapping[str, Any]) -> VerificationKey:
    """The stored key. Raises InvalidError."""
    try:
        return _kept(kid, algorithm, tuple(members.items()))
    except TypeError:  # a list among the members, such as `key_ops`: it cannot be kept
        return _kept.__wrapped__(kid, algorithm, tuple(members.items()))


@lru_cache(maxsize=32)
def _kept(kid: str, algorithm: str, members: tuple[tuple[str, Any], ...]) -> VerificationKey:
    """The stored key, kept because reading one takes longer than using it. Raises InvalidError."""
    key = parse_public_jwk(dict(members))
    if (key.kid, key.algorithm) != (kid, algorithm):
        raise InvalidError("the stored key is not the one that it is stored as")
    return key
