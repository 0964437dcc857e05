"""Plans to revoke, carried out by the real command line and asked again; losses, decided anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.facts import User
from grantctl.evaluation.way_ranking import RatedWay
from grantctl.model import ResourceRef, Role
from grantctl.operations.access_questions import answer_access
from grantctl.operations.questions import Question, answer
from grantctl.operations.revocation import Plan, plan, plan_access
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from tests.contract.advice import Powers, carry_out, file_of, powers, run_on
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.contract.test_fixes import unhurried
from tests.databases import prepared

Everything = Mapping[str, Powers]  # of each user


def everything(database: Database, world: ResourceWorld) -> Everything:
    now = datetime.now(UTC)
    with database.reader() as reader:
        return {one.id: powers(reader, one, now, set) for one in world.people.users}


def require_plan(
    database: Database,
    restore: Callable[[], object],
    world: ResourceWorld,
    user: User,
    *,
    make: Callable[[Reader, datetime], Plan],
    is_allowed: Callable[[Reader, datetime], bool],
) -> None:
    """Every way is enough, and takes from everybody what it says."""
    with database.reader() as reader:
        found = make(reader, datetime.now(UTC))
        allowed = is_allowed(reader, datetime.now(UTC))
    admins = [one for one in world.people.users if one.role is Role.ADMIN]
    assert found.decision.allowed is allowed is bool(found.ways)
    assert found.is_last_admin is (admins == [user])
    assert [len(one.way.edits) for one in found.ways] == sorted(
        len(one.way.edits) for one in found.ways
    )
    before = everything(database, world) if found.ways else {}
    for way in found.ways:
        if way.way.is_demotion and found.is_last_admin:
            continue
        carry_out(run_on(database), way.way.commands)
        with database.reader() as reader:
            assert not is_allowed(reader, datetime.now(UTC)), way
        after = everything(database, world)
        restore()
        require_losses(way, found, user, before, after)


def require_losses(
    way: RatedWay, found: Plan, user: User, before: Everything, after: Everything
) -> None:
    lost = {
        who: {*one.permissions - after[who].permissions, *one.rights - after[who].may}
        for who, one in before.items()
    }
    leaves = getattr(found.decision, "leaves", ())
    keys = {leaf.permission.key for leaf in leaves} if found.ref is None else set()
    asked = keys if found.ref is None else {f"{found.asked} {found.ref}"}
    assert {*way.permissions_besides, *way.resources_besides} == lost.pop(user.id) - asked, way
    counts = {one.what: one.users for one in way.others}
    told = {what: sum(what in those for those in lost.values()) for what in counts}
    assert counts == told, way
    assert set().union(*lost.values()) == set(counts), way


def require_plans(
    database: Database, restore: Callable[[], object], world: ResourceWorld, user: User, key: str
) -> None:
    require_plan(
        database,
        restore,
        world,
        user,
        make=lambda reader, now: plan(reader, user.id, key, now=now),
        is_allowed=lambda reader, now: answer(reader, user.id, key, Question(), now=now).allowed,
    )


def require_access_plans(
    database: Database,
    restore: Callable[[], object],
    world: ResourceWorld,
    user: User,
    asked: tuple[str, ResourceRef],
) -> None:
    action, ref = asked
    question = AccessQuestion(action)
    require_plan(
        database,
        restore,
        world,
        user,
        make=lambda reader, now: plan_access(reader, user.id, action, ref, now=now),
        is_allowed=lambda reader, now: (
            answer_access(reader, user.id, ref, question, now=now).allowed
        ),
    )


@prepared
def rich(database: Database) -> None:
    """A directory in which every rule occurs."""
    rich_resource_world().write(database)


def test_every_way_takes_a_permission_away_and_costs_what_it_says(rich: Database) -> None:
    world = rich_resource_world()
    users = {one.pk: one for one in world.people.users}
    for pk, key in ((1, "lone"), (2, "a.x"), (2, "a"), (3, "a.deep.x"), (3, "b"), (4, "a.x")):
        require_plans(rich, lambda: world.write(rich), world, users[pk], key)


def test_every_way_takes_an_access_away_and_costs_what_it_says(rich: Database) -> None:
    world = rich_resource_world()
    users = {one.pk: one for one in world.people.users}
    refs = {str(one.ref): one.ref for one in world.resources}
    for pk, ref, action in (
        (2, "tool:calculator", "read"),
        (2, "tool:calculator", "write"),
        (3, "model:of-public", "read"),
        (5, "tool:open", "write"),
        (5, "model:lost", "read"),
        (4, "tool:open", "read"),
    ):
        require_access_plans(rich, lambda: world.write(rich), world, users[pk], (action, refs[ref]))


@unhurried
@given(resource_worlds(), st.data())
def test_the_same_of_generated_directories(
    sqlite_template: Path, tmp_path: Path, world: ResourceWorld, data: st.DataObject
) -> None:
    database, restore = file_of(sqlite_template, tmp_path, world)
    user = data.draw(st.sampled_from(world.people.users))
    key = data.draw(st.sampled_from(world.people.all_keys()))
    require_plans(database, restore, world, user, key)
    ref = data.draw(st.sampled_from(world.resources)).ref
    action = data.draw(st.sampled_from(ACTIONS))
    require_access_plans(database, restore, world, user, (action, ref))
