"""The policy settings about an identity provider, as they are at this moment.

Owns their reading, all of them at once. Leaves what each may be to `policy_settings`, and what they
mean for a role and for groups to the evaluator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grantctl.errors import DatabaseError, InvalidError
from grantctl.evaluation.identity import ClaimRules, MissingRole, UnmatchedRole
from grantctl.model import Role
from grantctl.operations import policy_settings as keys
from grantctl.store.token_reader import TokenReader

ANY_DOMAIN = "*"


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """What the database says of logins from an identity provider.

    `issuer`, `audience`, `jwks`, `provider` and `default_group` are empty where nothing is set.
    """

    claims: ClaimRules
    issuer: str
    audience: str
    jwks: str
    provider: str
    signup: bool
    sub_claim: str
    email_claim: str
    name_claim: str
    allowed_domains: tuple[str, ...]
    update_email: bool
    update_name: bool
    default_group: str
    leeway_seconds: int

    def allows_domain(self, email: str | None) -> bool:
        """Whether somebody with that address is let in; without one, only where anybody is."""
        if ANY_DOMAIN in self.allowed_domains:
            return True
        return email is not None and email.rpartition("@")[2] in self.allowed_domains


def read_identity_rules(tokens: TokenReader) -> IdentityRules:
    """All of them, from one statement. Raises DatabaseError for one that is broken."""
    stored = tokens.policies()
    try:
        return _rules(stored)
    except InvalidError as error:
        raise DatabaseError(error.message, hint=error.hint) from None


def _rules(stored: Mapping[str, Any]) -> IdentityRules:
    def value(key: str) -> keys.PolicyValue:
        setting = keys.find_setting(key)
        return setting.read(stored[key]) if key in stored else setting.default

    def text(key: str) -> str:
        return str(value(key))

    def texts(key: str) -> tuple[str, ...]:
        found = value(key)
        return found if isinstance(found, tuple) else ()

    return IdentityRules(
        claims=ClaimRules(
            default_role=Role(text(keys.DEFAULT_ROLE_KEY)),
            role_management=bool(value(keys.OAUTH_ROLE_MANAGEMENT)),
            roles_claim=text(keys.OAUTH_ROLES_CLAIM),
            roles_separator=text(keys.OAUTH_ROLES_SEPARATOR),
            allowed_roles=texts(keys.OAUTH_ALLOWED_ROLES),
            admin_roles=texts(keys.OAUTH_ADMIN_ROLES),
            unmatched_role=UnmatchedRole(text(keys.OAUTH_UNMATCHED_ROLE)),
            missing_role=MissingRole(text(keys.OAUTH_MISSING_ROLE)),
            group_management=bool(value(keys.OAUTH_GROUP_MANAGEMENT)),
            group_creation=bool(value(keys.OAUTH_GROUP_CREATION)),
            groups_claim=text(keys.OAUTH_GROUPS_CLAIM),
            groups_separator=text(keys.OAUTH_GROUPS_SEPARATOR),
            blocked_groups=texts(keys.OAUTH_BLOCKED_GROUPS),
        ),
        issuer=text(keys.OAUTH_ISSUER),
        audience=text(keys.OAUTH_AUDIENCE),
        jwks=text(keys.OAUTH_JWKS),
        provider=text(keys.OAUTH_PROVIDER),
        signup=bool(value(keys.OAUTH_SIGNUP)),
        sub_claim=text(keys.OAUTH_SUB_CLAIM),
        email_claim=text(keys.OAUTH_EMAIL_CLAIM),
        name_claim=text(keys.OAUTH_NAME_CLAIM),
        allowed_domains=texts(keys.OAUTH_ALLOWED_DOMAINS),
        update_email=bool(value(keys.OAUTH_UPDATE_EMAIL)),
        update_name=bool(value(keys.OAUTH_UPDATE_NAME)),
        default_group=text(keys.DEFAULT_GROUP),
        leeway_seconds=int(text(keys.LEEWAY)),
    )
