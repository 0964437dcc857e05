"""Impacts: what is counted beforehand is what becomes different for everybody, on both engines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.errors import GroupCycleError
from grantctl.evaluation.access import has_access
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.evaluator import effective_permissions
from grantctl.evaluation.facts import AccessGrant, Resource, User
from grantctl.model import PrincipalType, ResourceRef, Role
from grantctl.operations import access_grants, flags, groups, memberships, roles
from grantctl.operations.access_grants import Principals
from grantctl.operations.impact import (
    EVERYONE_READS,
    GroupImpact,
    Impact,
    Impacts,
    access_impact,
    flag_impact,
    granted,
    group_deletion_impact,
    group_move_impact,
    membership_impact,
    resources_impact,
    restricted,
    revoked,
    role_impact,
    settings_impact,
    users_gaining,
    users_losing,
)
from grantctl.store.database import Database
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.contract.worlds import NOW
from tests.databases import INTENT

Right = tuple[str, ...]  # a key, or an action and a resource


@dataclass(frozen=True)
class Verdicts:
    """Everything that everybody may, each verdict the evaluator's: right → pks of users."""

    of: dict[Right, frozenset[int]]

    def gained(self, before: Verdicts) -> dict[Right, frozenset[int]]:
        """Each right that somebody has now and had not, with these users."""
        found = {right: who - before.of.get(right, frozenset()) for right, who in self.of.items()}
        return {right: who for right, who in found.items() if who}


def verdicts(world: ResourceWorld, database: Database) -> Verdicts:
    """Decide everything for everybody, as the database says now."""
    found: dict[Right, set[int]] = {}
    with database.reader() as reader:
        for user in world.people.users:
            of_user = effective_permissions(reader.access_facts(user.id), now=NOW)
            for key, value in of_user.items():
                if value:
                    found.setdefault((key,), set()).add(user.pk)
            for one in world.resources:
                facts = reader.resources.facts(user.id, one.ref)
                for action in {*actions_named(facts.resource), *ACTIONS}:
                    if has_access(facts, action, now=NOW):
                        found.setdefault((action, str(one.ref)), set()).add(user.pk)
    return Verdicts({right: frozenset(who) for right, who in found.items()})


def pks(users: Iterable[User]) -> frozenset[int]:
    found = [user.pk for user in users]
    assert found == sorted(found), "users are named in the order of their making"
    return frozenset(found)


def counted(impact: Impact) -> tuple[frozenset[int], frozenset[int]]:
    """Whom an impact names, which are as many as it counts."""
    gained, lost = pks(impact.gained), pks(impact.lost)
    assert (len(gained), len(lost)) == (impact.gained_count, impact.lost_count)
    return gained, lost


def require_same(before: Verdicts, after: Verdicts, right: Right, impact: Impact) -> None:
    gained, lost = after.gained(before).get(right), before.gained(after).get(right)
    assert counted(impact) == (gained or frozenset(), lost or frozenset())


def require_same_of_groups(before: Verdicts, after: Verdicts, impact: GroupImpact) -> None:
    said = {(one.permission.key,): counted(one.impact) for one in impact.flags}
    said |= {(one.action, str(one.ref)): counted(one.impact) for one in impact.accesses}
    gained = {right: names for right, (names, _) in said.items() if names}
    lost = {right: names for right, (_, names) in said.items() if names}
    assert gained == after.gained(before)
    assert lost == before.gained(after)
    assert impact.gaining_count == len(frozenset().union(*gained.values()))
    assert impact.losing_count == len(frozenset().union(*lost.values()))


def require_flag(
    world: ResourceWorld, database: Database, group: int | None, key: str, value: bool | None
) -> None:
    """Setting a flag of that group, or the default, does what was counted."""
    world.write(database)
    before = verdicts(world, database)
    reference = None if group is None else f"g-{group}"
    with database.reader() as reader:
        found = None if reference is None else reader.find_group(reference)
        impact = flag_impact(reader, group=found, key=key, value=value, now=NOW, first=None)
        assert pks(users_gaining(reader, impact, now=NOW)) == pks(impact.gained)
        assert pks(users_losing(reader, impact, now=NOW)) == pks(impact.lost)
    if value is None:
        flags.unset_flags(database, INTENT, reference, [key])
    else:
        flags.set_flags(database, INTENT, reference, {key: value})
    require_same(before, verdicts(world, database), (key,), impact)


def require_grant(
    world: ResourceWorld,
    database: Database,
    ref: ResourceRef,
    action: str,
    principal: tuple[PrincipalType, int | None],
    given: bool,
) -> None:
    """A grant given or taken away does what was counted."""
    world.write(database)
    before = verdicts(world, database)
    kind, pk = principal
    with database.reader() as reader:
        impact = access_impact(
            reader,
            ref,
            action,
            principal_type=kind,
            principal=pk,
            given=given,
            now=NOW,
            first=None,
        )
        edit = granted if given else revoked
        grant = AccessGrant(action, kind, "*", pk)
        several = resources_impact(reader, [ref], lambda one: edit(one, grant), now=NOW)
    principals = Principals(
        users=(f"u-{pk}",) if kind is PrincipalType.USER else (),
        groups=(f"g-{pk}",) if kind is PrincipalType.GROUP else (),
        everyone=kind is PrincipalType.EVERYONE,
    )
    change = access_grants.grant if given else access_grants.revoke
    change(database, INTENT, [str(ref)], action, principals)
    after = verdicts(world, database)
    require_same(before, after, (action, str(ref)), impact)
    require_counts(before, after, [ref], several)


