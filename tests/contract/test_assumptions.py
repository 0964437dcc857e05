"""What is answered under assumptions is what a database says in which they were made true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grantctl.errors import AmbiguousError, GrantctlError, InvalidError, NotFoundError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.decision import HeldGroup
from grantctl.evaluation.facts import AccessGrant, PermissionFacts, Resource
from grantctl.model import PrincipalType, Role, parse_resource
from grantctl.operations.access_questions import ANY, answer_access, reachable, who_has_access
from grantctl.operations.assuming import FlagPremise, Premises, assumed, parse_flag, resolve
from grantctl.operations.questions import Question, access, answer, who_can
from grantctl.render.decisions import decision_document, held_document, leaf_document
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from tests.contract.assumed_worlds import made_true, made_true_of_resources, premises_of
from tests.contract.resource_worlds import ResourceWorld, resource_worlds, rich_resource_world
from tests.contract.worlds import HOUR, NOW, World, rich_world, worlds

QUESTIONS = [Question(), Question(ignore_role=True), Question(require_all=True)]
RULES = ((False, False, False), (True, True, False))
Seen = dict[tuple[Any, ...], Any]  # what was answered, by what was asked

few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _held(groups: tuple[HeldGroup, ...]) -> list[Any]:
    return [held_document(held) for held in groups]


def seen_of(
    world: World, reader: Reader, user: str, now: datetime, assumptions: Assumptions | None
) -> Seen:
    """All that can be asked about one user's permissions."""
    seen: Seen = {}
    for question in QUESTIONS:
        for key in world.all_keys():
            decision = answer(reader, user, key, question, now=now, assumptions=assumptions)
            document = decision_document(decision)
            for member in ("remedies", "notices", "assumptions"):
                document.pop(member, None)
            warnings = decision.warnings if assumptions is None else decision.warnings[1:]
            seen[question, key] = document, warnings
        found = access(reader, user, question, now=now, assumptions=assumptions)
        seen[question,] = [(found.is_allowed(leaf), leaf_document(leaf)) for leaf in found.leaves]
    return seen


def everybody_seen(
    world: World, reader: Reader, now: datetime, assumptions: Assumptions | None
) -> Seen:
    """Who can do what."""
    return {
        (question, key): [
            (one.user, one.through, _held(one.groups))
            for one in who_can(reader, key, question, now=now, assumptions=assumptions)
        ]
        for question in QUESTIONS
        for key in world.all_keys()
    }


def resources_seen(
    world: ResourceWorld, reader: Reader, user: str, now: datetime, assumptions: Assumptions | None
) -> Seen:
    """All that can be asked about one user and the resources."""
    seen: Seen = {}
    for rules in RULES:
        for resource in world.resources:
            for action in actions_named(resource):
                question = AccessQuestion(action, *rules)
                decision = answer_access(
                    reader, user, resource.ref, question, now=now, assumptions=assumptions
                )
                hops = [(hop.rule, hop.is_owner) for hop in decision.hops]
                seen[rules, resource.ref, action] = decision.allowed, decision.reason, hops
        question = AccessQuestion(ANY, *rules)
        seen[rules,] = [
            (
                one.resource.ref,
                one.action,
                one.reach.via,
                list(map(held_document, one.reach.groups)),
            )
            for one in reachable(reader, user, ANY, question, now=now, assumptions=assumptions)
        ]
    return seen


def everybody_seen_with_resources(
    world: ResourceWorld, reader: Reader, now: datetime, assumptions: Assumptions | None
) -> Seen:
    """Who may do what to which resource."""
    return {
        (rules, resource.ref, action): [
            (one.user, one.via, _held(one.groups))
            for one in who_has_access(
                reader,
                resource.ref,
                AccessQuestion(action, *rules),
                now=now,
                assumptions=assumptions,
            )
        ]
        for rules in RULES
        for resource in world.resources
        for action in actions_named(resource)
    }


def require_facts_as_if_made(facts: PermissionFacts, made: PermissionFacts) -> None:
    """The same but for groups above one that is not held, which nobody reaches."""
    assert (facts.user, facts.memberships, facts.catalogue) == (
        made.user,
        made.memberships,
        made.catalogue,
    )
    assert {pk: one for pk, one in facts.groups.items() if pk in made.groups} == made.groups
    assert {pair: one for pair, one in facts.flags.items() if pair[0] in made.groups} == made.flags
    assert {one.group for one in facts.memberships} <= facts.groups.keys()


def require_as_if_made(world: World, premises: Premises, user: int, database: Database) -> None:
    """One user, and everybody: under the premises as in the world that they make."""
    person = next(one for one in world.users if one.pk == user)
    world.write(database)
    with database.reader() as reader, assumed(reader, premises) as assumptions:
        one_assumed = seen_of(world, reader, person.id, NOW, assumptions)
        all_assumed = everybody_seen(world, reader, NOW, assumptions)
        facts = (reader.assuming(assumptions) if assumptions else reader).access_facts(person.id)
    then = premises.at or NOW
    made_true(world, premises, {user}).write(database)
    with database.reader() as reader:
        require_facts_as_if_made(facts, reader.access_facts(person.id))
        assert not {one.id for one in facts.groups.values()} & {*premises.without_groups}
        assert one_assumed == seen_of(world, reader, person.id, then, None)
    made_true(world, premises, {one.pk for one in world.users}).write(database)
    with database.reader() as reader:
        assert all_assumed == everybody_seen(world, reader, then, None)


