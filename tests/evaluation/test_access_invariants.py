"""What holds of every decision about a resource, on generated directories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.access import (
    decide_access,
    find_reach,
    has_access,
    users_with_access,
)
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.facts import AccessFacts, Resource
from grantctl.evaluation.rules import held_groups
from grantctl.model import PrincipalType
from tests.contract.resource_worlds import ACTIONS, EVERYONE, ResourceWorld, resource_worlds
from tests.contract.worlds import NOW

questions = st.builds(
    AccessQuestion, st.sampled_from([*ACTIONS, "raed"]), st.booleans(), st.booleans(), st.booleans()
)
BARE = {"ignore_role": True, "ignore_owner": True, "ignore_base": True}


def rules_of(question: AccessQuestion) -> dict[str, Any]:
    return {
        "ignore_role": question.ignore_role,
        "ignore_owner": question.ignore_owner,
        "ignore_base": question.ignore_base,
    }


def every_facts(world: ResourceWorld) -> list[AccessFacts]:
    return [
        world.facts(user, resource.ref)
        for user in world.people.users
        for resource in world.resources
    ]


def decided(facts: AccessFacts, question: AccessQuestion) -> AccessDecision:
    return decide_access(facts, question, now=NOW)


@given(resource_worlds(), questions)
def test_a_decision_is_never_without_its_reasons(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    for facts in every_facts(world):
        decision = decided(facts, question)
        [deciding] = [step for step in decision.steps if step.verdict is not None]
        assert decision.allowed is deciding.verdict
        assert (decision.cause, decision.reason.value) == (deciding.detail, deciding.rule)
        assert all(step.detail for step in decision.steps)
        assert [hop.resource for hop in decision.hops] == list(facts.chain)


@given(resource_worlds(), questions)
def test_every_way_of_asking_gives_the_same_answer(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    rules = rules_of(question)
    for resource in world.resources:
        everybody = [world.facts(user, resource.ref) for user in world.people.users]
        reached = {
            one.user.pk: one
            for one in users_with_access(everybody, question.action, now=NOW, **rules)
        }
        for facts in everybody:
            allowed = decided(facts, question).allowed
            assert has_access(facts, question.action, now=NOW, **rules) is allowed
            assert (facts.user.pk in reached) is allowed
            assert find_reach(facts, question, now=NOW) == reached.get(facts.user.pk)
        assert all(one.via for one in reached.values())


def as_the_reference_says(world: ResourceWorld, facts: AccessFacts, action: str) -> bool:
    """has_access of Open WebUI, on the access control as JSON: the rule written down anew."""
    resource = facts.resource
    if resource.is_public:
        return action == "read"
    ids: dict[PrincipalType, set[str]] = {kind: set() for kind in PrincipalType}
    for grant in resource.grants:
        if grant.action == action:
            ids[grant.principal_type].add(grant.principal_id)
    held = {one.group.id for one in held_groups(facts, NOW)}
    return bool(
        ids[PrincipalType.EVERYONE]
        or facts.user.id in ids[PrincipalType.USER]
        or held & ids[PrincipalType.GROUP]
    )


@given(resource_worlds(), st.sampled_from(ACTIONS))
def test_without_role_owner_and_bases_it_is_the_reference_s_rule(
    world: ResourceWorld, action: str
) -> None:
    for facts in every_facts(world):
        expected = as_the_reference_says(world, facts, action)
        assert has_access(facts, action, now=NOW, **BARE) is expected


@given(resource_worlds(), questions, st.data())
def test_a_grant_more_never_turns_an_allow_into_a_deny(
    world: ResourceWorld, question: AccessQuestion, data: st.DataObject
) -> None:
    grants = [replace(EVERYONE, action=action) for action in ACTIONS]
    grants += [world.grant_to_user(action, one) for one in world.people.users for action in ACTIONS]
    ref = data.draw(st.sampled_from([one.ref for one in world.resources]))
    more = world.with_grant(ref, data.draw(st.sampled_from(grants)))
    for before, after in zip(every_facts(world), every_facts(more), strict=True):
        assert decided(before, question).allowed <= decided(after, question).allowed


@given(resource_worlds(), questions, st.data())
def test_a_membership_less_never_turns_a_deny_into_an_allow(
    world: ResourceWorld, question: AccessQuestion, data: st.DataObject
) -> None:
    held = world.people.memberships
    kept = tuple(one for one in held if data.draw(st.booleans()))
    less = replace(world, people=replace(world.people, memberships=kept))
    for before, after in zip(every_facts(world), every_facts(less), strict=True):
        assert decided(after, question).allowed <= decided(before, question).allowed


@given(resource_worlds(), questions)
def test_another_resource_s_grants_are_none_of_this_one_unless_it_is_a_base(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    for facts in every_facts(world):
        chain = {one.ref for one in facts.chain}

        def emptied(one: Resource, chain: set[object] = chain) -> Resource:  # type: ignore[assignment]
            return one if one.ref in chain else replace(one, is_public=False, grants=())

        others = replace(world, resources=tuple(map(emptied, world.resources)))
        again = others.facts(facts.user, facts.resource.ref)
        assert decided(again, question) == decided(facts, question)


@given(resource_worlds(), questions)
def test_running_any_remedy_s_commands_turns_a_denial_into_an_allow(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    for facts in every_facts(world):
        decision = decided(facts, question)
        assert bool(decision.remedies) is not decision.allowed
        for remedy in decision.remedies:
            assert remedy.description
            after = world.after(remedy.commands)
            user = next(one for one in after.people.users if one.pk == facts.user.pk)
            assert decided(after.facts(user, facts.resource.ref), question).allowed, remedy


@given(resource_worlds(), questions)
def test_a_warning_that_the_access_ends_names_the_moment_from_which_it_is_denied(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    for facts in every_facts(world):
        decision = decided(facts, question)
        later = decide_access(facts, question, now=NOW + timedelta(days=1))
        is_told = any(one.code == "membership_expires" for one in decision.warnings)
        assert is_told is (decision.allowed and not later.allowed)
