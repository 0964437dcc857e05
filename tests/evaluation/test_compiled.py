"""A compiled question says of every user what the decision about it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.compiled import (
    Asked,
    CompiledQuestion,
    Verdict,
    closed_downward,
    compile_question,
)
from grantctl.evaluation.decision import Reason
from grantctl.evaluation.evaluator import decide, has_permission
from grantctl.evaluation.facts import Permission
from grantctl.evaluation.rules import leaves_of
from grantctl.evaluation.scopes import Scope
from tests.contract.worlds import KEYS, NOW, World, worlds

SCOPES = st.none() | st.lists(
    st.sampled_from([*KEYS, "a.*", "a.deep.*", "*", "none.*"]), min_size=1, max_size=3
).map(lambda entries: Scope(tuple(sorted(set(entries)))))


def compiled(world: World, asked: Asked) -> CompiledQuestion:
    """The question about the whole of a world."""
    children: dict[int, list[int]] = {}
    for group in world.groups:
        if group.parent is not None:
            children.setdefault(group.parent, []).append(group.pk)
    granting = {
        key: closed_downward(
            [pk for (pk, name), value in world.flags.items() if name == key and value], children
        )
        for key in world.catalogue
    }
    return compile_question(asked, leaves_of(world.catalogue, asked.key), granting)


@given(worlds(), st.booleans(), st.booleans(), SCOPES)
def test_it_says_what_the_decision_says(
    world: World, ignore_role: bool, require_all: bool, scope: Scope | None
) -> None:
    options = {"ignore_role": ignore_role, "require_all": require_all, "scope": scope}
    for key in world.all_keys():
        question = compiled(world, Asked(key, **options))
        for user in world.users:
            now = [
                one.group
                for pk, one in world.memberships
                if pk == user.pk and not one.is_expired(NOW)
            ]
            facts = world.facts(user)
            decision = decide(facts, key, now=NOW, **options)
            verdict = question.verdict(user.role.value, now)
            assert verdict == Verdict(decision.allowed, decision.reason)
            assert verdict.allowed is has_permission(facts, key, now=NOW, **options)


def test_groups_below_one_are_found_at_any_depth_and_once_in_a_circle() -> None:
    children = {1: [2, 3], 2: [4], 4: [1], 5: [6]}
    assert closed_downward([1], children) == {1, 2, 3, 4}
    assert closed_downward([3], children) == {3}
    assert closed_downward([], children) == frozenset()


def test_a_category_asked_for_as_a_whole_needs_each_leaf_that_is_no_default() -> None:
    leaves = (Permission("a.x", True), Permission("a.y", False), Permission("a.z", False))
    granting = {"a.y": frozenset({1}), "a.z": frozenset({2})}
    question = compile_question(Asked("a", require_all=True), leaves, granting)
    assert question.verdict("user", (1, 2)) == Verdict(True, Reason.LEAVES)
    assert question.verdict("user", (1,)) == Verdict(False, Reason.LEAVES)
    assert question.verdict("admin", ()) == Verdict(True, Reason.ADMIN)
    assert question.verdict("pending", (1, 2)) == Verdict(False, Reason.PENDING)
