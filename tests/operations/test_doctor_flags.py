"""False flags without effect: the examples of the rule, and the rule beside the evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.evaluation.rules import held_groups, judge_leaf
from grantctl.model import Role
from grantctl.operations.doctor_flags import IdleFlags, find_idle_flags
from grantctl.store import doctor_queries as queries
from grantctl.store import integrity_queries
from grantctl.store.database import Database
from grantctl.store.tables import to_microseconds
from grantctl.store.url import SQLITE
from tests.contract.worlds import NOW, World, rich_world, worlds

TOP, MIDDLE, LEAF, OTHER = 1, 2, 3, 4
ABOVE = {TOP: None, MIDDLE: TOP, LEAF: MIDDLE, OTHER: None}
EDIT, SHARE = 10, 11
CLOSED = {EDIT: False, SHARE: False}


def shadowed(
    flags: dict[tuple[int, int], bool], *combinations: Sequence[int]
) -> dict[int, tuple[int, ...]]:
    """What is shadowed where every default is false."""
    listed = [(group, permission, value) for (group, permission), value in flags.items()]
    found = find_idle_flags(listed, ABOVE, combinations, CLOSED)
    assert found.under_default == {}
    return dict(found.shadowed)


def test_a_false_is_without_effect_where_the_default_is_true() -> None:
    defaults = {EDIT: True, SHARE: False}
    flags = [(TOP, EDIT, False), (LEAF, EDIT, True), (OTHER, SHARE, False)]
    assert find_idle_flags(flags, ABOVE, [[OTHER]], defaults) == IdleFlags({EDIT: (TOP,)}, {})


def test_a_false_is_without_effect_where_every_member_gets_true_elsewhere() -> None:
    flags = {(LEAF, EDIT): False, (OTHER, EDIT): True}
    assert shadowed(flags, [LEAF, OTHER], [OTHER]) == {EDIT: (LEAF,)}
    assert shadowed(flags, [LEAF, OTHER], [LEAF]) == {}


def test_a_group_above_is_elsewhere_and_a_group_below_is_not() -> None:
    assert shadowed({(LEAF, EDIT): False, (TOP, EDIT): True}, [LEAF]) == {EDIT: (LEAF,)}
    assert shadowed({(TOP, EDIT): False, (LEAF, EDIT): True}, [LEAF], [TOP]) == {}


def test_members_of_the_groups_below_count_too() -> None:
    flags = {(TOP, EDIT): False, (OTHER, EDIT): True}
    assert shadowed(flags, [TOP, OTHER], [LEAF]) == {}
    assert shadowed(flags, [TOP, OTHER], [LEAF, OTHER]) == {EDIT: (TOP,)}
    assert shadowed(flags, [LEAF, OTHER]) == {EDIT: (TOP,)}


def test_of_a_group_without_members_nothing_is_said() -> None:
    assert shadowed({(LEAF, EDIT): False, (TOP, EDIT): True}, [TOP], [OTHER]) == {}


def test_each_permission_is_judged_for_itself() -> None:
    flags = {
        (LEAF, EDIT): False,
        (LEAF, SHARE): False,
        (OTHER, SHARE): True,
        (TOP, EDIT): True,
    }
    assert shadowed(flags, [LEAF]) == {EDIT: (LEAF,)}
    assert shadowed(flags, [LEAF, OTHER]) == {EDIT: (LEAF,), SHARE: (LEAF,)}


def test_groups_in_a_circle_and_flags_of_nothing_end() -> None:
    circle = {1: 3, 2: 1, 3: 2, 4: 99}
    flags = [(1, EDIT, True), (2, EDIT, False), (77, EDIT, False), (4, 55, False)]
    found = find_idle_flags(flags, circle, [[3], [88, 4]], CLOSED)
    assert found == IdleFlags({}, {EDIT: (2,)})


def test_a_long_chain_of_groups_takes_one_step_a_group() -> None:
    chain = {pk: pk - 1 if pk > 1 else None for pk in range(1, 20_001)}
    flags = [(1, EDIT, True), (20_000, EDIT, False), (10_000, SHARE, False)]
    found = find_idle_flags(flags, chain, [[20_000]], CLOSED)
    assert found == IdleFlags({}, {EDIT: (20_000,)})


def judged(world: World) -> IdleFlags:
    """The same, asked of the evaluator member by member."""
    pks = {key: pk for pk, key in enumerate(world.catalogue, start=1)}
    under_default: dict[int, list[int]] = {}
    shadow: dict[int, list[int]] = {}
    members = [
        (facts, held_groups(facts, NOW))
        for facts in map(world.facts, world.users)
        if facts.user.role is not Role.ADMIN
    ]
    for (group, key), value in world.flags.items():
        if value:
            continue
        if world.catalogue[key].default:
            under_default.setdefault(pks[key], []).append(group)
            continue
        granted = [
            bool(judge_leaf(facts, world.catalogue[key], held).granting)
            for facts, held in members
            if any(one.group.pk == group for one in held)
        ]
        if granted and all(granted):
            shadow.setdefault(pks[key], []).append(group)
    return IdleFlags(
        {pk: tuple(sorted(groups)) for pk, groups in under_default.items()},
        {pk: tuple(sorted(groups)) for pk, groups in shadow.items()},
    )


def found(world: World) -> IdleFlags:
    pks = {key: pk for pk, key in enumerate(world.catalogue, start=1)}
    combinations = [
        [one.group for pk, one in world.memberships if pk == user.pk and not one.is_expired(NOW)]
        for user in world.users
        if user.role is not Role.ADMIN
    ]
    return find_idle_flags(
        [(group, pks[key], value) for (group, key), value in world.flags.items()],
        {group.pk: group.parent for group in world.groups},
        combinations,
        {pks[key]: one.default for key, one in world.catalogue.items()},
    )


@settings(deadline=None, max_examples=150)
@given(worlds())
def test_what_is_without_effect_is_what_the_evaluator_says(world: World) -> None:
    assert found(world) == judged(world)


@settings(deadline=None, max_examples=100)
@given(worlds(), st.data())
def test_taking_such_a_flag_back_changes_nothing_for_anybody(
    world: World, data: st.DataObject
) -> None:
    idle = found(world)
    keys = dict(enumerate(world.catalogue, start=1))
    pairs = [
        (group, keys[pk])
        for flags in (idle.under_default, idle.shadowed)
        for pk, groups in flags.items()
        for group in groups
    ]
    if not pairs:
        return
    gone = data.draw(st.sampled_from(pairs))
    flags = {pair: value for pair, value in world.flags.items() if pair != gone}
    after = World(world.users, world.groups, world.memberships, world.catalogue, flags)
    for user in world.users:
        for key, permission in world.catalogue.items():
            before_facts, after_facts = world.facts(user), after.facts(user)
            before = judge_leaf(before_facts, permission, held_groups(before_facts, NOW))
            assert before.allowed is (
                judge_leaf(after_facts, permission, held_groups(after_facts, NOW)).allowed
            ), key


def from_database(database: Database) -> IdleFlags:
    """What is found by the statements of `doctor`, permissions numbered as in the world."""
    with database.reader() as reader:
        connection = reader._connection
        is_sqlite = connection.engine == SQLITE
        query = queries.COMBINATIONS_ON_SQLITE if is_sqlite else queries.COMBINATIONS_ON_POSTGRES
        combinations = [held for (held,) in connection.rows(query, {"now": to_microseconds(NOW)})]
        assert len(set(combinations)) == len(combinations)
        found = find_idle_flags(
            connection.rows(queries.FLAGS),
            {pk: parent for pk, _, _, parent in connection.rows(integrity_queries.PARENTS)},
            [[int(pk) for pk in held.split(",")] for held in combinations],
            {pk: bool(value) for pk, _, value in connection.rows(queries.DEFAULTS)},
        )
    return IdleFlags(*map(in_order, (found.under_default, found.shadowed)))


def in_order(flags: Mapping[int, Sequence[int]]) -> dict[int, tuple[int, ...]]:
    return {permission: tuple(sorted(groups)) for permission, groups in flags.items()}


def test_the_database_says_the_same(database: Database) -> None:
    rich_world().write(database)
    assert from_database(database) == judged(rich_world())

    @settings(
        deadline=None,
        max_examples=12,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(worlds())
    def check(world: World) -> None:
        world.write(database)
        assert from_database(database) == judged(world)

    check()


def test_the_rich_world_has_flags_of_both_kinds() -> None:
    world = rich_world()
    assert found(world) == judged(world)
    assert found(world) == IdleFlags({2: (2,)}, {1: (2,)})
