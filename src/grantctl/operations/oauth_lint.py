"""What is likely amiss in the settings about an identity provider.

Owns the findings that need no claims: what is missing, does nothing, or lets in more, or takes away
more, than anybody may have meant. Leaves samples of claims to `oauth_lint_samples`. Nothing is
fetched and nothing changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from shlex import quote

from grantctl.errors import GrantctlError
from grantctl.evaluation.identity import ANY_ROLE, UnmatchedRole
from grantctl.evaluation.identity_blocking import is_blocked, pattern_problem
from grantctl.model import Role
from grantctl.operations import policy_settings as keys
from grantctl.operations.identity_rules import ANY_DOMAIN
from grantctl.operations.oauth_lint_facts import LintFacts, LintFinding, read_lint_facts
from grantctl.operations.policy_values import value_text
from grantctl.operations.provider_key_sets import address_problem, load_provider_keys

__all__ = ["LintFacts", "LintFinding", "find_problems", "read_lint_facts"]

_OF_ROLES = (
    *(keys.OAUTH_ROLES_CLAIM, keys.OAUTH_ROLES_SEPARATOR, keys.OAUTH_ALLOWED_ROLES),
    *(keys.OAUTH_ADMIN_ROLES, keys.OAUTH_UNMATCHED_ROLE, keys.OAUTH_MISSING_ROLE),
)
_OF_GROUPS = (
    *(keys.OAUTH_GROUPS_CLAIM, keys.OAUTH_GROUPS_SEPARATOR, keys.OAUTH_GROUP_CREATION),
    keys.OAUTH_BLOCKED_GROUPS,
)
# Names that no group is likely to have, and that have nothing in common.
_PROBES = ("zq7 Kx", "ÅÄÖ", "000-000")
_CHANGEABLE_CLAIMS = ("email", "preferred_username", "upn", "name", "nickname")


def find_problems(facts: LintFacts) -> tuple[LintFinding, ...]:
    """Everything that is amiss; nothing where no provider is set up."""
    if not facts.is_configured:
        return ()
    return tuple(
        finding
        for find in (_provider, _identities, _open_doors, _roles, _groups)
        for finding in find(facts)
    )


def _provider(facts: LintFacts) -> Iterator[LintFinding]:
    rules = facts.rules
    for code, key, value, what in (
        ("issuer_missing", keys.OAUTH_ISSUER, rules.issuer, "URL"),
        ("audience_missing", keys.OAUTH_AUDIENCE, rules.audience, "CLIENT_ID"),
        ("jwks_missing", keys.OAUTH_JWKS, rules.jwks, "https://…"),
    ):
        if not value:
            message = "no login can be verified without it"
            yield LintFinding(code, key, message, f"grantctl config set {key} {what}")
    if rules.issuer and not rules.issuer.startswith("https://"):
        yield LintFinding(
            "issuer_not_https",
            keys.OAUTH_ISSUER,
            f"`{rules.issuer}` is no https:// address, as a provider's is",
            "the `issuer` of its configuration, to the letter",
        )
    yield from _key_set(rules.jwks)


def _key_set(jwks: str) -> Iterator[LintFinding]:
    if "://" in jwks:
        if address_problem(jwks) or jwks.startswith("http://"):
            yield LintFinding(
                "jwks_not_https",
                keys.OAUTH_JWKS,
                "keys are fetched without TLS, which is for trying it out",
                f"grantctl config set {keys.OAUTH_JWKS} https://…",
            )
    elif jwks:
        try:
            load_provider_keys(jwks)
        except GrantctlError as error:
            hint = error.hint or f"grantctl config set {keys.OAUTH_JWKS} FILE"
            yield LintFinding("jwks_unusable", keys.OAUTH_JWKS, error.message, hint)


def _identities(facts: LintFacts) -> Iterator[LintFinding]:
    rules = facts.rules
    if rules.sub_claim in (*_CHANGEABLE_CLAIMS, rules.email_claim):
        yield LintFinding(
            "subject_changes",
            keys.OAUTH_SUB_CLAIM,
            f"`{rules.sub_claim}` may change, and come to name somebody else, who then logs in",
            f"grantctl config set {keys.OAUTH_SUB_CLAIM} sub",
        )
    if rules.provider and rules.provider not in facts.issuers:
        yield LintFinding(
            "provider_unknown",
            keys.OAUTH_PROVIDER,
            f"no identity of `{rules.provider}` is known: were users imported with another name?",
            f"grantctl config unset {keys.OAUTH_PROVIDER}",
        )
    known = {rules.issuer, rules.provider}
    for issuer in sorted(facts.issuers.keys() - known):
        count = facts.issuers[issuer]
        yield LintFinding(
            "identities_unused",
            keys.OAUTH_PROVIDER,
            f"{count} identities are of `{issuer}`, by which nobody is found",
            f"if it is this provider: grantctl config set {keys.OAUTH_PROVIDER} {quote(issuer)}",
        )


def _open_doors(facts: LintFacts) -> Iterator[LintFinding]:
    rules = facts.rules
    if not (rules.signup and ANY_DOMAIN in rules.allowed_domains):
        return
    claims = rules.claims
    if claims.default_role is Role.USER:
        yield LintFinding(
            "everybody_let_in",
            keys.DEFAULT_ROLE_KEY,
            "whoever the provider knows becomes a user, if it names no role that is mapped"
            if claims.role_management and claims.unmatched_role is UnmatchedRole.DEFAULT_ROLE
            else "whoever the provider knows becomes a user, if it names no role",
            f"grantctl roles default pending, or: grantctl config set {keys.OAUTH_ALLOWED_DOMAINS} "
            "example.com",
        )
    if claims.role_management and ANY_ROLE in claims.allowed_roles:
        yield LintFinding(
            "any_role_allowed",
            keys.OAUTH_ALLOWED_ROLES,
            "whoever the provider names any role of becomes a user",
            f"grantctl config set {keys.OAUTH_ALLOWED_ROLES} ROLE,…",
        )


def _roles(facts: LintFacts) -> Iterator[LintFinding]:
    claims = facts.rules.claims
    if not claims.role_management:
        yield from _idle(facts, _OF_ROLES, keys.OAUTH_ROLE_MANAGEMENT)
        return
    if not claims.roles_claim:
        yield LintFinding(
            "roles_claim_empty",
            keys.OAUTH_ROLES_CLAIM,
            "no claim names a role, so that the claims decide none",
            f"grantctl config set {keys.OAUTH_ROLES_CLAIM} roles",
        )
    if not claims.allowed_roles:
        yield LintFinding(
            "allowed_roles_empty",
            keys.OAUTH_ALLOWED_ROLES,
            "no claimed role makes anybody a user",
            f"grantctl config set {keys.OAUTH_ALLOWED_ROLES} ROLE,…",
        )
    if not claims.admin_roles:
        admins = facts.linked_admin_count
        yield LintFinding(
            "admin_roles_empty",
            keys.OAUTH_ADMIN_ROLES,
            "no claimed role keeps anybody an admin"
            + (f": of {admins} who log in so, each but the last is demoted" if admins else ""),
            f"grantctl config set {keys.OAUTH_ADMIN_ROLES} ROLE,…",
        )
    default = keys.find_setting(keys.OAUTH_ADMIN_ROLES).default
    usual = default if isinstance(default, tuple) else ()
    for role in sorted(set(claims.allowed_roles) & set(claims.admin_roles) - set(usual)):
        yield LintFinding(
            "role_in_both",
            keys.OAUTH_ALLOWED_ROLES,
            f"`{role}` is an admin role too, and so makes an admin",
            f"take it out of one: grantctl config get {keys.OAUTH_ADMIN_ROLES}",
        )


def _groups(facts: LintFacts) -> Iterator[LintFinding]:
    claims = facts.rules.claims
    if not claims.group_management:
        yield from _idle(facts, _OF_GROUPS, keys.OAUTH_GROUP_MANAGEMENT)
        return
    for pattern in claims.blocked_groups:
        problem = pattern_problem(pattern)
        hint = f"grantctl config get {keys.OAUTH_BLOCKED_GROUPS}"
        if problem:
            yield _blocked("blocked_malformed", pattern, problem, hint)
        elif all(is_blocked(name, (pattern,)) for name in _PROBES):
            yield _blocked("blocked_everything", pattern, "it blocks every group", hint)
        elif not any(is_blocked(name, (pattern,)) for name in facts.group_names):
            yield _blocked("blocked_nothing", pattern, "no group that there is fits it", hint)


def _blocked(code: str, pattern: str, problem: str, hint: str) -> LintFinding:
    return LintFinding(code, keys.OAUTH_BLOCKED_GROUPS, f"`{pattern}`: {problem}", hint)


def _idle(facts: LintFacts, about: Collection[str], switch: str) -> Iterator[LintFinding]:
    """Settings that do nothing while what they are about is switched off."""
    for key in about:
        if facts.is_other_than_default(key):
            value = value_text(keys.find_setting(key).read(facts.stored[key]))
            yield LintFinding(
                "without_effect",
                key,
                f"it is `{value}`, and does nothing while `{switch}` is off",
                f"grantctl config set {switch} true, or: grantctl config unset {key}",
            )
