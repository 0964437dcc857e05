from __future__ import annotations

import pytest

from grantctl.errors import InvalidError
from grantctl.evaluation.identity import (
    ClaimRules,
    IdentityFacts,
    MissingRole,
    RoleDecision,
    RoleReason,
    RuleSetting,
    UnmatchedRole,
    decide_role,
)
from grantctl.lean import replace
from grantctl.model import Role
from grantctl.operations.policy_settings import SETTINGS
from tests.evaluation.identities import facts_of

ADMIN, USER, PENDING = Role.ADMIN, Role.USER, Role.PENDING
ON = ClaimRules(role_management=True, allowed_roles=("staff", "user"), admin_roles=("root", "boss"))
STRICT = replace(ON, unmatched_role=UnmatchedRole.REFUSE, missing_role=MissingRole.DEFAULT_ROLE)
RULE_KEYS = {one.value for one in RuleSetting} | {
    "oauth.roles_separator",
    "oauth.groups_separator",
}


def roles(*names: object) -> dict[str, object]:
    return {"roles": list(names)}


@pytest.mark.parametrize("rules", [ClaimRules(), ON, STRICT], ids=["off", "on", "strict"])
def test_the_first_user_becomes_admin_and_the_only_one_is_again(rules: ClaimRules) -> None:
    first = facts_of(None, user_count=0)
    assert decide_role(roles("x"), rules, first) == RoleDecision(ADMIN, None, RoleReason.FIRST_USER)
    only = facts_of(PENDING, user_count=1)
    assert decide_role(roles("x"), rules, only) == RoleDecision(
        ADMIN, PENDING, RoleReason.ONLY_USER
    )


def test_a_second_user_is_not_the_only_one() -> None:
    decision = decide_role({}, ClaimRules(), facts_of(None, user_count=1))
    assert (decision.role, decision.reason) == (PENDING, RoleReason.MANAGEMENT_OFF_DEFAULT)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            None,
            RoleDecision(USER, None, RoleReason.MANAGEMENT_OFF_DEFAULT, RuleSetting.DEFAULT_ROLE),
        ),
        (
            PENDING,
            RoleDecision(
                PENDING, PENDING, RoleReason.MANAGEMENT_OFF_KEPT, RuleSetting.ROLE_MANAGEMENT
            ),
        ),
        (
            ADMIN,
            RoleDecision(ADMIN, ADMIN, RoleReason.MANAGEMENT_OFF_KEPT, RuleSetting.ROLE_MANAGEMENT),
        ),
    ],
    ids=str,
)
def test_while_claims_do_not_decide_roles_they_are_not_looked_at(
    before: Role | None, expected: RoleDecision
) -> None:
    rules = ClaimRules(default_role=USER)
    assert decide_role(roles("admin"), rules, facts_of(before)) == expected


def decided(
    claims: dict[str, object], rules: ClaimRules = ON, facts: IdentityFacts | None = None
) -> tuple[Role | None, RoleReason, str | None, str | None]:
    decision = decide_role(claims, rules, facts or facts_of(USER))
    return decision.role, decision.reason, decision.setting, decision.value


def test_an_admin_role_beats_an_allowed_one_whatever_the_order() -> None:
    expected = (ADMIN, RoleReason.ADMIN_ROLE, "oauth.admin_roles", "root")
    assert decided(roles("staff", "boss", "root")) == expected
    assert decided(roles("root", "boss", "staff", "boss")) == expected


def test_an_allowed_role_makes_a_user_even_of_an_admin() -> None:
    expected = (USER, RoleReason.ALLOWED_ROLE, "oauth.allowed_roles", "staff")
    for before in (None, PENDING, USER, ADMIN):
        assert decided(roles("x", "user", "staff"), ON, facts_of(before)) == expected


def test_a_role_in_both_lists_makes_an_admin() -> None:
    rules = replace(ON, allowed_roles=("x",), admin_roles=("x",))
    assert decided(roles("x"), rules)[:2] == (ADMIN, RoleReason.ADMIN_ROLE)


@pytest.mark.parametrize("claim", ["Staff", " staff", "staff ", "staf", "*"], ids=repr)
def test_roles_are_compared_exactly(claim: str) -> None:
    assert decided(roles(claim))[1] is RoleReason.UNMATCHED_DEFAULT


