"""What holds of every mapping of claims, whatever the claims and the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grantctl.evaluation.facts import Group, Membership
from grantctl.evaluation.identity import (
    ClaimRules,
    GroupAction,
    GroupReason,
    GroupsDecision,
    HeldGroup,
    IdentityFacts,
    MissingRole,
    RoleDecision,
    RoleReason,
    UnmatchedRole,
    claim_values,
    claimed_groups,
    decide_groups,
    decide_role,
)
from grantctl.evaluation.identity_blocking import is_blocked
from grantctl.evaluation.identity_words import group_sentence, groups_sentence, role_sentence
from grantctl.model import Role, Source
from tests.evaluation.identities import NOW, TOMORROW, YESTERDAY, after
from tests.interop.any_json import VALUES

ROLE_NAMES = ["admin", "user", "staff", "root", "Admin", "", "7", "*"]
GROUP_NAMES = ["Alpha", "Beta", "Twins", "Twins", "secret-1", "secret-2", "New", " ", "g-1", ""]
ROLES = [Role.USER, Role.PENDING, Role.ADMIN]


def named_by(names: list[str], separator: str) -> st.SearchStrategy[Any]:
    """A claim as providers write it."""
    named = st.lists(st.sampled_from(names), min_size=1, max_size=4)
    return named | named.map(separator.join) | named.map(lambda one: [*one, 7, None])


usual_claims = st.fixed_dictionaries(
    {"roles": named_by(ROLE_NAMES, ","), "groups": named_by(GROUP_NAMES, ";")}
)
any_claims = (
    usual_claims
    | st.builds(lambda one, roles: {**one, "a": {"roles": roles}}, usual_claims, VALUES)
    | st.fixed_dictionaries(
        {}, optional={"roles": VALUES, "groups": VALUES, "a": VALUES, "_claim_names": VALUES}
    )
)
some_roles = st.lists(st.sampled_from(ROLE_NAMES), max_size=3).map(tuple)
any_rules = st.builds(
    ClaimRules,
    default_role=st.sampled_from([Role.PENDING, Role.USER]),
    role_management=st.sampled_from([True, True, False]),
    roles_claim=st.sampled_from(["roles", "roles", "a.roles", ""]),
    allowed_roles=some_roles,
    admin_roles=some_roles,
    unmatched_role=st.sampled_from(list(UnmatchedRole)),
    missing_role=st.sampled_from(list(MissingRole)),
    group_management=st.sampled_from([True, True, True, False]),
    group_creation=st.booleans(),
    blocked_groups=st.sampled_from(
        [(), (), ("secret-*",), ("^secret", "Alpha"), ("[bad",), ("(a+)+",)]
    ),
)
members = st.builds(
    Membership,
    st.just(0),
    st.sampled_from(list(Source)),
    expires_at=st.sampled_from([None, None, YESTERDAY, TOMORROW]),
)


@st.composite
def any_facts(draw: st.DrawFn) -> IdentityFacts:
    """The facts of somebody new, of the only user, or of one among several."""
    role = draw(st.sampled_from([None, *ROLES, *ROLES[:2]]))
    names = draw(st.lists(st.sampled_from(GROUP_NAMES[:6]), max_size=6))
    held = [draw(st.none() | members) if role else None for _ in names]
    return IdentityFacts(
        user_count=draw(st.sampled_from([2, 3, 1] if role else [2, 3, 1, 0])),
        role=role,
        is_last_admin=role is Role.ADMIN and draw(st.booleans()),
        groups=tuple(
            HeldGroup(Group(pk, f"g-{pk}", name), one and replace(one, group=pk))
            for pk, (name, one) in enumerate(zip(names, held, strict=True), start=1)
        ),
        now=NOW,
        taken_names=frozenset(draw(st.sampled_from(["", "g-1"])).split()),
    )


def decided(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> tuple[RoleDecision, GroupsDecision]:
    role = decide_role(claims, rules, facts)
    return role, decide_groups(claims, rules, facts, role.role)


@given(any_claims, any_rules, any_facts())
def test_nobody_becomes_admin_unless_first_alone_kept_or_mapped(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    role = decide_role(claims, rules, facts)
    claimed = claim_values(claims, rules.roles_claim, rules.roles_separator).values
    is_mapped = rules.role_management and bool(set(claimed) & set(rules.admin_roles))
    may_be = (
        (facts.role is None and facts.user_count == 0)
        or (facts.role is not None and facts.user_count == 1)
        or facts.role is Role.ADMIN
        or is_mapped
    )
    assert may_be or role.role is not Role.ADMIN
    assert (role.reason is RoleReason.ADMIN_ROLE) <= is_mapped


@given(any_claims, any_rules, any_facts())
def test_the_last_admin_is_never_demoted(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    last = replace(facts, role=Role.ADMIN, is_last_admin=True, user_count=max(1, facts.user_count))
    role = decide_role(claims, rules, last)
    assert role.role in (Role.ADMIN, None)
    assert (role.reason is RoleReason.LAST_ADMIN_KEPT) is (role.instead is not None)


@given(any_claims, any_rules, any_facts())
def test_a_claim_that_names_no_group_changes_none(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    _, groups = decided(claims, rules, facts)
    names = claim_values(claims, rules.groups_claim, rules.groups_separator).values
    assert names or not groups.changes
    for silence in ([], "", None, {}):
        assert decided({**claims, "groups": silence}, rules, facts)[1].changes == ()


@given(any_claims, any_rules, any_facts())
def test_what_others_made_is_not_removed_and_what_is_blocked_not_touched(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    _, groups = decided(claims, rules, facts)
    by_id = {one.group.id: one for one in facts.groups}
    for change in groups.changes:
        if change.action is GroupAction.REMOVE:
            membership = by_id[str(change.group_id)].membership
            assert membership is not None
            assert membership.source is Source.OAUTH
            assert change.name not in claimed_groups(claims, rules)
        if is_blocked(change.name, rules.blocked_groups):
            assert not change.action.is_change
            assert change.reason is GroupReason.BLOCKED


@given(any_claims, any_rules, any_facts())
def test_every_group_that_matters_is_told_of_once(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    _, groups = decided(claims, rules, facts)
    if not groups.claimed:
        return
    told = [(one.name, one.group_id) for one in groups.changes]
    assert told == sorted(set(told), key=lambda one: (one[0], one[1] or ""))
    assert {one.name for one in groups.changes} >= set(groups.claimed)
    unclaimed = [one for one in facts.groups if one.group.name not in groups.claimed]
    assert {id_ for name, id_ in told if name not in groups.claimed} == {
        one.group.id for one in unclaimed if one.membership is not None
    }


@given(any_claims, any_rules, any_facts())
@settings(max_examples=200)
def test_deciding_again_on_what_came_of_it_changes_nothing(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    role, groups = decided(claims, rules, facts)
    then = after(facts, role, groups)
    if role.role is None:
        assert then == facts
        return
    role_again, groups_again = decided(claims, rules, then)
    assert not role_again.is_change
    assert not any(one.action.is_change for one in groups_again.changes)


@given(
    st.lists(st.sampled_from(ROLE_NAMES), min_size=2, max_size=5),
    st.permutations(ROLE_NAMES),
    st.lists(st.sampled_from(GROUP_NAMES), min_size=2, max_size=5),
    any_rules,
    any_facts(),
    st.data(),
)
def test_neither_the_order_of_a_claim_nor_doubles_matter(
    roles: list[str],
    mapped: list[str],
    groups: list[str],
    rules: ClaimRules,
    facts: IdentityFacts,
    data: st.DataObject,
) -> None:
    rules = replace(
        rules,
        role_management=True,
        roles_claim="roles",
        admin_roles=tuple(mapped[:2]),
        allowed_roles=tuple(mapped[2:5]),
    )
    role, changes = decided({"roles": roles, "groups": groups}, rules, facts)
    doubled = {
        "roles": data.draw(st.permutations([*roles, *roles[:1]])),
        "groups": data.draw(st.permutations([*groups, *groups[:1]])),
    }
    held = tuple(data.draw(st.permutations(facts.groups)))
    other_role, other_changes = decided(doubled, rules, replace(facts, groups=held))
    assert set(role.claimed) == set(other_role.claimed)
    assert without_order(role) == without_order(other_role)
    assert replace(changes, claimed=()) == replace(other_changes, claimed=())


def without_order(role: RoleDecision) -> RoleDecision:
    instead = role.instead and replace(role.instead, claimed=())
    return replace(role, claimed=(), instead=instead)


@given(any_claims, any_rules, any_facts())
def test_every_decision_has_its_words(
    claims: dict[str, Any], rules: ClaimRules, facts: IdentityFacts
) -> None:
    role, groups = decided(claims, rules, facts)
    assert role_sentence(role, rules)
    assert groups_sentence(groups, rules)
    assert all(group_sentence(one) for one in groups.changes)
