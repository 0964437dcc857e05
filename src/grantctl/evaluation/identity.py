"""The claims of an identity provider become a role and groups.

Owns the order of the rules about roles (docs/semantics.md; specification, "User Roles and Status"),
and offers the names of the rest. Pure: it takes the claims, the rules and what the store knows, and
says what a login is to do. The rules about groups are in `identity_groups`, the shapes in
`identity_facts` and `identity_decision`, how a claim is read in `identity_claims`.

INVARIANT: nobody becomes admin but the first user, the only one, and whom `admin_roles` names.
INVARIANT: the last admin stays admin.
INVARIANT: only memberships with the source oauth are ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grantctl.evaluation.identity_claims import ClaimValues, claim_values
from grantctl.evaluation.identity_decision import (
    GroupAction,
    GroupChange,
    GroupReason,
    GroupsDecision,
    GroupsReason,
    RoleDecision,
    RoleReason,
)
from grantctl.evaluation.identity_facts import (
    ANY_ROLE,
    ClaimRules,
    HeldGroup,
    IdentityFacts,
    MissingRole,
    RuleSetting,
    UnmatchedRole,
)
from grantctl.evaluation.identity_groups import claimed_groups, decide_groups
from grantctl.lean import replace
from grantctl.model import Role

__all__ = [
    "ANY_ROLE",
    "ClaimRules",
    "ClaimValues",
    "GroupAction",
    "GroupChange",
    "GroupReason",
    "GroupsDecision",
    "GroupsReason",
    "HeldGroup",
    "IdentityFacts",
    "MissingRole",
    "RoleDecision",
    "RoleReason",
    "RuleSetting",
    "UnmatchedRole",
    "claim_values",
    "claimed_groups",
    "decide_groups",
    "decide_role",
]


def decide_role(
    claims: Mapping[str, object], rules: ClaimRules, facts: IdentityFacts
) -> RoleDecision:
    """The role that the claims give, or that the login is refused."""
    decided = _decide(claims, rules, facts)
    is_demotion = decided.role is not None and decided.role is not Role.ADMIN
    if not (is_demotion and facts.role is Role.ADMIN and facts.is_last_admin):
        return decided
    return replace(
        decided,
        role=Role.ADMIN,
        reason=RoleReason.LAST_ADMIN_KEPT,
        setting=None,
        value=None,
        instead=decided,
    )


def _decide(claims: Mapping[str, object], rules: ClaimRules, facts: IdentityFacts) -> RoleDecision:
    before = facts.role
    if before is None and facts.user_count == 0:
        return RoleDecision(Role.ADMIN, before, RoleReason.FIRST_USER)
    if before is not None and facts.user_count == 1:
        return RoleDecision(Role.ADMIN, before, RoleReason.ONLY_USER)
    if not rules.role_management:
        return _unmanaged(rules, before)
    claim = claim_values(claims, rules.roles_claim, rules.roles_separator)
    decided = _unclaimed(rules, before) if claim.is_silent else _claimed(rules, before, claim)
    return replace(decided, claimed=claim.values, notes=claim.notes)


def _unmanaged(rules: ClaimRules, before: Role | None) -> RoleDecision:
    if before is None:
        reason = RoleReason.MANAGEMENT_OFF_DEFAULT
        return RoleDecision(rules.default_role, before, reason, RuleSetting.DEFAULT_ROLE)
    reason = RoleReason.MANAGEMENT_OFF_KEPT
    return RoleDecision(before, before, reason, RuleSetting.ROLE_MANAGEMENT)


def _unclaimed(rules: ClaimRules, before: Role | None) -> RoleDecision:
    if before is None:
        reason = RoleReason.MISSING_DEFAULT
        return RoleDecision(rules.default_role, before, reason, RuleSetting.DEFAULT_ROLE)
    if rules.missing_role is MissingRole.KEEP:
        return RoleDecision(before, before, RoleReason.MISSING_KEPT, RuleSetting.MISSING_ROLE)
    reason = RoleReason.MISSING_DEFAULT
    return RoleDecision(rules.default_role, before, reason, RuleSetting.MISSING_ROLE)


def _claimed(rules: ClaimRules, before: Role | None, claim: ClaimValues) -> RoleDecision:
    """The role of a claim that says something, whatever the order in which it does."""
    admin_role = _first(rules.admin_roles, claim)
    if admin_role is not None:
        reason = RoleReason.ADMIN_ROLE
        return RoleDecision(Role.ADMIN, before, reason, RuleSetting.ADMIN_ROLES, admin_role)
    named = (role for role in rules.allowed_roles if role != ANY_ROLE)
    allowed_role = _first(named, claim)
    if allowed_role is not None:
        reason = RoleReason.ALLOWED_ROLE
        return RoleDecision(Role.USER, before, reason, RuleSetting.ALLOWED_ROLES, allowed_role)
    if ANY_ROLE in rules.allowed_roles:
        reason = RoleReason.ANYONE_ALLOWED
        return RoleDecision(Role.USER, before, reason, RuleSetting.ALLOWED_ROLES)
    if rules.unmatched_role is UnmatchedRole.REFUSE:
        reason = RoleReason.UNMATCHED_REFUSED
        return RoleDecision(None, before, reason, RuleSetting.UNMATCHED_ROLE)
    reason = RoleReason.UNMATCHED_DEFAULT
    return RoleDecision(rules.default_role, before, reason, RuleSetting.UNMATCHED_ROLE)


def _first(mapped: Iterable[str], claim: ClaimValues) -> str | None:
    """The first of the mapped roles that is claimed; the claim never holds an empty one."""
    return next((role for role in mapped if role in claim.values), None)
