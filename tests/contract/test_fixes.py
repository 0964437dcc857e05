"""Fixes, carried out by the real command line and asked again; their counts, decided anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.facts import User
from grantctl.evaluation.fix_ranking import RatedFix
from grantctl.model import ResourceRef
from grantctl.operations.access_questions import answer_access, who_has_access
from grantctl.operations.fixes import Advice, advise, advise_on_access
from grantctl.operations.questions import Question, answer, who_can
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from tests.contract.advice import Powers, carry_out, file_of, powers, run_on
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.databases import prepared


def require_fix(
    database: Database,
    user: User,
    fix: RatedFix,
    *,
    is_allowed: Callable[[Reader, datetime], bool],
    who: Callable[[Reader, datetime], set[str]],
) -> tuple[Powers, Powers]:
    """Carry it out, and ask the same again; what was before and after."""
    now = datetime.now(UTC)
    with database.reader() as reader:
        before = powers(reader, user, now, lambda: who(reader, now))
    carry_out(run_on(database), fix.fix.commands)
    now = datetime.now(UTC)
    with database.reader() as reader:
        assert is_allowed(reader, now), fix
        return before, powers(reader, user, now, lambda: who(reader, now))


def require_fixes_of_permission(
    database: Database, restore: Callable[[], object], user: User, key: str, question: Question
) -> None:
    def is_allowed(reader: Reader, now: datetime) -> bool:
        return answer(reader, user.id, key, question, now=now).allowed

    with database.reader() as reader:
        advice = advise(reader, user.id, key, question, now=datetime.now(UTC))
        allowed = is_allowed(reader, datetime.now(UTC))
    assert advice.decision.allowed is allowed
    assert bool(advice.fixes) is not allowed
    asked = {leaf.permission.key for leaf in advice.decision.leaves}
    for fix in advice.fixes:

        def who(reader: Reader, now: datetime) -> set[str]:
            return {one.user.id for one in who_can(reader, key, Question(), now=now)}

        before, after = require_fix(database, user, fix, is_allowed=is_allowed, who=who)
        restore()
        gained = after.permissions - before.permissions
        if key in asked and not question.ignore_role:
            assert fix.users_gaining == len(after.having - before.having), fix
        assert set(fix.permissions_besides) == gained - asked, fix
        if not fix.fix.hands_over_admin:
            assert fix.resources_besides == len(after.rights - before.may), fix
    require_order(advice)


def require_fixes_of_access(
    database: Database,
    restore: Callable[[], object],
    user: User,
    ref: ResourceRef,
    question: AccessQuestion,
) -> None:
    def is_allowed(reader: Reader, now: datetime) -> bool:
        return answer_access(reader, user.id, ref, question, now=now).allowed

    with database.reader() as reader:
        advice = advise_on_access(reader, user.id, ref, question, now=datetime.now(UTC))
        allowed = is_allowed(reader, datetime.now(UTC))
    assert advice.decision.allowed is allowed
    assert bool(advice.fixes) is not allowed
    asked = AccessQuestion(question.action)
    for fix in advice.fixes:

        def who(reader: Reader, now: datetime) -> set[str]:
            return {one.user.id for one in who_has_access(reader, ref, asked, now=now)}

        before, after = require_fix(database, user, fix, is_allowed=is_allowed, who=who)
        restore()
        if asked == question and not fix.fix.hands_over_admin:
            assert fix.users_gaining == len(after.having - before.having), fix
            rights = after.rights - before.may - {f"{question.action} {ref}"}
            assert fix.resources_besides == len(rights), (fix, rights)
        assert set(fix.permissions_besides) == after.permissions - before.permissions, fix
    require_order(advice)


def require_order(advice: Advice) -> None:
    """Least privilege first; what hands over admin rights last, and marked as such."""
    ranks = [(fix.fix.hands_over_admin, fix.privileges) for fix in advice.fixes]
    assert ranks == sorted(ranks)
    for fix in advice.fixes:
        is_role = any(words[-1] == "admin" for words in fix.fix.commands)
        is_bypass = any("access.admin_bypass" in words for words in fix.fix.commands)
        assert fix.fix.hands_over_admin is (is_role or is_bypass)


@prepared
def rich(database: Database) -> None:
    """A directory in which every rule occurs."""
    rich_resource_world().write(database)


@pytest.mark.parametrize("require_all", [False, True])
def test_every_fix_of_a_permission_works_and_reaches_whom_it_says(
    rich: Database, require_all: bool
) -> None:
    world = rich_resource_world()
    for pk, key in ((2, "a.deep.x"), (3, "a.x"), (4, "lone"), (5, "b.x"), (6, "a"), (5, "a")):
        user = next(one for one in world.people.users if one.pk == pk)
        question = Question(require_all=require_all)
        require_fixes_of_permission(rich, lambda: world.write(rich), user, key, question)


def test_every_fix_of_an_access_works_and_reaches_whom_it_says(rich: Database) -> None:
    world = rich_resource_world()
    asked = (
        (2, "model:private", "read"),
        (3, "model:preset", "read"),
        (4, "model:preset", "read"),
        (5, "tool:calculator", "read"),
        (3, "model:llama3", "write"),
        (2, "model:lost", "read"),
        (2, "model:round", "read"),
    )
    for pk, ref, action in asked:
        user = next(one for one in world.people.users if one.pk == pk)
        resource = next(one for one in world.resources if str(one.ref) == ref)
        require_fixes_of_access(
            rich, lambda: world.write(rich), user, resource.ref, AccessQuestion(action)
        )


unhurried = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@unhurried
@given(resource_worlds(), st.data())
def test_the_same_of_generated_directories(
    sqlite_template: Path, tmp_path: Path, world: ResourceWorld, data: st.DataObject
) -> None:
    database, restore = file_of(sqlite_template, tmp_path, world)
    user = data.draw(st.sampled_from(world.people.users))
    key = data.draw(st.sampled_from(world.people.all_keys()))
    question = Question(data.draw(st.booleans()), data.draw(st.booleans()))
    require_fixes_of_permission(database, restore, user, key, question)
    ref = data.draw(st.sampled_from(world.resources)).ref
    rules = [data.draw(st.booleans()) for _ in range(3)]
    asked = AccessQuestion(data.draw(st.sampled_from(ACTIONS)), *rules)
    require_fixes_of_access(database, restore, user, ref, asked)
