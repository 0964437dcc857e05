"""Who asks, as an endpoint is told."""

from __future__ import annotations

from dataclasses import dataclass

from grantctl.evaluation.scopes import EVERYTHING, Scope
from grantctl.model import Role
from grantctl.operations.authentication import TokenVerdict


@dataclass(frozen=True, slots=True)
class RequestUser:
    """The user for whom a request's credential stands.

    `scope`: what the credential is limited to of what the user may; None where it carries all.
    `token_id`: the stored token's id; None for a session of Open WebUI, which stores none.
    """

    id: str
    email: str | None
    name: str
    role: Role
    scope: Scope | None
    token_id: str | None

    @property
    def is_limited(self) -> bool:
        """Whether the credential carries less than the user may."""
        return self.scope is not None and EVERYTHING not in self.scope.entries


def user_of(verdict: TokenVerdict) -> RequestUser:
    """The user of a verdict that accepts."""
    user = verdict.user
    assert user is not None
    return RequestUser(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        scope=verdict.scope,
        token_id=None if verdict.token is None else verdict.token.id,
    )
