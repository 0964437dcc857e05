"""ID tokens, judged by the policy settings and by what a command says in their place.

Owns which issuer, audience and key set count, and that nothing is verified without all three.
Leaves the verdict to `credentials.id_token`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grantctl import credentials
from grantctl.credentials.id_token import IdTokenRules
from grantctl.errors import GuardError
from grantctl.operations import policy_settings as keys
from grantctl.operations.identity_rules import IdentityRules
from grantctl.operations.provider_key_sets import load_provider_keys


@dataclass(frozen=True, slots=True)
class Expected:
    """What a command expects of an ID token; None where the policy setting counts.

    `jwks` is a file or an address. `nonce`: that of the login that was begun, if it had one.
    """

    issuer: str | None = None
    audience: str | None = None
    jwks: str | None = None
    nonce: str | None = None

    def completed(self, rules: IdentityRules) -> Expected:
        """With the settings in the place of what is not said; empty where there is neither."""
        return Expected(
            issuer=self.issuer or rules.issuer,
            audience=self.audience or rules.audience,
            jwks=self.jwks or rules.jwks,
            nonce=self.nonce,
        )


@dataclass(frozen=True, slots=True)
class CheckedToken:
    """The claims of an ID token, and whether anybody vouches for them.

    `key_notes`: which of the provider's keys were passed over. `warnings`: of a token that is not
    verified, what would be said against it.
    """

    claims: Mapping[str, Any]
    issuer: str
    is_verified: bool
    key_notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def verify_login(
    text: str, expected: Expected, rules: IdentityRules, now: datetime
) -> CheckedToken:
    """The claims of a genuine ID token in force.

    Raises TokenError, GuardError where it is not said by what to verify it, InvalidError for a key
    set that is none.
    """
    found = expected.completed(rules)
    for what, value, option, key in (
        ("key set", found.jwks, "--jwks FILE", keys.OAUTH_JWKS),
        ("issuer", found.issuer, "--issuer URL", keys.OAUTH_ISSUER),
        ("audience", found.audience, "--audience NAME", keys.OAUTH_AUDIENCE),
    ):
        if not value:
            raise GuardError(
                f"there is no {what} to verify an ID token by",
                hint=f"{option}, or: grantctl config set {key} {option.partition(' ')[2]}",
            )
    # The form first: for a text that is no token, nobody is asked for keys.
    credentials.id_token.read_id_token(text)
    provider = load_provider_keys(found.jwks or "")
    asked = _asked(found, rules)
    claims = credentials.id_token.verify_id_token(text, provider, asked, now)
    return CheckedToken(claims, asked.issuer, True, provider.notes)


def read_login(text: str, expected: Expected, rules: IdentityRules, now: datetime) -> CheckedToken:
    """The claims of an ID token, verified where there is a key set. Raises as `verify_login`."""
    found = expected.completed(rules)
    if found.jwks:
        return verify_login(text, expected, rules, now)
    claims = credentials.id_token.read_id_token(text).claims
    asked = _asked(found, rules)
    asked = IdTokenRules(
        asked.issuer or claims["iss"],
        asked.audience or _any_audience(claims),
        asked.leeway_seconds,
        asked.nonce,
    )
    against = credentials.id_token.claims_refusal(claims, asked, now)
    warnings = () if against is None else (f"it would be refused: {against.message}",)
    return CheckedToken(claims, asked.issuer, False, warnings=warnings)


def _asked(found: Expected, rules: IdentityRules) -> IdTokenRules:
    return IdTokenRules(
        issuer=found.issuer or "",
        audience=found.audience or "",
        leeway_seconds=rules.leeway_seconds,
        nonce=found.nonce,
    )


def _any_audience(claims: Mapping[str, Any]) -> str:
    """One that the token is for, where nobody says which it must be."""
    party = claims.get("azp")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    return str(party if party in audience else audience[0])
