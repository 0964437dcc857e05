"""What two users differ in is where their verdicts differ, and the sources make the difference."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.errors import NotFoundError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.differences import Difference, Source, SourceKind
from grantctl.evaluation.facts import Group
from grantctl.model import ResourceRef, Role
from grantctl.operations.access_difference import permission_differences, resource_differences
from grantctl.operations.access_questions import ANY, answer_access
from grantctl.operations.assuming import Premises, assumed
from grantctl.operations.questions import Question, access
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from tests.contract.assumed_worlds import premises_of
from tests.contract.resource_worlds import ResourceWorld, resource_worlds, rich_resource_world
from tests.contract.worlds import NOW, World, rich_world, worlds

RULES = ((False, False, False), (True, False, False), (False, True, True))
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def verdicts(
    reader: Reader, user: str, question: Question, assumptions: Assumptions | None = None
) -> dict[str, bool]:
    found = access(reader, user, question, now=NOW, assumptions=assumptions)
    return {leaf.permission.key: found.is_allowed(leaf) for leaf in found.leaves}


def require_all_told(
    world: World, reader: Reader, users: tuple[str, str], assumptions: Assumptions | None
) -> None:
    """Every permission in which two users differ, and no other, each with a source."""
    for question in (Question(), Question(ignore_role=True)):
        ours = verdicts(reader, users[0], question)
        theirs = verdicts(reader, users[1], question, assumptions)
        differences = permission_differences(
            reader, *users, question, now=NOW, assumptions=assumptions
        )
        assert {one.permission: one.difference.is_first for one in differences} == {
            key: ours[key] for key in sorted(world.catalogue) if ours[key] is not theirs[key]
        }
        assert all(one.difference.sources for one in differences)


def require_all_resources_told(
    world: ResourceWorld, reader: Reader, users: tuple[str, str], assumptions: Assumptions | None
) -> None:
    """The same of what they may do to resources."""

    def is_allowed(at: int, ref: ResourceRef, question: AccessQuestion) -> bool:
        return answer_access(
            reader, users[at], ref, question, now=NOW, assumptions=assumptions if at else None
        ).allowed

    for rules in RULES:
        expected = {}
        for resource in world.resources:
            for action in actions_named(resource):
                question = AccessQuestion(action, *rules)
                ours = is_allowed(0, resource.ref, question)
                if ours is not is_allowed(1, resource.ref, question):
                    expected[resource.ref, action] = ours
        found = resource_differences(
            reader, *users, ANY, AccessQuestion(ANY, *rules), now=NOW, assumptions=assumptions
        )
        told = {(one.resource.ref, one.action): one.difference for one in found}
        assert {key: one.is_first for key, one in told.items()} == expected
        assert all(one.sources for one in told.values())


@few
@given(data=st.data(), world=worlds())
def test_every_permission_in_which_they_differ_is_told_with_its_source(
    data: st.DataObject, world: World, database: Database
) -> None:
    world.write(database)
    user, other = (data.draw(st.sampled_from([one.id for one in world.users])) for _ in "ab")
    premises = data.draw(premises_of(world))
    with database.reader() as reader:
        require_all_told(world, reader, (user, other), None)
        with assumed(reader, premises) as assumptions:
            require_all_told(world, reader, (user, other), assumptions)


@few
@given(data=st.data(), world=resource_worlds())
def test_everything_that_one_of_them_may_do_to_resources_is_told_with_its_source(
    data: st.DataObject, world: ResourceWorld, database: Database
) -> None:
    world.write(database)
    users = [one.id for one in world.people.users]
    user, other = (data.draw(st.sampled_from(users)) for _ in "ab")
    premises = data.draw(premises_of(world.people))
    with database.reader() as reader:
        require_all_resources_told(world, reader, (user, other), None)
        with assumed(reader, premises) as assumptions:
            require_all_resources_told(world, reader, (user, other), assumptions)


@few
@given(data=st.data(), world=resource_worlds())
def test_what_hangs_on_a_group_alone_is_what_comes_by_it(
    data: st.DataObject, world: ResourceWorld, database: Database
) -> None:
    """And nobody differs from himself."""
    world.write(database)
    user = data.draw(st.sampled_from([one.id for one in world.people.users]))
    groups = world.people.groups
    premises = Premises(
        without_groups=(data.draw(st.sampled_from([one.id for one in groups])),) if groups else ()
    )
    question = AccessQuestion(ANY)
    with database.reader() as reader:
        assert permission_differences(reader, user, user, Question(), now=NOW) == []
        assert list(resource_differences(reader, user, user, ANY, question, now=NOW)) == []
        with assumed(reader, premises) as assumptions:
            found: list[Difference] = [
                one.difference
                for one in (
                    *permission_differences(
                        reader, user, user, Question(), now=NOW, assumptions=assumptions
                    ),
                    *resource_differences(
                        reader, user, user, ANY, question, now=NOW, assumptions=assumptions
                    ),
                )
            ]
    for one in found:
        assert one.is_first
        for source in one.sources:
            assert source.kind is SourceKind.GROUP
            assert premises.without_groups[0] in {group.id for group in source.path}


def test_the_sources_are_named(database: Database) -> None:
    """Of the rich world's users 2 (in ops), 4 (pending, in it) and 1 (admin)."""
    rich_world().write(database)
    company, it, ops = (
        Group(1, "g-1", "company"),
        Group(2, "g-2", "it", 1),
        Group(3, "g-3", "ops", 2),
    )
    by_group = Source(SourceKind.GROUP, (ops, it, company))
    pending = Source(SourceKind.ROLE, role=Role.PENDING)
    admin = Source(SourceKind.ROLE, role=Role.ADMIN)

    def told(user: str, other: str) -> dict[str, Difference]:
        with database.reader() as reader:
            found = permission_differences(reader, user, other, Question(), now=NOW, key="a")
        return {one.permission: one.difference for one in found}

    assert told("u-2", "u-5") == {"a.x": Difference(True, (by_group,))}
    assert told("u-5", "u-2") == {"a.x": Difference(False, (by_group,))}
    assert told("u-2", "u-4") == {
        "a.x": Difference(True, (pending,)),  # who has it by another group, too
        "a.y": Difference(True, (pending,)),
    }
    assert told("u-2", "u-6") == {
        "a.x": Difference(True, (by_group, pending)),
        "a.y": Difference(True, (pending,)),
    }
    assert told("u-1", "u-2") == {"a.deep.x": Difference(True, (admin,))}
    assert told("u-6", "u-1") == {
        "a.deep.x": Difference(False, (admin, pending)),
        "a.x": Difference(False, (admin, pending)),
        "a.y": Difference(False, (pending,)),
    }


