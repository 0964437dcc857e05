"""What holds of every graph, on generated directories: it shows what the evaluator decided by."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessQuestion, AccessReason
from grantctl.evaluation.decision import Reason
from grantctl.evaluation.evaluator import decide, has_permission
from grantctl.evaluation.facts import Membership, User
from grantctl.evaluation.graph import Edge, EdgeKind, Graph, NodeKind
from grantctl.evaluation.graph_facts import (
    GroupSurroundings,
    KeySurroundings,
    ResourceSurroundings,
    lineage,
)
from grantctl.evaluation.graph_of_access import graph_of_access
from grantctl.evaluation.graph_of_directory import (
    graph_of_group,
    graph_of_key,
    graph_of_resource,
)
from grantctl.evaluation.graph_of_user import graph_of_decision, graph_of_user
from grantctl.evaluation.rules import held_groups, judge_leaf, leaves_of
from tests.contract.resource_worlds import ACTIONS, ResourceWorld, resource_worlds
from tests.contract.worlds import NOW, World, worlds

ENOUGH = 1000
limits = st.sampled_from([1, 2, ENOUGH])
rules = st.booleans()


def require_sound(graph: Graph) -> None:
    """What `graph` promises of its shape."""
    ids = [node.id for node in graph.nodes]
    edges = [(one.source, one.target, one.kind, one.label) for one in graph.edges]
    assert len(set(ids)) == len(ids)
    assert len(set(edges)) == len(edges)
    assert {end for one in graph.edges for end in (one.source, one.target)} <= set(ids)
    assert [node.id for node in graph.nodes if node.is_subject]
    assert all(node.label for node in graph.nodes)


def reached(start: str, edges: Iterable[Edge]) -> set[str]:
    """Everything that the edges lead to from a node."""
    edges, found = list(edges), {start}
    while more := {one.target for one in edges if one.source in found} - found:
        found |= more
    return found


def around_key(world: World, key: str) -> KeySurroundings:
    leaves = leaves_of(world.catalogue, key)
    keys = {leaf.key for leaf in leaves}
    flags = {pair: value for pair, value in world.flags.items() if pair[1] in keys}
    groups = {one.pk: one for one in world.groups}
    return KeySurroundings(key, leaves, world.catalogue, groups, flags=flags)


def around_group(world: World, pk: int) -> GroupSurroundings:
    groups = {one.pk: one for one in world.groups}
    above = {one.pk for one in lineage(groups[pk], groups)}
    users = {one.pk: one for one in world.users}
    members: list[tuple[User, Membership]] = [
        (users[user], one)
        for user, one in world.memberships
        if one.group == pk and not one.is_expired(NOW)
    ]
    return GroupSurroundings(
        group=groups[pk],
        groups=groups,
        catalogue=world.catalogue,
        counts={pk: len(members)},
        members=tuple(members),
        flags={pair: value for pair, value in world.flags.items() if pair[0] in above},
    )


@given(worlds(), rules, rules, limits)
def test_a_decision_s_graph_has_a_way_that_decides_where_and_only_where_it_is_allowed(
    world: World, ignore_role: bool, require_all: bool, limit: int
) -> None:
    for user in world.users:
        facts = world.facts(user)
        for key in world.all_keys():
            decision = decide(facts, key, now=NOW, ignore_role=ignore_role, require_all=require_all)
            graph = graph_of_decision(facts, decision, limit=limit)
            require_sound(graph)
            assert (graph.verdict, graph.cause) == (decision.allowed, decision.cause)
            kind = "category" if decision.is_category else "permission"
            subject = f"{kind}:{key}"
            deciding = [one for one in graph.edges if one.decides]
            is_reached = subject in reached(f"user:{user.id}", deciding)
            is_for_all = require_all and decision.reason is Reason.LEAVES
            if decision.reason in (Reason.PENDING, Reason.ADMIN) or decision.allowed:
                assert is_reached
            elif not is_for_all:
                assert not is_reached
            if decision.reason is Reason.NOT_GRANTED:
                assert not deciding


@given(worlds(), rules)
def test_a_user_s_graph_says_of_each_permission_what_the_evaluator_says(
    world: World, ignore_role: bool
) -> None:
    for user in world.users:
        facts = world.facts(user)
        graph = graph_of_user(facts, now=NOW, limit=ENOUGH, ignore_role=ignore_role)
        require_sound(graph)
        held = held_groups(facts, NOW)
        set_here = {key for pk, key in facts.flags if pk in {one.group.pk for one in held}}
        shown = {one.label: one.verdict for one in graph.nodes if one.kind is NodeKind.PERMISSION}
        assert shown == {
            key: has_permission(facts, key, now=NOW, ignore_role=ignore_role) for key in set_here
        }
        ways = [one for one in graph.edges if one.kind in (EdgeKind.MEMBER, EdgeKind.PARENT)]
        groups = {one for one in reached(f"user:{user.id}", ways) if one.startswith("group:")}
        assert groups == {f"group:{one.group.id}" for one in held}
        assert graph.left_out == 0


@given(worlds())
def test_a_permission_s_graph_shows_every_group_through_which_anybody_has_it(world: World) -> None:
    for key in world.all_keys():
        graph = graph_of_key(around_key(world, key), limit=ENOUGH)
        require_sound(graph)
        ways = [one for one in graph.edges if one.kind in (EdgeKind.ALLOWS, EdgeKind.PARENT)]
        for user in world.users:
            facts = world.facts(user)
            for permission in leaves_of(world.catalogue, key):
                leaf = judge_leaf(facts, permission, held_groups(facts, NOW))
                for held in leaf.granting:
                    start = f"group:{held.path[0].id}"
                    assert f"permission:{permission.key}" in reached(start, ways)


@given(worlds())
def test_a_group_s_graph_shows_what_its_members_hold_through_it(world: World) -> None:
    for group in world.groups:
        graph = graph_of_group(around_group(world, group.pk), now=NOW, limit=ENOUGH)
        require_sound(graph)
        members = {one.source for one in graph.edges if one.kind is EdgeKind.MEMBER}
        assert members == {
            f"user:{user.id}"
            for user in world.users
            if any(held.path == (group,) for held in held_groups(world.facts(user), NOW))
        }
        ways = [one for one in graph.edges if one.kind in (EdgeKind.ALLOWS, EdgeKind.PARENT)]
        given_here = {
            one for one in reached(f"group:{group.id}", ways) if one.startswith("permission:")
        }
        groups = {one.pk: one for one in world.groups}
        above = {one.pk for one in lineage(group, groups)}
        assert given_here == {
            f"permission:{key}" for (pk, key), value in world.flags.items() if value and pk in above
        }


@given(worlds(), limits, st.data())
def test_a_limit_is_kept_and_what_it_hides_is_counted(
    world: World, limit: int, data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(world.all_keys()))
    user = data.draw(st.sampled_from(world.users))
    drawn: list[Callable[[int], Graph]] = [
        lambda most: graph_of_key(around_key(world, key), limit=most),
        lambda most: graph_of_user(world.facts(user), now=NOW, limit=most),
    ]
    if world.groups:
        pk = data.draw(st.sampled_from(world.groups)).pk
        drawn.append(lambda most: graph_of_group(around_group(world, pk), now=NOW, limit=most))
    for draw in drawn:
        cut, whole = draw(limit), draw(ENOUGH)
        require_sound(cut)
        assert whole.left_out == 0
        assert (cut.left_out > 0) is (
            len([one for one in cut.nodes if one.kind is not NodeKind.MORE]) < len(whole.nodes)
        )
        assert draw(limit) == cut


@given(resource_worlds(), st.sampled_from(ACTIONS), rules, limits)
def test_a_resource_s_decision_is_drawn_with_the_way_by_which_it_came_about(
    world: ResourceWorld, action: str, ignore_role: bool, limit: int
) -> None:
    for user in world.people.users:
        for resource in world.resources:
            facts = world.facts(user, resource.ref)
            question = AccessQuestion(action, ignore_role=ignore_role)
            decision = decide_access(facts, question, now=NOW)
            graph = graph_of_access(decision, limit=limit)
            require_sound(graph)
            assert (graph.verdict, graph.cause) == (decision.allowed, decision.cause)
            deciding = [one for one in graph.edges if one.decides]
            is_reached = f"resource:{resource.ref}" in reached(f"user:{user.id}", deciding)
            if decision.allowed or decision.is_decided_by_role:
                assert is_reached
            else:
                assert not is_reached
            if decision.reason is AccessReason.NOT_GRANTED:
                assert not deciding
            bases = [one.decides for one in graph.edges if one.kind is EdgeKind.BASE]
            if decision.reason is AccessReason.BASE:
                failing = [hop.allowed for hop in decision.hops].index(False)
                assert bases == [True] * failing + [False] * (len(bases) - failing)
                assert len(deciding) == failing
            elif decision.reason is AccessReason.BROKEN_BASE:
                assert bases == [one.decides for one in deciding]
            else:
                assert bases == [decision.is_control_asked and decision.allowed] * len(bases)


@given(resource_worlds(), limits)
def test_a_resource_s_graph_shows_everybody_to_whom_a_grant_may_give_something(
    world: ResourceWorld, limit: int
) -> None:
    groups = {one.pk: one for one in world.people.groups}
    for resource in world.resources:
        chain = world.facts(world.people.users[0], resource.ref).chain
        require_sound(graph_of_resource(ResourceSurroundings(chain, groups), limit=limit))
        graph = graph_of_resource(ResourceSurroundings(chain, groups), limit=ENOUGH)
        for user in world.people.users:
            decision = decide_access(
                world.facts(user, resource.ref),
                AccessQuestion("read", ignore_role=True, ignore_owner=True, ignore_base=True),
                now=NOW,
            )
            for judgement in decision.hops[0].effective:
                if judgement.held is not None:
                    start = f"group:{judgement.held.path[0].id}"
                    assert f"resource:{resource.ref}" in reached(start, graph.edges)
