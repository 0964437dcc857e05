"""What holds of every fix: on generated directories, its edits are what its commands do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_fixes import find_access_fixes
from grantctl.evaluation.edits import edited, edited_access
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.fixes import FixKind, find_fixes
from grantctl.model import ResourceRef
from tests.contract.resource_worlds import (
    ACTIONS,
    ResourceWorld,
    resource_worlds,
    rich_resource_world,
)
from tests.contract.worlds import NOW
from tests.evaluation.directory import Directory
from tests.evaluation.test_access_invariants import decided as access_decided
from tests.evaluation.test_access_invariants import every_facts
from tests.evaluation.test_access_invariants import questions as access_questions
from tests.evaluation.test_invariants import answerable, decided, directories, questions


@given(directories(), questions)
def test_every_fix_of_a_denial_allows_it_and_what_is_allowed_has_none(
    directory: Directory, question: dict[str, bool]
) -> None:
    for key in answerable(directory):
        decision = decided(directory, key, question)
        facts = directory.facts(key)
        fixes = find_fixes(facts, decision, tuple(facts.groups.values()))
        assert bool(fixes) is not decision.allowed
        for fix in fixes:
            assert fix.description
            assert decide(edited(facts, fix.edits), key, now=NOW, **question).allowed, fix
            if fix.kind is not FixKind.ADMIN:
                assert decided(directory.after(fix.commands), key, question).allowed, fix


@given(resource_worlds(), access_questions)
def test_every_fix_about_a_resource_allows_it_and_what_is_allowed_has_none(
    world: ResourceWorld, question: AccessQuestion
) -> None:
    for facts in every_facts(world):
        decision = access_decided(facts, question)
        fixes = find_access_fixes(facts, decision, tuple(facts.groups.values()))
        assert bool(fixes) is not decision.allowed
        for fix in fixes:
            assert decide_access(edited_access(facts, fix.edits), question, now=NOW).allowed, fix
            if fix.kind is FixKind.ADMIN:
                continue
            after = world.after(fix.commands)
            user = next(one for one in after.people.users if one.pk == facts.user.pk)
            assert access_decided(after.facts(user, facts.resource.ref), question).allowed, fix
            edited_facts = edited_access(facts, fix.edits)
            for action in ACTIONS:  # nothing besides is given or lost in another way
                asked = AccessQuestion(action)
                real = access_decided(after.facts(user, facts.resource.ref), asked)
                assert access_decided(edited_facts, asked).allowed is real.allowed, fix


@pytest.mark.parametrize(
    ("base", "is_made"), [("gone", True), ("a\u202eb", False), ("", False), ("x" * 300, False)]
)
def test_a_base_is_only_to_be_made_if_a_command_can(base: str, is_made: bool) -> None:
    world = rich_resource_world()
    preset = next(one for one in world.resources if str(one.ref) == "model:lost")
    preset = replace(preset, base=ResourceRef("model", base))
    user = world.people.users[1]
    facts = replace(world.facts(user, preset.ref), chain=(preset,))
    fixes = find_access_fixes(facts, access_decided(facts, AccessQuestion("read")), ())
    assert [fix.commands[0][2] for fix in fixes[:-1]] == ["create"] * is_made + ["update"]
