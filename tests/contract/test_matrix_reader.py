"""A matrix says of each member what a decision about this one says, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.errors import NotFoundError
from grantctl.evaluation.access import decide_access, find_reach
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_rules import held_by_pk
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import User
from grantctl.evaluation.matrix import (
    CellCause,
    Person,
    access_row,
    permission_row,
)
from grantctl.evaluation.rules import held_groups
from grantctl.model import Role
from grantctl.operations import matrices
from grantctl.operations.matrices import access_matrix, permission_matrix
from grantctl.operations.questions import Question
from grantctl.store.database import Database
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.contract.worlds import NOW, World, worlds
from tests.databases import prepared

WORLD = rich_resource_world()
PEOPLE = WORLD.people
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@prepared
def rich(database: Database) -> None:
    """The rich world with its resources."""
    WORLD.write(database)


def members(world: World, group: int) -> Iterator[User]:
    for user in world.users:
        if any(one.group.pk == group for one in held_groups(world.facts(user), NOW)):
            yield user


@UNHURRIED
@given(worlds(), st.booleans())
def test_a_cell_of_a_permission_is_its_decision(world: World, ignore_role: bool) -> None:
    columns = list(world.catalogue.values())
    for user in world.users:
        facts = world.facts(user)
        held = held_groups(facts, NOW)
        row = permission_row(facts, columns, held, ignore_role=ignore_role)
        for permission, cell in zip(columns, row.cells, strict=True):
            decision = decide(facts, permission.key, now=NOW, ignore_role=ignore_role)
            assert (cell.allowed, cell.words) == (decision.allowed, decision.cause)
            causes = {
                "pending": {CellCause.PENDING},
                "admin": {CellCause.ADMIN},
                "group": {CellCause.GROUP},
                "default": {CellCause.DEFAULT},
                "not_granted": {CellCause.FALSE, CellCause.ABSENT},
            }
            assert cell.cause in causes[decision.reason.value]
            if decision.reason.value == "not_granted":
                is_false = any(flag.value is False for flag in decision.leaves[0].flags)
                assert (cell.cause is CellCause.FALSE) is is_false


@UNHURRIED
@given(resource_worlds(), st.builds(AccessQuestion, st.sampled_from(ACTIONS), st.booleans()))
def test_a_cell_of_a_resource_is_its_decision(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    chains = [world.facts(world.people.users[0], one.ref).chain for one in world.resources]
    for user in world.people.users:
        facts = world.people.facts(user)
        person = Person(user, dict(facts.groups), facts.memberships)
        row = access_row(person, chains, question, now=NOW, admin_bypass=world.admin_bypass)
        for resource, cell in zip(world.resources, row.cells, strict=True):
            whole = world.facts(user, resource.ref)
            decision = decide_access(whole, question, now=NOW)
            assert (cell.allowed, cell.words) == (decision.allowed, decision.cause)
            reach = find_reach(whole, question, now=NOW, held=held_by_pk(whole, NOW))
            if reach is not None:
                assert cell.cause.value == reach.via[0]
            elif decision.reason.value in ("base", "broken_base"):
                assert cell.cause is CellCause.BASE
            else:
                is_pending = user.role is Role.PENDING and not question.ignore_role
                assert cell.cause is (CellCause.PENDING if is_pending else CellCause.ABSENT)


def test_a_group_s_matrix_has_its_members_alone_inherited_ones_too(rich: Database) -> None:
    with rich.reader() as reader:
        for group in PEOPLE.groups:
            found = permission_matrix(reader, group.id, None, Question(), now=NOW, limit=100)
            assert found.columns == tuple(sorted(PEOPLE.catalogue))
            assert [row.user for row in found.rows] == list(members(PEOPLE, group.pk))
            for row in found.rows:
                facts = PEOPLE.facts(row.user)
                columns = [PEOPLE.catalogue[key] for key in found.columns]
                assert row == permission_row(facts, columns, held_groups(facts, NOW))


def test_a_key_leaves_the_permissions_under_it(rich: Database) -> None:
    with rich.reader() as reader:
        found = permission_matrix(reader, "g-2", "a", Question(), now=NOW, limit=100)
        assert found.columns == ("a.deep.x", "a.x", "a.y")
        with pytest.raises(NotFoundError, match=r"no permission `a\.z`"):
            permission_matrix(reader, "g-2", "a.z", Question(), now=NOW, limit=100)


def test_the_resources_are_those_of_the_type_in_their_order(rich: Database) -> None:
    asked = AccessQuestion("read")
    with rich.reader() as reader:
        for group in PEOPLE.groups:
            found = access_matrix(reader, group.id, "*", asked, now=NOW, limit=100)
            assert set(found.columns) == {str(one.ref) for one in WORLD.resources}
            assert [row.user for row in found.rows] == list(members(PEOPLE, group.pk))
            for row in found.rows:
                for column, cell in zip(found.columns, row.cells, strict=True):
                    [resource] = [one for one in WORLD.resources if str(one.ref) == column]
                    decision = decide_access(WORLD.facts(row.user, resource.ref), asked, now=NOW)
                    assert (cell.allowed, cell.words) == (decision.allowed, decision.cause)
        of_tools = access_matrix(reader, "g-2", "tool", asked, now=NOW, limit=100)
        assert of_tools.columns == ("tool:a:b c", "tool:calculator", "tool:open")


def test_limits_leave_out_users_and_resources_and_say_so(
    rich: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrices, "MAX_RESOURCES", 2)
    with rich.reader() as reader:
        whole = permission_matrix(reader, "g-2", None, Question(), now=NOW, limit=2)
        cut = permission_matrix(reader, "g-2", None, Question(), now=NOW, limit=1)
        few = access_matrix(reader, "g-2", "tool", AccessQuestion("read"), now=NOW, limit=1)
    assert (len(whole.rows), whole.has_more) == (2, False)
    assert (cut.rows, cut.has_more) == (whole.rows[:1], True)
    assert (len(few.rows), few.has_more, len(few.columns), few.more_columns) == (1, True, 2, 1)


def test_a_reader_can_be_asked_again_after_a_matrix_that_was_cut(rich: Database) -> None:
    with rich.reader() as reader:
        for _ in range(2):
            permission_matrix(reader, "g-2", None, Question(), now=NOW, limit=1)
            assert reader.find_user("u-1").id == "u-1"
