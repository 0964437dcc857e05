"""The effects of generated flags: as everybody's verdicts say, each judged before and after."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.evaluation.decision import Leaf
from grantctl.evaluation.facts import PermissionFacts
from grantctl.evaluation.rules import held_groups, judge_leaf, role_verdict
from grantctl.operations.effects import FlagEffect, measure_effects
from grantctl.store.database import Database
from tests.contract.worlds import NOW, World, worlds


def judged(facts: PermissionFacts, key: str) -> Leaf:
    return judge_leaf(facts, facts.catalogue[key], held_groups(facts, NOW))


def changed(
    facts: PermissionFacts, group: int | None, key: str, value: bool | None
) -> PermissionFacts:
    """The facts once the group's flag, or the default, has that value."""
    if group is None:
        permission = replace(facts.catalogue[key], default=bool(value))
        return replace(facts, catalogue={**facts.catalogue, key: permission})
    others = {pair: one for pair, one in facts.flags.items() if pair != (group, key)}
    own = {} if value is None else {(group, key): value}
    return replace(facts, flags=others | own)


def why(leaf: Leaf) -> str:
    if leaf.granting:
        return f"group `{leaf.granting[0].group.name}` sets it true"
    return "the default is true" if leaf.permission.default else "it was denied before"


def expected(world: World, group: int | None, key: str, value: bool | None) -> FlagEffect:
    """Every user in scope judged twice by the evaluator's rules."""
    gained = lost = count = 0
    allowed, denied = Counter[str](), Counter[str]()
    for user in world.users:
        facts = world.facts(user)
        if group is not None and all(one.group.pk != group for one in held_groups(facts, NOW)):
            continue
        count += 1
        by_role = role_verdict(user.role, ignore_role=False)
        if by_role is not None:
            what = "admins are allowed" if by_role else "pending users are denied"
            (allowed if by_role else denied)[f"{what} everything"] += 1
            continue
        before, after = judged(facts, key), judged(changed(facts, group, key, value), key)
        if before.allowed is after.allowed:
            (allowed if after.allowed else denied)[why(before if value else after)] += 1
        elif after.allowed:
            gained += 1
        else:
            lost += 1
    return FlagEffect(count, gained, lost, dict(allowed), dict(denied))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds(), data=st.data())
def test_effects_are_what_everybody_s_verdicts_say(
    database: Database, world: World, data: st.DataObject
) -> None:
    world.write(database)
    group = data.draw(st.sampled_from([None, *(group.pk for group in world.groups)]))
    values: dict[str, bool | None] = data.draw(
        st.dictionaries(
            st.sampled_from(sorted(world.catalogue)),
            st.booleans() if group is None else st.sampled_from([True, False, None]),
            min_size=1,
        )
    )
    with database.reader() as reader:
        effects = measure_effects(reader, group, values, NOW)
    assert effects == {key: expected(world, group, key, value) for key, value in values.items()}
    for effect in effects.values():
        for reasons in (effect.still_allowed, effect.still_denied):
            assert [*reasons.items()] == sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
