"""The verdict on a token, and what of it may be told.

Owns its shape and its form in the words of RFC 7662. Leaves how it comes about to
`authentication`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from grantctl.credentials.reasons import TokenReason, TokenRefusal
from grantctl.evaluation.facts import User
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.token_facts import StoredToken, TokenKind

if TYPE_CHECKING:  # for its types only: it loads libraries that an API key does not need
    from grantctl.credentials.jwt import VerifiedClaims

OPENWEBUI = "openwebui"


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What a token came to.

    `refusal` is None where it is accepted. `kind` is what it looks like. `token` is the stored one,
    if there is one, also where it is refused: for the log of whoever runs this, never for a
    stranger. `claims`: of a JWT. `scope` limits what the user may by it; None is no limit.
    """

    refusal: TokenRefusal | None
    kind: TokenKind
    user: User | None = None
    token: StoredToken | None = None
    claims: VerifiedClaims | None = None
    scope: Scope | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is accepted."""
        return self.refusal is None

    @property
    def reason(self) -> TokenReason:
        """The code: `ok` where it is accepted."""
        return self.refusal.reason if self.refusal else TokenReason.OK


def introspection(verdict: TokenVerdict, *, full: bool = False) -> dict[str, Any]:
    """The verdict in the words of RFC 7662, 2.2, with `reason` and `message`.

    Of a refused token a stranger learns only that; with `full`, for the operator's own terminal,
    the reason and its message too, but never what the token claims.
    """
    if verdict.refusal is not None:
        told = {"reason": verdict.refusal.reason.value, "message": verdict.refusal.message}
        return {"active": False, **(told if full else {})}
    found = _accepted_claims(verdict)
    return {
        "active": True,
        **{name: value for name, value in found.items() if value is not None},
        "reason": TokenReason.OK.value,
        "message": "it is valid",
    }


def _accepted_claims(verdict: TokenVerdict) -> dict[str, Any]:
    user, token, claims = verdict.user, verdict.token, verdict.claims
    issued_at = claims.issued_at if claims else token.issued_at if token else None
    expires_at = claims.expires_at if claims else token.expires_at if token else None
    return {
        "sub": user.id if user else None,
        "username": user.label if user else None,
        "scope": str(verdict.scope) if verdict.scope else None,
        "token_type": "Bearer",
        "kind": OPENWEBUI if claims and claims.kind == OPENWEBUI else verdict.kind.value,
        "iss": claims.issuer if claims else None,
        "aud": claims.audience if claims else None,
        "iat": _seconds(issued_at),
        "nbf": _seconds(claims.not_before) if claims else None,
        "exp": _seconds(expires_at),
        "jti": token.id if token else claims.jti if claims else None,
        "name": (token.name or None) if token else None,
    }


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