def require_counts(
    before: Verdicts, after: Verdicts, refs: list[ResourceRef], impacts: Impacts
) -> None:
    """So many users gain, and lose, something on one of these resources."""
    names = {str(ref) for ref in refs}
    counts = [
        len(frozenset[int]().union(*(who for right, who in found.items() if right[-1] in names)))
        for found in (after.gained(before), before.gained(after))
    ]
    assert counts == [impacts.gaining_count, impacts.losing_count]


def require_deletion(world: ResourceWorld, database: Database, doomed: list[int]) -> None:
    world.write(database)
    before = verdicts(world, database)
    with database.reader() as reader:
        found = [reader.find_group(f"g-{pk}") for pk in doomed]
        impact = group_deletion_impact(reader, found, now=NOW, first=None)
        for one in impact.accesses:
            assert pks(users_gaining(reader, one.impact, now=NOW)) == pks(one.impact.gained)
            assert pks(users_losing(reader, one.impact, now=NOW)) == pks(one.impact.lost)
    deleted = groups.delete_groups(database, INTENT, [f"g-{pk}" for pk in doomed])
    require_same_of_groups(before, verdicts(world, database), impact)
    children = {child.pk for one in deleted for child in one.children}
    assert {child.pk for child in impact.children} == children


def require_move(world: ResourceWorld, database: Database, group: int, parent: int | None) -> None:
    world.write(database)
    before = verdicts(world, database)
    reference = None if parent is None else f"g-{parent}"
    with database.reader() as reader:
        found = reader.find_group(f"g-{group}")
        above = None if reference is None else reader.find_group(reference)
        try:
            impact = group_move_impact(reader, found, above, now=NOW, first=None)
        except GroupCycleError:
            with pytest.raises(GroupCycleError):
                groups.move_group(database, INTENT, f"g-{group}", reference)
            return
    groups.move_group(database, INTENT, f"g-{group}", reference)
    require_same_of_groups(before, verdicts(world, database), impact)


def require_membership(
    world: ResourceWorld, database: Database, user: int, group: int, joins: bool
) -> None:
    """A user joining or leaving a group gains and loses what was counted."""
    world.write(database)
    before = verdicts(world, database)
    with database.reader() as reader:
        found, person = reader.find_group(f"g-{group}"), reader.find_user(f"u-{user}")
        impact = (
            membership_impact(reader, person, joins=found, now=NOW)
            if joins
            else membership_impact(reader, person, leaves=found, now=NOW)
        )
    change = memberships.add_members if joins else memberships.remove_members
    change(database, INTENT, f"g-{group}", [f"u-{user}"])
    after = verdicts(world, database)
    gained, lost = after.gained(before), before.gained(after)
    assert {*gained.values(), *lost.values()} <= {frozenset({user})}
    assert impact.gained == tuple(sorted(right[0] for right in gained if len(right) == 1))
    assert impact.lost == tuple(sorted(right[0] for right in lost if len(right) == 1))
    assert impact.gained_accesses == sum(len(right) > 1 for right in gained)
    assert impact.lost_accesses == sum(len(right) > 1 for right in lost)
    catalogue = world.people.catalogue
    assert impact.restricting == tuple(key for key in impact.gained if catalogue[key].restricts)


GENERATED = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def dense(world: ResourceWorld) -> ResourceWorld:
    """The same with little that hides a change: mostly users, who hold what groups give alone."""
    people = world.people
    return replace(
        world,
        people=replace(
            people,
            users=tuple(
                replace(one, role=one.role if one.pk == 1 else Role.USER) for one in people.users
            ),
            memberships=tuple(
                (user, replace(one, expires_at=one.expires_at if user == 1 else None))
                for user, one in people.memberships
            ),
            catalogue={key: replace(one, default=False) for key, one in people.catalogue.items()},
            flags={
                (group, key): value or group % 2 == 1
                for (group, key), value in people.flags.items()
            },
        ),
        resources=tuple(
            replace(one, owner=None, owner_id=None, owner_name=None, is_public=False)
            for one in world.resources
        ),
    )


def any_worlds() -> st.SearchStrategy[ResourceWorld]:
    return resource_worlds() | resource_worlds().map(dense)


def worlds_of_groups() -> st.SearchStrategy[ResourceWorld]:
    return any_worlds().filter(lambda one: len(one.people.groups) > 1)


def one_of_groups(world: ResourceWorld) -> st.SearchStrategy[int]:
    return st.sampled_from([group.pk for group in world.people.groups])


