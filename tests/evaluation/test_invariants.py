"""What holds of every decision, on generated directories."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.decision import Decision
from grantctl.evaluation.evaluator import (
    decide,
    effective_permissions,
    has_permission,
    held_groups,
)
from grantctl.evaluation.facts import Permission
from grantctl.model import Role, is_below
from tests.evaluation.directory import ADA, NOW, Directory

KEYS = ("a.x", "a.y", "a.deep.x", "b.x", "-c.x", "lone")
CATEGORIES = ("a", "a.deep", "b", "-c")
IDS = ("g1", "g2", "g3", "g4", "g5")
NAMES = ("editors", "editors", "g1", "-rf", "R & D", "")
EXPIRIES = (None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1))


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """Nested groups, cycles among them, shared and awkward names, expiries, gates."""
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    above = st.sampled_from(ids) if ids else st.nothing()
    role = draw(st.sampled_from(tuple(Role)))
    catalogue = {
        key: Permission(
            key,
            draw(st.integers(0, 3)) == 0,
            restricts=draw(st.booleans()),
            gated_by=draw(st.none() | st.sampled_from(KEYS)),
        )
        for key in draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1))
    }
    pairs = st.tuples(above, st.sampled_from(sorted(catalogue)))
    return Directory(
        user=replace(ADA, role=role, email=draw(st.sampled_from([ADA.email, None]))),
        groups={id: (draw(st.sampled_from(NAMES)), draw(st.none() | above)) for id in ids},
        members=draw(st.dictionaries(above, st.sampled_from(EXPIRIES))) if ids else {},
        flags=draw(st.dictionaries(pairs, st.booleans())) if ids else {},
        catalogue=catalogue,
        is_looked_up=draw(st.booleans()),
    )


questions = st.fixed_dictionaries({"ignore_role": st.booleans(), "require_all": st.booleans()})


def answerable(directory: Directory) -> list[str]:
    """Every leaf and every category that has one."""
    categories = (one for one in CATEGORIES if any(is_below(k, one) for k in directory.catalogue))
    return [*directory.catalogue, *categories]


def decided(directory: Directory, key: str, question: dict[str, bool]) -> Decision:
    return decide(directory.facts(key), key, now=NOW, **question)


@given(directories(), questions)
def test_a_decision_is_never_without_its_reasons(
    directory: Directory, question: dict[str, bool]
) -> None:
    for key in answerable(directory):
        decision = decided(directory, key, question)
        [deciding] = [step for step in decision.steps if step.verdict is not None]
        assert decision.allowed is deciding.verdict
        assert decision.cause == deciding.detail
        assert decision.reason.value == deciding.rule
        assert decision.leaves
        assert all(step.detail for step in decision.steps)
        assert decision.held == held_groups(directory.facts(), NOW)


@given(directories(), questions)
def test_every_way_of_asking_gives_the_same_answer(
    directory: Directory, question: dict[str, bool]
) -> None:
    facts = directory.facts()
    effective = effective_permissions(facts, now=NOW, ignore_role=question["ignore_role"])
    for key in answerable(directory):
        decision = decided(directory, key, question)
        assert has_permission(facts, key, now=NOW, **question) is decision.allowed
        if key in directory.catalogue:
            assert effective[key] is decision.allowed
    assert list(effective) == sorted(directory.catalogue)


@given(directories(), st.booleans())
def test_a_category_is_the_or_of_its_leaves_and_all_of_it_their_and(
    directory: Directory, ignore_role: bool
) -> None:
    facts = directory.facts()
    for category in set(answerable(directory)) - set(directory.catalogue):
        leaves = [
            has_permission(facts, key, now=NOW, ignore_role=ignore_role)
            for key in directory.catalogue
            if is_below(key, category)
        ]
        asked = {"now": NOW, "ignore_role": ignore_role}
        assert has_permission(facts, category, require_all=False, **asked) is any(leaves)
        assert has_permission(facts, category, require_all=True, **asked) is all(leaves)


@given(directories(), questions, st.data())
def test_a_true_flag_more_never_turns_an_allow_into_a_deny(
    directory: Directory, question: dict[str, bool], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(directory.catalogue)))
    if directory.groups and data.draw(st.booleans()):
        group = data.draw(st.sampled_from(sorted(directory.groups)))
        more = replace(directory, flags={**directory.flags, (group, key): True})
    else:
        default = replace(directory.catalogue[key], default=True)
        more = replace(directory, catalogue={**directory.catalogue, key: default})
    for asked in answerable(directory):
        assert decided(directory, asked, question).allowed <= decided(more, asked, question).allowed


@given(directories(), questions, st.data())
def test_a_membership_less_never_turns_a_deny_into_an_allow(
    directory: Directory, question: dict[str, bool], data: st.DataObject
) -> None:
    gone = data.draw(st.sets(st.sampled_from(sorted(directory.members) or [""])))
    rest = {group: end for group, end in directory.members.items() if group not in gone}
    less = replace(directory, members=rest)
    for key in answerable(directory):
        assert decided(less, key, question).allowed <= decided(directory, key, question).allowed


@given(directories(), questions)
def test_running_any_remedy_s_commands_turns_a_denial_into_an_allow(
    directory: Directory, question: dict[str, bool]
) -> None:
    for key in answerable(directory):
        decision = decided(directory, key, question)
        assert bool(decision.remedies) is not decision.allowed
        for remedy in decision.remedies:
            after = directory.after(remedy.commands)
            assert decided(after, key, question).allowed, (key, remedy)


@given(directories(), questions)
def test_a_warning_that_the_permission_ends_names_the_moment_from_which_it_is_denied(
    directory: Directory, question: dict[str, bool]
) -> None:
    for key in answerable(directory):
        decision = decided(directory, key, question)
        later = decide(directory.facts(key), key, now=NOW + timedelta(days=1), **question)
        is_told = any(one.code == "membership_expires" for one in decision.warnings)
        assert is_told is (decision.allowed and not later.allowed)
