from __future__ import annotations

import pytest

from grantctl.evaluation.identity import (
    ClaimRules,
    GroupAction,
    GroupChange,
    GroupReason,
    RoleReason,
    UnmatchedRole,
    decide_groups,
    decide_role,
)
from grantctl.evaluation.identity_facts import IdentityFacts, MissingRole
from grantctl.evaluation.identity_words import group_sentence, groups_sentence, role_sentence
from grantctl.lean import replace
from grantctl.model import Role
from tests.evaluation.identities import facts_of, held

OFF = ClaimRules()
ON = replace(OFF, role_management=True, roles_claim="realm.roles")
STAR = replace(ON, allowed_roles=("*",))
STRICT = replace(ON, unmatched_role=UnmatchedRole.REFUSE, missing_role=MissingRole.DEFAULT_ROLE)
USER = facts_of(Role.USER)


def claiming(*names: object) -> dict[str, object]:
    return {"realm.roles": list(names)}


ROLE_SENTENCES: dict[RoleReason, list[tuple[dict[str, object], ClaimRules, IdentityFacts, str]]] = {
    RoleReason.FIRST_USER: [
        ({}, ON, facts_of(None, user_count=0), "the first user becomes admin"),
    ],
    RoleReason.ONLY_USER: [
        ({}, ON, facts_of(Role.USER, user_count=1), "the only user is always admin"),
    ],
    RoleReason.MANAGEMENT_OFF_KEPT: [
        ({}, OFF, USER, "`oauth.role_management` is off: the role is kept"),
    ],
    RoleReason.MANAGEMENT_OFF_DEFAULT: [
        (
            {},
            OFF,
            facts_of(None),
            "`oauth.role_management` is off: `users.default_role` for a new user",
        ),
    ],
    RoleReason.ADMIN_ROLE: [
        (claiming("admin"), ON, USER, "`admin` in the claim `realm.roles` is an admin role"),
    ],
    RoleReason.ALLOWED_ROLE: [
        (claiming("user"), ON, USER, "`user` in the claim `realm.roles` is an allowed role"),
    ],
    RoleReason.ANYONE_ALLOWED: [
        (claiming("x"), STAR, USER, "`*` in `oauth.allowed_roles` allows any role"),
    ],
    RoleReason.UNMATCHED_REFUSED: [
        (
            claiming("x"),
            STRICT,
            USER,
            "`x` in the claim `realm.roles` is no mapped role,"
            " which `oauth.unmatched_role` refuses",
        ),
        (
            claiming("{x}", "y"),
            STRICT,
            USER,
            "none of `{x}`, `y` in the claim `realm.roles` is a mapped role,"
            " which `oauth.unmatched_role` refuses",
        ),
        (
            claiming(None),
            STRICT,
            USER,
            "nothing in the claim `realm.roles` is a role, which `oauth.unmatched_role` refuses",
        ),
    ],
    RoleReason.UNMATCHED_DEFAULT: [
        (
            claiming("x"),
            ON,
            USER,
            "`x` in the claim `realm.roles` is no mapped role: `users.default_role`,"
            " as `oauth.unmatched_role` says",
        ),
    ],
    RoleReason.MISSING_KEPT: [
        (
            {},
            ON,
            USER,
            "the claim `realm.roles` names no role: the role is kept, as `oauth.missing_role` says",
        ),
        (
            {},
            replace(ON, roles_claim=""),
            USER,
            "`oauth.roles_claim` names no claim: the role is kept, as `oauth.missing_role` says",
        ),
    ],
    RoleReason.MISSING_DEFAULT: [
        (
            {},
            ON,
            facts_of(None),
            "the claim `realm.roles` names no role: `users.default_role` for a new user",
        ),
        (
            {},
            STRICT,
            USER,
            "the claim `realm.roles` names no role: `users.default_role`,"
            " as `oauth.missing_role` says",
        ),
    ],
    RoleReason.LAST_ADMIN_KEPT: [
        (
            claiming("user"),
            ON,
            facts_of(Role.ADMIN, is_last_admin=True),
            "the last admin stays admin, and would be user"
            " (`user` in the claim `realm.roles` is an allowed role) otherwise",
        ),
    ],
}


@pytest.mark.parametrize("reason", list(RoleReason))
def test_every_reason_for_a_role_is_told(reason: RoleReason) -> None:
    assert ROLE_SENTENCES[reason]
    for claims, rules, facts, sentence in ROLE_SENTENCES[reason]:
        decision = decide_role(claims, rules, facts)
        assert decision.reason is reason
        assert role_sentence(decision, rules) == sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (GroupReason.CLAIMED, "the claim names it"),
        (GroupReason.CREATED, "the claim names it, and there is none of this name"),
        (GroupReason.EXPIRED_AGAIN, "the claim names it, and the membership had expired"),
        (GroupReason.ADOPTED, "imported, and from now on the claim's, which names it"),
        (GroupReason.NOT_CLAIMED, "the claim does not name it"),
        (GroupReason.ALREADY, "the claim names it, and the user is in it"),
        (GroupReason.MADE_BY_HAND, "made by hand: the claim has no say in it"),
        (GroupReason.IMPORTED, "imported: the claim has no say in it until it names it"),
        (GroupReason.BLOCKED, "blocked by `oauth.blocked_groups`"),
        (GroupReason.UNKNOWN, "no such group, and `oauth.group_creation` is off"),
        (GroupReason.UNUSABLE_NAME, "no group may have this name"),
        (GroupReason.NAME_TAKEN, "no group may have this name, for it is another group's id"),
        (
            GroupReason.AMBIGUOUS,
            "several groups have this name, and the user is in none of them",
        ),
    ],
    ids=str,
)
def test_every_reason_for_a_group_is_told(reason: GroupReason, sentence: str) -> None:
    assert group_sentence(GroupChange("x", None, GroupAction.SKIP, reason)) == sentence


def test_no_reason_for_a_group_is_without_words() -> None:
    for reason in GroupReason:
        assert group_sentence(GroupChange("x", None, GroupAction.SKIP, reason))


@pytest.mark.parametrize(
    ("names", "rules", "role", "sentence"),
    [
        (["A"], ClaimRules(), Role.USER, "`oauth.group_management` is off"),
        (["A"], ClaimRules(group_management=True), None, "the login is refused"),
        (
            ["A"],
            ClaimRules(group_management=True),
            Role.ADMIN,
            "an admin is allowed everything, whatever the groups",
        ),
        (
            [],
            ClaimRules(group_management=True),
            Role.USER,
            "the claim `groups` names no group: nothing is changed",
        ),
        (
            ["A"],
            ClaimRules(group_management=True, groups_claim=""),
            Role.USER,
            "`oauth.groups_claim` names no claim: nothing is changed",
        ),
        (
            ["D", "A", "C", "B"],
            ClaimRules(group_management=True),
            Role.USER,
            "the claim `groups` names `D`, `A`, `C` and 1 more",
        ),
    ],
    ids=["off", "refused", "admin", "empty", "no claim", "claimed"],
)
def test_why_groups_are_looked_at(
    names: list[str], rules: ClaimRules, role: Role | None, sentence: str
) -> None:
    decision = decide_groups({"groups": names}, rules, facts_of(role, held("A")), role)
    assert groups_sentence(decision, rules) == sentence
