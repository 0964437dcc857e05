"""What holds of every fix: on generated directories, its edits are what its commands do."""

from __future__ import annotations

from hypothesis import given

from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_fixes import find_access_fixes
from grantctl.evaluation.edits import edited, edited_access
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.fixes import FixKind, find_fixes
from tests.contract.resource_worlds import ResourceWorld, resource_worlds
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