def require_resources_as_if_made(
    world: ResourceWorld, premises: Premises, user: int, database: Database
) -> None:
    """The same of resources."""
    users = world.people.users
    person = next(one for one in users if one.pk == user)
    world.write(database)
    with database.reader() as reader, assumed(reader, premises) as assumptions:
        one_assumed = resources_seen(world, reader, person.id, NOW, assumptions)
        all_assumed = everybody_seen_with_resources(world, reader, NOW, assumptions)
    then = premises.at or NOW
    made_true_of_resources(world, premises, {user}).write(database)
    with database.reader() as reader:
        assert one_assumed == resources_seen(world, reader, person.id, then, None)
    made_true_of_resources(world, premises, {one.pk for one in users}).write(database)
    with database.reader() as reader:
        assert all_assumed == everybody_seen_with_resources(world, reader, then, None)


PREMISES: dict[str, Premises] = {
    "nothing": Premises(),
    "with": Premises(with_groups=("g-3",)),
    "with an expired one": Premises(with_groups=("g-4",)),
    "with some in a circle": Premises(with_groups=("g-5", "g-7")),
    "without": Premises(without_groups=("g-3",)),
    "without one above": Premises(without_groups=("g-2",)),
    "in one and not in the one above": Premises(with_groups=("g-3",), without_groups=("g-1",)),
    "admin": Premises(role=Role.ADMIN),
    "pending": Premises(role=Role.PENDING),
    "user": Premises(role=Role.USER),
    "a flag": Premises(flags=(FlagPremise("g-8", "lone", True),)),
    "a flag above": Premises(flags=(FlagPremise("g-1", "b.x", True),)),
    "flags of a category": Premises(flags=(FlagPremise("g-1", "a", False),)),
    "a flag unset": Premises(flags=(FlagPremise("g-1", "a.x", None),)),
    "a default": Premises(flags=(FlagPremise(None, "b.x", True),)),
    "a default off": Premises(flags=(FlagPremise(None, "a.y", False),)),
    "earlier": Premises(at=NOW - 2 * HOUR),
    "later": Premises(at=NOW + 2 * HOUR),
    "much": Premises(
        with_groups=("g-7",),
        without_groups=("g-4",),
        role=Role.USER,
        flags=(FlagPremise("g-7", "lone", True), FlagPremise(None, "a.y", False)),
        at=NOW + 2 * HOUR,
    ),
}


ON_POSTGRES = ("with some in a circle", "without one above", "admin", "a flag above", "much")


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("premises", PREMISES.values(), ids=PREMISES)
def test_an_answer_under_assumptions_is_that_of_a_database_in_which_they_are_true(
    premises: Premises, database: Database
) -> None:
    for user in (2, 5):
        require_as_if_made(rich_world(), premises, user, database)
    for user in (2, 3):
        require_resources_as_if_made(rich_resource_world(), premises, user, database)


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize("name", ON_POSTGRES)
def test_the_same_on_postgres(name: str, database: Database) -> None:
    require_as_if_made(rich_world(), PREMISES[name], 2, database)
    require_resources_as_if_made(rich_resource_world(), PREMISES[name], 2, database)


@pytest.mark.parametrize(
    ("user", "premises"),
    [("u-2", Premises(role=Role.USER)), ("u-5", Premises(with_groups=("g-3",)))],
)
def test_a_grant_to_a_group_above_reaches_who_is_or_would_be_below_it(
    user: str, premises: Premises, database: Database
) -> None:
    ref = parse_resource("model:of-the-company")
    grant = AccessGrant("read", PrincipalType.GROUP, "g-1", 1, "company")
    ResourceWorld(rich_world(), (Resource(1, ref, "", grants=(grant,)),)).write(database)
    with database.reader() as reader, assumed(reader, premises) as assumptions:
        found = list(
            reachable(reader, user, ANY, AccessQuestion(ANY), now=NOW, assumptions=assumptions)
        )
        users = [
            one.user.id
            for one in who_has_access(
                reader, ref, AccessQuestion("read"), now=NOW, assumptions=assumptions
            )
        ]
    assert [(one.resource.ref, one.action) for one in found] == [(ref, "read")]
    assert user in users


@few
@given(data=st.data(), world=worlds())
def test_the_same_of_generated_directories(
    data: st.DataObject, world: World, database: Database
) -> None:
    premises = data.draw(premises_of(world))
    user = data.draw(st.sampled_from([one.pk for one in world.users]))
    require_as_if_made(world, premises, user, database)


@few
@given(data=st.data(), world=resource_worlds())
def test_the_same_of_generated_resources(
    data: st.DataObject, world: ResourceWorld, database: Database
) -> None:
    premises = data.draw(premises_of(world.people))
    user = data.draw(st.sampled_from([one.pk for one in world.people.users]))
    require_resources_as_if_made(world, premises, user, database)