def test_roles_and_owners_make_a_difference_to_resources(database: Database) -> None:
    rich_resource_world().write(database)
    question = AccessQuestion(ANY)
    with database.reader() as reader:
        found = list(resource_differences(reader, "u-2", "u-1", "model", question, now=NOW))
        owners = list(
            resource_differences(reader, "u-3", "u-2", "tool", AccessQuestion("share"), now=NOW)
        )
    told = {(str(one.resource.ref), one.action): one.difference for one in found}
    admin = Source(SourceKind.ROLE, role=Role.ADMIN)
    assert told["model:private", "write"] == Difference(False, (admin,))
    assert told["model:preset", "read"] == Difference(False, (admin,))
    assert ("model:preset", "write") not in told  # whose owner u-2 is
    assert [(str(one.resource.ref), one.difference) for one in owners] == [
        ("tool:calculator", Difference(True, (Source(SourceKind.OWNER),)))
    ]


@pytest.mark.parametrize(("user", "other"), [("nobody", "u-1"), ("u-1", "nobody")])
def test_an_unknown_user_is_an_error_at_once(user: str, other: str, database: Database) -> None:
    rich_resource_world().write(database)
    with database.reader() as reader:
        with pytest.raises(NotFoundError, match="no user `nobody`"):
            permission_differences(reader, user, other, Question(), now=NOW)
        with pytest.raises(NotFoundError, match="no user `nobody`"):
            resource_differences(reader, user, other, ANY, AccessQuestion(ANY), now=NOW)
