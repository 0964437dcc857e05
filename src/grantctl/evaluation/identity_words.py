"""Why claims gave a role and groups, in words.

Owns the wording. Leaves what is decided to `identity`.
"""

from __future__ import annotations

from collections.abc import Mapping

from grantctl.evaluation.identity_decision import (
    GroupChange,
    GroupReason,
    GroupsDecision,
    GroupsReason,
    RoleDecision,
    RoleReason,
)
from grantctl.evaluation.identity_facts import ClaimRules, RuleSetting
from grantctl.evaluation.steps import named

_IN_CLAIM = "`{value}` in the claim `{claim}`"
_ROLE_SENTENCES: Mapping[RoleReason, str] = {
    RoleReason.FIRST_USER: "the first user becomes admin",
    RoleReason.ONLY_USER: "the only user is always admin",
    RoleReason.MANAGEMENT_OFF_KEPT: "`{setting}` is off: the role is kept",
    RoleReason.MANAGEMENT_OFF_DEFAULT: f"`{RuleSetting.ROLE_MANAGEMENT}` is off: {{default}}",
    RoleReason.ADMIN_ROLE: f"{_IN_CLAIM} is an admin role",
    RoleReason.ALLOWED_ROLE: f"{_IN_CLAIM} is an allowed role",
    RoleReason.ANYONE_ALLOWED: "`*` in `{setting}` allows any role",
    RoleReason.UNMATCHED_REFUSED: "{unmatched}, which `{setting}` refuses",
    RoleReason.UNMATCHED_DEFAULT: "{unmatched}: {default}, as `{setting}` says",
    RoleReason.MISSING_KEPT: "{silence}: the role is kept, as `{setting}` says",
    RoleReason.MISSING_DEFAULT: "{silence}: {default}",
}


def role_sentence(decision: RoleDecision, rules: ClaimRules) -> str:
    """Why this role, or why none: `` `admin` in the claim `roles` is an admin role ``."""
    if decision.instead is not None:
        instead = f"{decision.instead.role} ({role_sentence(decision.instead, rules)})"
        return f"the last admin stays admin, and would be {instead} otherwise"
    default = f"`{RuleSetting.DEFAULT_ROLE}`"
    if decision.setting is RuleSetting.DEFAULT_ROLE:
        default += " for a new user"
    elif decision.reason is RoleReason.MISSING_DEFAULT:
        default += f", as `{decision.setting}` says"
    return _ROLE_SENTENCES[decision.reason].format(
        setting=decision.setting,
        value=decision.value,
        claim=rules.roles_claim,
        default=default,
        unmatched=_unmatched(decision, rules),
        silence=_silence(RuleSetting.ROLES_CLAIM, rules.roles_claim, "role"),
    )


def groups_sentence(decision: GroupsDecision, rules: ClaimRules) -> str:
    """Why the groups are looked at, or why none is."""
    match decision.reason:
        case GroupsReason.MANAGEMENT_OFF:
            return f"`{RuleSetting.GROUP_MANAGEMENT}` is off"
        case GroupsReason.REFUSED:
            return "the login is refused"
        case GroupsReason.ADMIN:
            return "an admin is allowed everything, whatever the groups"
        case GroupsReason.NOTHING_CLAIMED:
            silence = _silence(RuleSetting.GROUPS_CLAIM, rules.groups_claim, "group")
            return f"{silence}: nothing is changed"
        case _:
            return f"the claim `{rules.groups_claim}` names {named(decision.claimed)}"


_GROUP_SENTENCES: Mapping[GroupReason, str] = {
    GroupReason.CLAIMED: "the claim names it",
    GroupReason.CREATED: "the claim names it, and there is none of this name",
    GroupReason.EXPIRED_AGAIN: "the claim names it, and the membership had expired",
    GroupReason.ADOPTED: "imported, and from now on the claim's, which names it",
    GroupReason.NOT_CLAIMED: "the claim does not name it",
    GroupReason.ALREADY: "the claim names it, and the user is in it",
    GroupReason.MADE_BY_HAND: "made by hand: the claim has no say in it",
    GroupReason.IMPORTED: "imported: the claim has no say in it until it names it",
    GroupReason.BLOCKED: f"blocked by `{RuleSetting.BLOCKED_GROUPS}`",
    GroupReason.UNKNOWN: f"no such group, and `{RuleSetting.GROUP_CREATION}` is off",
    GroupReason.UNUSABLE_NAME: "no group may have this name",
    GroupReason.NAME_TAKEN: "no group may have this name, for it is another group's id",
    GroupReason.AMBIGUOUS: "several groups have this name, and the user is in none of them",
}


def group_sentence(change: GroupChange) -> str:
    """Why this is done about one group."""
    return _GROUP_SENTENCES[change.reason]


def _unmatched(decision: RoleDecision, rules: ClaimRules) -> str:
    if not decision.claimed:
        return f"nothing in the claim `{rules.roles_claim}` is a role"
    of_claim = f"{named(decision.claimed)} in the claim `{rules.roles_claim}`"
    if len(decision.claimed) == 1:
        return f"{of_claim} is no mapped role"
    return f"none of {of_claim} is a mapped role"


def _silence(setting: RuleSetting, claim: str, what: str) -> str:
    return f"the claim `{claim}` names no {what}" if claim else f"`{setting}` names no claim"