ASKING: dict[str, Callable[[Reader, Assumptions], Any]] = {
    "check": lambda reader, assumptions: answer(
        reader, "u-2", "a", Question(), now=NOW, with_advice=True, assumptions=assumptions
    ),
    "resource": lambda reader, assumptions: answer_access(
        reader,
        "u-2",
        rich_resource_world().resources[1].ref,
        AccessQuestion("read"),
        now=NOW,
        with_advice=True,
        assumptions=assumptions,
    ),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_a_decision_says_that_it_is_hypothetical_and_of_what_and_advises_nothing(
    ask: Callable[[Reader, Assumptions], Any], database: Database
) -> None:
    rich_resource_world().write(database)
    premises = Premises(
        with_groups=("Ünï 'x'",),
        without_groups=("ops", "company"),
        role=Role.USER,
        flags=(
            FlagPremise("it", "a.x", None),
            FlagPremise("it", "b", True),
            FlagPremise(None, "a.y", False),
        ),
        at=NOW,
    )
    with database.reader() as reader, assumed(reader, premises) as assumptions:
        assert assumptions is not None
        decision = ask(reader, assumptions)
    assert decision.assumptions == assumptions
    assert decision.decided_at == NOW
    assert decision.remedies == ()
    assert decision.warnings[0].code == "assumption"
    assert decision.warnings[0].message == (
        "hypothetical: with group Ünï 'x', without group ops, without group company, role user, "
        "a.x unset in it, b true in it, a.y false by default, at 2026-06-01 12:00 UTC"
    )


def test_the_names_and_all_answers_are_of_the_moment_of_the_first_read(
    database: Database,
) -> None:
    world = rich_world()
    world.write(database)

    def is_allowed(reader: Reader, assumptions: Assumptions | None) -> bool:
        return answer(reader, "u-5", "lone", Question(), now=NOW, assumptions=assumptions).allowed

    with database.reader() as reader:
        with reader.at_one_moment():
            assert not is_allowed(reader, None)
            made_true(world, Premises(without_groups=("g-4",)), ()).write(database)
            assert is_allowed(reader, resolve(reader, Premises(with_groups=("g-4",))))
            assert [one.user.id for one in who_can(reader, "lone", Question(), now=NOW)] == ["u-1"]
        with pytest.raises(NotFoundError):
            resolve(reader, Premises(with_groups=("g-4",)))
        assert not is_allowed(reader, None)


REFUSED: dict[str, tuple[Premises, type[GrantctlError], str]] = {
    "an unknown group": (
        Premises(with_groups=("compny",)),
        NotFoundError,
        "no group `compny`",
    ),
    "an ambiguous group": (
        Premises(without_groups=("editors",)),
        AmbiguousError,
        "more than one group is called `editors`",
    ),
    "an unknown key": (
        Premises(flags=(FlagPremise("ops", "a.z", True),)),
        NotFoundError,
        "no permission `a.z`",
    ),
    "an unknown group's flag": (
        Premises(flags=(FlagPremise("op", "a.x", True),)),
        NotFoundError,
        "no group `op`",
    ),
    "with and without": (
        Premises(with_groups=("ops", "it"), without_groups=("g-3",)),
        InvalidError,
        "`ops` is assumed to be held, and not to be held",
    ),
    "two values": (
        Premises(flags=(FlagPremise("g-3", "a.x", True), FlagPremise("ops", "a", False))),
        InvalidError,
        "`a.x` is given two values in `ops`",
    ),
    "two defaults": (
        Premises(flags=(FlagPremise(None, "lone", True), FlagPremise(None, "lone", False))),
        InvalidError,
        "`lone` is given two values by default",
    ),
    "no default": (
        Premises(flags=(FlagPremise(None, "lone", None),)),
        InvalidError,
        "the default of `lone` is true or false, never unset",
    ),
}


@pytest.mark.parametrize(("premises", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_names_that_name_nothing_and_premises_that_contradict_one_another_are_errors(
    premises: Premises, error: type[GrantctlError], message: str, database: Database
) -> None:
    rich_world().write(database)
    with (
        database.reader() as reader,
        pytest.raises(error) as caught,
        assumed(reader, premises),
    ):
        pass
    assert caught.value.message == message


def test_what_is_named_twice_is_assumed_once(database: Database) -> None:
    rich_world().write(database)
    twice = Premises(with_groups=("ops", "g-3"), flags=(FlagPremise("ops", "a.x", True),) * 2)
    once = Premises(with_groups=("g-3",), flags=(FlagPremise("g-3", "a.x", True),))
    with database.reader() as reader:
        assert resolve(reader, twice) == resolve(reader, once)


@pytest.mark.parametrize("text", ["", "a.x", ":a.x", "ops:", ":"])
def test_a_flag_is_named_by_group_and_key(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_flag(text)
    assert parse_flag("it's: ops:a.x") == ("it's: ops", "a.x")
