"""Rows to facts about resources: what was written is read, and the slice decides as all facts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from grantctl.errors import DatabaseError, NotFoundError
from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.facts import Resource, User
from grantctl.model import ResourceRef, Role, parse_resource
from grantctl.operations.access_questions import ANY, answer_access, reachable, who_has_access
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.session import change
from grantctl.store.tables import PolicySettingRow
from grantctl.store.url import parse_url
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.contract.worlds import NOW, rich_world

RULES = ((False, False, False), (True, False, False), (False, True, True), (True, True, True))


def questions() -> Iterator[AccessQuestion]:
    for action in ACTIONS:
        for rules in RULES:
            yield AccessQuestion(action, *rules)


def compared(decision: AccessDecision) -> tuple[object, ...]:
    """All of a decision but the facts, of which a reader's slice holds fewer."""
    return (
        decision.allowed,
        decision.steps,
        decision.hops,
        decision.expired,
        decision.warnings,
        decision.remedies,
        decision.facts.chain,
        decision.facts.admin_bypass,
    )


def require_slices_decide_alike(world: ResourceWorld, reader: Reader) -> None:
    """Every question about every user and resource: from the reader's slice as from all facts."""
    for user in world.people.users:
        for resource in world.resources:
            sliced = reader.resources.facts(user.id, resource.ref, with_advice=True)
            whole = world.facts(user, resource.ref)
            for question in questions():
                ours = decide_access(sliced, question, now=NOW)
                assert compared(ours) == compared(decide_access(whole, question, now=NOW))


def require_questions_agree(world: ResourceWorld, reader: Reader) -> None:
    """check, who-can and `access --type` say the same; explain is check with advice."""
    for rules in RULES:
        reaches = {
            (one.user.id, resource.ref, action): one
            for resource in world.resources
            for action in actions_named(resource)
            for one in who_has_access(reader, resource.ref, AccessQuestion(action, *rules), now=NOW)
        }
        for user in world.people.users:
            any_action = AccessQuestion(ANY, *rules)
            listed = {
                (user.id, one.resource.ref, one.action): one.reach
                for one in reachable(reader, user.id, ANY, any_action, now=NOW)
            }
            assert listed == {key: one for key, one in reaches.items() if key[0] == user.id}
            for resource in world.resources:
                asked = AccessQuestion("read", *rules)
                checked = answer_access(reader, user.id, resource.ref, asked, now=NOW)
                assert checked.allowed is ((user.id, resource.ref, "read") in reaches)


def test_the_questions_agree_and_slices_decide_as_all_facts_do(database: Database) -> None:
    world = rich_resource_world()
    world.write(database)
    with database.reader() as reader:
        require_slices_decide_alike(world, reader)
        require_questions_agree(world, reader)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(resource_worlds())
def test_the_same_of_generated_directories(
    sqlite_template: Path, tmp_path: Path, world: ResourceWorld
) -> None:
    path = tmp_path / "generated.db"
    for old in tmp_path.glob("generated.db*"):
        old.unlink()
    shutil.copyfile(sqlite_template, path)
    database = Database(parse_url(f"sqlite:///{path}"))
    world.write(database)
    with database.reader() as reader:
        require_slices_decide_alike(world, reader)
        require_questions_agree(world, reader)


@pytest.mark.parametrize(("count", "is_allowed"), [(50, True), (51, False), (300, False)])
def test_bases_are_followed_to_a_depth_and_deeper_ones_deny(
    database: Database, count: int, is_allowed: bool
) -> None:
    user = User(1, "u-1", None, "Ada", Role.USER)
    refs = [ResourceRef("model", f"m{at:04}") for at in range(count + 1)]
    chain = tuple(
        Resource(at + 1, ref, "", is_public=True, base=refs[at + 1] if at < count else None)
        for at, ref in enumerate(refs)
    )
    ResourceWorld(replace(rich_world(), users=(user,), memberships=()), chain).write(database)
    question = AccessQuestion("read")
    with database.reader() as reader:
        decision = answer_access(reader, "u-1", refs[0], question, now=NOW)
        listed = [one.resource.ref for one in reachable(reader, "u-1", ANY, question, now=NOW)]
    assert decision.allowed is is_allowed
    assert len(decision.hops) == 51
    assert len(listed) == 51
    assert (refs[0] in listed) is is_allowed
    if not is_allowed:
        assert decision.cause == (
            "`model:m0000` has more than 50 bases, of which `model:m0050` is the last"
        )


def test_what_is_listed_comes_by_type_and_id_and_users_by_their_making(database: Database) -> None:
    rich_resource_world().write(database)
    with database.reader() as reader:
        question = AccessQuestion("read")
        listed = reachable(reader, "u-1", ANY, question, now=NOW)
        refs = [str(one.resource.ref) for one in listed]
        users = [
            one.user.pk
            for one in who_has_access(reader, parse_resource("tool:open"), question, now=NOW)
        ]
    assert refs == sorted(refs)
    assert len(refs) == 10
    assert users == [1, 2, 3, 5]


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("model:llama", "no resource `model:llama`", "did you mean `model:llama3`? "),
        ("model:lama3", "no resource `model:lama3`", "did you mean `model:llama3`? "),
        ("modle:llama3", "no resource is of the type `modle`", "did you mean `model`? there are: "),
        ("tool:a", "no resource `tool:a`", "did you mean `tool:a:b c`? "),
        ("model:%", "no resource `model:%`", "grantctl resources list"),
    ],
)
def test_an_unknown_resource_is_an_error_that_says_what_may_be_meant(
    database: Database, reference: str, message: str, hint: str
) -> None:
    rich_resource_world().write(database)
    ref, question = parse_resource(reference), AccessQuestion("read")
    with database.reader() as reader:
        for ask in (
            lambda: reader.resources.facts("u-1", ref),
            lambda: who_has_access(reader, ref, question, now=NOW),
        ):
            with pytest.raises(NotFoundError) as caught:
                ask()
            assert caught.value.message == message
            assert str(caught.value.hint).startswith(hint)


@pytest.mark.parametrize("id_", ["a\0b", "\udcff", "x" * 100_000])
def test_an_id_that_no_database_can_hold_is_not_found(database: Database, id_: str) -> None:
    rich_resource_world().write(database)
    with database.reader() as reader, pytest.raises(NotFoundError, match="no resource"):
        reader.resources.facts("u-1", ResourceRef("model", id_))


def test_a_policy_setting_that_is_no_boolean_is_damage_and_never_a_yes(database: Database) -> None:
    rich_resource_world().write(database)
    row = PolicySettingRow(
        key="access.admin_bypass", value="yes", updated_at=NOW, updated_by="tester"
    )
    change(database, lambda session: session.add(row), dry_run=False)
    with database.reader() as reader, pytest.raises(DatabaseError, match="policy setting"):
        reader.resources.facts("u-1", parse_resource("model:private"))
