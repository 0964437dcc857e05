"""Premises, generated or not, and directories in which they were really made true."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hypothesis import strategies as st

from grantctl.evaluation.facts import AccessGrant, Membership, Resource
from grantctl.evaluation.rules import leaves_of
from grantctl.model import PrincipalType, Role
from grantctl.operations.assuming import FlagPremise, Premises
from tests.contract.resource_worlds import ResourceWorld, in_order
from tests.contract.worlds import HOUR, NOW, World


@st.composite
def premises_of(draw: st.DrawFn, world: World) -> Premises:
    """Some that do not contradict one another, often several at once."""
    ids = [group.id for group in world.groups]
    some_groups = st.lists(st.sampled_from(ids), max_size=2, unique=True) if ids else st.just([])
    with_groups = draw(some_groups)
    without_groups = [one for one in draw(some_groups) if one not in with_groups]
    places = st.sampled_from([*ids, None])
    flags: dict[tuple[str | None, str], FlagPremise] = {}
    for _ in range(draw(st.integers(0, 3))):
        group, key = draw(places), draw(st.sampled_from(world.all_keys()))
        values = (True, False) if group is None else (True, False, None)
        premise = FlagPremise(group, key, draw(st.sampled_from(values)))
        leaves = [(group, leaf.key) for leaf in leaves_of(world.catalogue, key)]
        if not any(leaf in flags for leaf in leaves):
            flags |= dict.fromkeys(leaves, premise)
    return Premises(
        with_groups=tuple(with_groups),
        without_groups=tuple(without_groups),
        role=draw(st.none() | st.sampled_from(tuple(Role))),
        flags=tuple(dict.fromkeys(flags.values())),
        at=draw(st.sampled_from((None, None, NOW - 2 * HOUR, NOW + 2 * HOUR))),
    )


def made_true(world: World, premises: Premises, users: Collection[int]) -> World:
    """The directory in which these users are what the premises say, and the groups too.

    Groups that are not to be held are deleted; what is said of the time is left to the question.
    """
    pks = {group.id: group.pk for group in world.groups}
    gone = {pks[one] for one in premises.without_groups}
    joined = {pks[one] for one in premises.with_groups}
    held = {(user, one.group): one for user, one in world.memberships}
    for user in users:
        for group in joined:
            known = held.get((user, group), Membership(group))
            held[user, group] = replace(known, expires_at=None)
    flags, catalogue = dict(world.flags), dict(world.catalogue)
    for premise in premises.flags:
        for leaf in leaves_of(world.catalogue, premise.key):
            if premise.group is None:
                catalogue[leaf.key] = replace(catalogue[leaf.key], default=bool(premise.value))
                continue
            flags.pop((pks[premise.group], leaf.key), None)
            if premise.value is not None:
                flags[pks[premise.group], leaf.key] = premise.value
    return World(
        users=tuple(
            replace(one, role=premises.role or one.role) if one.pk in users else one
            for one in world.users
        ),
        groups=tuple(
            replace(one, parent=None if one.parent in gone else one.parent)
            for one in world.groups
            if one.pk not in gone
        ),
        memberships=tuple(
            (user, one) for (user, group), one in sorted(held.items()) if group not in gone
        ),
        catalogue=catalogue,
        flags={pair: value for pair, value in flags.items() if pair[0] not in gone},
    )


def made_true_of_resources(
    world: ResourceWorld, premises: Premises, users: Collection[int]
) -> ResourceWorld:
    """The same with resources: the grants to a group that is gone give nothing."""
    people = made_true(world.people, premises, users)
    known = {group.pk for group in people.groups}

    def of_today(grant: AccessGrant) -> AccessGrant:
        is_gone = grant.principal_type is PrincipalType.GROUP and grant.principal not in known
        return replace(grant, principal=None, name=None) if is_gone else grant

    def resource(one: Resource) -> Resource:
        return replace(one, grants=in_order(map(of_today, one.grants)))

    return replace(world, people=people, resources=tuple(map(resource, world.resources)))