@GENERATED
@given(world=any_worlds(), data=st.data())
def test_a_flag_does_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    pks_of_groups = [None, *(group.pk for group in world.people.groups)]
    group = data.draw(st.sampled_from(pks_of_groups))
    key = data.draw(st.sampled_from(sorted(world.people.catalogue)))
    value = data.draw(st.sampled_from([True, False, None]))
    require_flag(world, database, group, key, value)


@GENERATED
@given(world=any_worlds(), data=st.data())
def test_a_grant_does_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    principals: list[tuple[PrincipalType, int | None]] = [(PrincipalType.EVERYONE, None)]
    principals += [(PrincipalType.USER, user.pk) for user in world.people.users]
    principals += [(PrincipalType.GROUP, group.pk) for group in world.people.groups]
    require_grant(
        world,
        database,
        data.draw(st.sampled_from([one.ref for one in world.resources])),
        data.draw(st.sampled_from(ACTIONS)),
        data.draw(st.sampled_from(principals)),
        data.draw(st.booleans()),
    )


@GENERATED
@given(world=any_worlds(), data=st.data())
def test_opening_and_closing_resources_do_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    refs = [one.ref for one in world.resources]
    opens, private = data.draw(st.booleans()), data.draw(st.booleans())
    world.write(database)
    before = verdicts(world, database)

    def edit(one: Resource) -> Resource:
        return granted(one, EVERYONE_READS) if opens else restricted(one, private=private)

    with database.reader() as reader:
        impacts = resources_impact(reader, refs, edit, now=NOW)
    names = [str(ref) for ref in refs]
    if opens:
        access_grants.publish(database, INTENT, names)
    else:
        access_grants.restrict(database, INTENT, names, private=private)
    # Each is measured alone, as if its bases stayed as they are.
    if not any(one.base in refs for one in world.resources):
        require_counts(before, verdicts(world, database), refs, impacts)


@GENERATED
@given(world=worlds_of_groups(), data=st.data())
def test_a_deletion_of_groups_does_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    doomed = data.draw(st.lists(one_of_groups(world), min_size=1, max_size=2, unique=True))
    require_deletion(world, database, doomed)


@GENERATED
@given(world=worlds_of_groups(), data=st.data())
def test_a_move_of_a_group_does_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    group = data.draw(one_of_groups(world))
    parent = data.draw(st.none() | one_of_groups(world))
    require_move(world, database, group, parent)


@GENERATED
@given(world=worlds_of_groups(), data=st.data())
def test_joining_and_leaving_a_group_do_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    user = data.draw(st.sampled_from([user.pk for user in world.people.users]))
    require_membership(
        world, database, user, data.draw(one_of_groups(world)), data.draw(st.booleans())
    )


@GENERATED
@given(world=any_worlds(), data=st.data())
def test_several_settings_do_what_was_counted(
    database: Database, world: ResourceWorld, data: st.DataObject
) -> None:
    catalogue = world.people.catalogue
    values = data.draw(
        st.dictionaries(st.sampled_from(sorted(catalogue)), st.booleans(), min_size=1)
    )
    group = data.draw(st.sampled_from([None, *(group.pk for group in world.people.groups)]))
    world.write(database)
    before = verdicts(world, database)
    reference = None if group is None else f"g-{group}"
    with database.reader() as reader:
        found = None if reference is None else reader.find_group(reference)
        wanted: dict[str, bool | None] = {**values}
        impacts = settings_impact(reader, group=found, values=wanted, now=NOW, first=None)
    changed = flags.set_flags(database, INTENT, reference, values)
    after = verdicts(world, database)
    assert [(one.permission.key, one.before, one.after) for one in impacts] == [
        (one.key, one.before, one.after) for one in changed.changes
    ]
    for one in impacts:
        require_same(before, after, (one.permission.key,), one.impact)


def test_a_role_gives_what_was_counted(database: Database) -> None:
    world = rich_resource_world()
    world.write(database)
    [user] = [one for one in world.people.users if one.role is Role.PENDING][:1]
    before = verdicts(world, database)
    with database.reader() as reader:
        approved = role_impact(reader, user, Role.USER, now=NOW)
        promoted = role_impact(reader, user, Role.ADMIN, now=NOW)
        unchanged = role_impact(reader, user, Role.PENDING, now=NOW)
    roles.approve_users(database, INTENT, [user.id])
    gained = verdicts(world, database).gained(before)
    assert gained
    assert approved.gained == tuple(sorted(right[0] for right in gained if len(right) == 1))
    assert (approved.lost, approved.hands_over_admin) == ((), False)
    assert promoted.gained == tuple(sorted(world.people.catalogue))
    assert promoted.hands_over_admin
    assert (unchanged.gained, unchanged.lost, unchanged.hands_over_admin) == ((), (), False)


@pytest.mark.parametrize("group", range(1, 9))
def test_each_group_of_a_rich_directory_is_deleted_as_counted(
    database: Database, group: int
) -> None:
    require_deletion(dense(rich_resource_world()), database, [group])