def test_the_star_allows_any_role_that_is_claimed() -> None:
    rules = replace(ON, allowed_roles=("*", "staff"))
    anyone = (USER, RoleReason.ANYONE_ALLOWED, "oauth.allowed_roles", None)
    assert decided(roles("x"), rules) == anyone
    assert decided(roles("*"), rules) == anyone
    assert decided(roles("x", "staff"), rules)[1:] == (
        RoleReason.ALLOWED_ROLE,
        "oauth.allowed_roles",
        "staff",
    )
    assert decided(roles("x", "root"), rules)[1] is RoleReason.ADMIN_ROLE
    assert decided(roles(), rules)[1] is RoleReason.MISSING_KEPT


def test_an_empty_text_is_no_role_whatever_the_settings_say() -> None:
    rules = replace(STRICT, allowed_roles=("",), admin_roles=("",))
    for claim in ("", [""]):
        assert decided({"roles": claim}, rules)[:2] == (None, RoleReason.UNMATCHED_REFUSED)


@pytest.mark.parametrize("before", [None, PENDING, USER, ADMIN], ids=str)
def test_roles_that_are_not_mapped_give_the_default_role_or_are_refused(
    before: Role | None,
) -> None:
    facts = facts_of(before)
    setting = "oauth.unmatched_role"
    refused = (None, RoleReason.UNMATCHED_REFUSED, setting, None)
    default = (PENDING, RoleReason.UNMATCHED_DEFAULT, setting, None)
    for claims in (roles("x"), roles(None), {"roles": True}, {"roles": ""}):
        assert decided(claims, ON, facts) == default
        assert decided(claims, STRICT, facts) == refused


@pytest.mark.parametrize("claims", [{}, {"roles": []}, {"roles": None}, {"roles": {}}], ids=str)
def test_where_no_role_is_claimed_the_role_is_kept_or_the_default_one(
    claims: dict[str, object],
) -> None:
    for before in (PENDING, USER, ADMIN):
        kept = (before, RoleReason.MISSING_KEPT, "oauth.missing_role", None)
        assert decided(claims, ON, facts_of(before)) == kept
        default = (PENDING, RoleReason.MISSING_DEFAULT, "oauth.missing_role", None)
        assert decided(claims, STRICT, facts_of(before)) == default
    for rules in (ON, STRICT):
        new = (PENDING, RoleReason.MISSING_DEFAULT, "users.default_role", None)
        assert decided(claims, rules, facts_of(None)) == new


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (roles("staff"), RoleReason.ALLOWED_ROLE),
        (roles("x"), RoleReason.UNMATCHED_DEFAULT),
        ({}, RoleReason.MISSING_DEFAULT),
    ],
    ids=["allowed", "unmatched", "missing"],
)
def test_the_last_admin_is_not_demoted(claims: dict[str, object], reason: RoleReason) -> None:
    rules = replace(ON, missing_role=MissingRole.DEFAULT_ROLE)
    instead = decide_role(claims, rules, facts_of(ADMIN))
    assert instead.reason is reason
    assert decide_role(claims, rules, facts_of(ADMIN, is_last_admin=True)) == RoleDecision(
        ADMIN,
        ADMIN,
        RoleReason.LAST_ADMIN_KEPT,
        claimed=instead.claimed,
        notes=instead.notes,
        instead=instead,
    )


def test_the_last_admin_is_refused_as_others_are_and_stays_admin() -> None:
    decision = decide_role(roles("x"), STRICT, facts_of(ADMIN, is_last_admin=True))
    assert (decision.is_refused, decision.is_change) == (True, False)
    assert (decision.before, decision.instead) == (ADMIN, None)


def test_a_decision_tells_what_was_claimed_and_what_was_left_out() -> None:
    decision = decide_role(roles("x", 7, None), ON, facts_of(USER))
    assert (decision.claimed, decision.notes) == (
        ("x", "7"),
        ("the claim `roles` holds null, which names nothing",),
    )


@pytest.mark.parametrize(
    ("claims", "before", "is_change"),
    [
        (roles("staff"), None, True),
        (roles("staff"), USER, False),
        (roles("staff"), PENDING, True),
        (roles("root"), USER, True),
    ],
    ids=str,
)
def test_a_first_role_and_another_one_are_changes(
    claims: dict[str, object], before: Role | None, is_change: bool
) -> None:
    assert decide_role(claims, ON, facts_of(before)).is_change is is_change


def test_the_default_role_may_not_be_admin() -> None:
    with pytest.raises(InvalidError, match="may not be `admin`"):
        ClaimRules(default_role=ADMIN)


def test_the_rules_are_the_policy_settings_and_have_their_defaults() -> None:
    assert {one.value for one in RuleSetting} <= SETTINGS.keys()
    rules = ClaimRules()
    ours = {key: getattr(rules, key.rpartition(".")[2]) for key in RULE_KEYS}
    assert ours == {key: SETTINGS[key].default for key in RULE_KEYS}
