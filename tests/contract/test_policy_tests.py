"""Policy tests pass and fail as the evaluator says of all facts, and recordings pass until what
they froze is otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from grantctl.evaluation.access import decide_access, has_access
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.assertion_results import PolicyResult, Status
from grantctl.evaluation.assertions import (
    Asked,
    Assertion,
    Circle,
    Given,
    NamedSource,
    Place,
    Population,
    RulesLeftOut,
    SourceKind,
)
from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.evaluator import decide, has_permission
from grantctl.evaluation.facts import User
from grantctl.evaluation.granting_sources import sources_of
from grantctl.evaluation.rules import held_groups
from grantctl.interop.policy_files import PolicyFormat, read_assertions
from grantctl.interop.recorded_text import written
from grantctl.model import Role, parse_resource
from grantctl.operations.access_recording import record_access
from grantctl.operations.assuming import FlagPremise, Premises, resolve
from grantctl.operations.flags import set_flags
from grantctl.operations.policy_tests import run_assertions
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.url import parse_url
from tests.contract.resource_worlds import ResourceWorld, resource_worlds, rich_resource_world
from tests.contract.worlds import NOW
from tests.databases import INTENT

HERE = Place("f", 1)
RULES = (
    RulesLeftOut(),
    RulesLeftOut(ignore_role=True),
    RulesLeftOut(True, True, True),
    RulesLeftOut(require_all=True),
)
FLAGS = {(1, "a.x"): True, (2, "a.x"): True, (2, "a.y"): True, (5, "b.x"): True}


class Brute:
    """The evaluator asked about all facts of each user, one by one."""

    def __init__(self, world: ResourceWorld, assumed: Assumptions | None = None) -> None:
        self.world = world
        self.assumed = assumed
        self.now = NOW if assumed is None else assumed.moment(NOW)

    @property
    def users(self) -> tuple[User, ...]:
        users = self.world.people.users
        return users if self.assumed is None else tuple(map(self.assumed.user_of, users))

    def allows(self, user: User, asked: Asked, rules: RulesLeftOut) -> bool:
        if asked == Asked():
            return any(
                self.allows(user, one, replace(rules, require_all=False))
                for one in self.everything()
            )
        if asked.key is not None:
            facts = self.facts(user)
            return has_permission(
                facts,
                asked.key,
                now=self.now,
                ignore_role=rules.ignore_role,
                require_all=rules.require_all,
            )
        assert asked.ref is not None
        assert asked.action is not None
        found = self.world.facts(self.stored(user), asked.ref)
        return has_access(
            found if self.assumed is None else self.assumed.applied_to_access(found),
            asked.action,
            now=self.now,
            ignore_role=rules.ignore_role,
            ignore_owner=rules.ignore_owner,
            ignore_base=rules.ignore_base,
        )

    def everything(self) -> Iterator[Asked]:
        for key in self.world.people.catalogue:
            yield Asked(key=key)
        for resource in self.world.resources:
            for action in actions_named(resource):
                yield Asked(action=action, ref=resource.ref)

    def facts(self, user: User):  # of either kind of facts, as they are
        found = self.world.people.facts(self.stored(user))
        return found if self.assumed is None else self.assumed.applied_to(found)

    def stored(self, user: User) -> User:
        return next(one for one in self.world.people.users if one.pk == user.pk)

    def is_in(self, user: User, group: int) -> bool:
        return any(one.group.pk == group for one in held_groups(self.facts(user), self.now))

    def within(self, population: Population) -> list[User]:
        return [
            user
            for user in self.users
            if population.role in (None, user.role)
            and (population.group is None or self.is_in(user, int(population.group[2:])))
        ]

    def holds(self, one: Assertion) -> bool:
        """Whether the assertion is so."""
        match one.subject:
            case Population():
                people = self.within(one.subject)
                return all(
                    self.allows(user, one.asked, one.rules) is one.allowed for user in people
                )
            case Circle(users, groups, roles):
                for user in self.users:
                    allowed = self.allows(user, one.asked, one.rules)
                    is_named = user.id in users
                    is_within = user.role in roles or any(
                        self.is_in(user, int(group[2:])) for group in groups
                    )
                    if (is_named and not allowed) or (allowed and not is_named and not is_within):
                        return False
                return True
        user = next(user for user in self.users if user.id == one.subject)
        return self.allows(user, one.asked, one.rules) is one.allowed


def assertions(
    world: ResourceWorld, given: Given | None = None, *, step: int
) -> Iterator[Assertion]:
    """One in so many of every kind of assertion about everybody and everything."""
    return islice(every_assertion(world, given), 0, None, step)


def every_assertion(world: ResourceWorld, given: Given | None) -> Iterator[Assertion]:
    """By ids, which are never shared."""
    keys = [Asked(key=key) for key in world.people.all_keys()]
    refs = [
        Asked(action=action, ref=one.ref) for one in world.resources for action in ("read", "share")
    ]
    groups = [one.id for one in world.people.groups]
    users = [one.id for one in world.people.users]
    populations = [
        Population(role, group) for role in (None, *Role) for group in (None, *groups[:3])
    ]
    circles = [
        Circle(),
        Circle(tuple(users[:1]), (), (Role.ADMIN,)),
        Circle(tuple(users[1:2]), tuple(groups[:1]), (Role.ADMIN,)),
        Circle((), tuple(groups), (Role.USER, Role.ADMIN)),
    ]
    for asked, rules in product([*keys, *refs, Asked()], RULES):
        if rules.require_all and asked.key is None:
            continue
        if rules.ignore_base and asked.key is not None:
            continue
        for subject in (*users, *populations):
            for allowed in (False,) if asked == Asked() else (True, False):
                yield Assertion(HERE, subject, asked, allowed, rules=rules, given=given)
        for circle in circles if asked != Asked() else ():
            yield Assertion(HERE, circle, asked, allowed=True, rules=rules, given=given)


def require_results(results: list[PolicyResult], brute: Brute) -> None:
    for result in results:
        expected = Status.PASSED if brute.holds(result.assertion) else Status.FAILED
        assert result.status == expected, str(result.assertion)
        if result.status is Status.FAILED:
            decision = result.decision
            assert decision is not None
            assert (decision.assumptions or Assumptions()) == (brute.assumed or Assumptions())


def run(reader: Reader, every: Iterator[Assertion]) -> list[PolicyResult]:
    return list(run_assertions(reader, every, now=NOW))


def require_sources(reader: Reader, world: ResourceWorld) -> None:
    """A source that grants passes, any other fails, for one user and for those of a role."""
    brute = Brute(world)
    groups = [NamedSource(SourceKind.GROUP, one.id) for one in world.people.groups[:3]]
    alone = [NamedSource(kind) for kind in SourceKind if kind is not SourceKind.GROUP]
    for asked in brute.everything():
        granting = {user.id: granted(world, user, asked) for user in world.people.users}
        for source in (*groups, *alone):
            one = Assertion(HERE, "", asked, allowed=True, through=(source,))
            each = [replace(one, subject=user) for user in granting]
            whole = [replace(one, subject=Population(role=role)) for role in Role]
            for result in run(reader, iter([*each, *whole])):
                subject = result.assertion.subject
                people = (
                    [subject]
                    if isinstance(subject, str)
                    else [user.id for user in brute.within(subject)]
                )
                expected = all(str(source) in granting[user] for user in people)
                assert result.is_passed is expected, str(result.assertion)


def granted(world: ResourceWorld, user: User, asked: Asked) -> set[str]:
    """The names of what grants it, of the whole decision on all facts."""
    if asked.key is not None:
        decided = sources_of(decide(world.people.facts(user), asked.key, now=NOW))
    else:
        assert asked.ref is not None
        question = AccessQuestion(asked.action or "")
        decided = sources_of(decide_access(world.facts(user, asked.ref), question, now=NOW))
    return {
        str(NamedSource(one.kind, None if one.group is None else one.group.id)) for one in decided
    }


def require_given(reader: Reader, world: ResourceWorld, *, step: int) -> None:
    """The same of a world that is assumed."""
    groups = [one.id for one in world.people.groups]
    key, late = next(iter(world.people.catalogue)), NOW.replace(year=2050)
    for given_, premises in (
        (Given(role=Role.USER), Premises(role=Role.USER)),
        (
            Given(with_groups=tuple(groups[:1]), defaults=((key, False),), at=late),
            Premises(
                with_groups=tuple(groups[:1]),
                flags=(FlagPremise(None, key, False),),
                at=late,
            ),
        ),
        (
            Given(
                without_groups=tuple(groups[:1]),
                flags=tuple((group, key, True) for group in groups[1:2]),
            ),
            Premises(
                without_groups=tuple(groups[:1]),
                flags=tuple(FlagPremise(group, key, True) for group in groups[1:2]),
            ),
        ),
    ):
        with reader.at_one_moment():
            assumed = resolve(reader, premises)
        require_results(run(reader, assertions(world, given_, step=step)), Brute(world, assumed))


def record(reader: Reader, world: ResourceWorld, format: PolicyFormat) -> list[Assertion]:
    users = [one.id for one in world.people.users]
    type_ = "*" if world.resources else None
    tests = record_access(reader, users, type_=type_, now=NOW)
    return read_assertions("".join(written(tests, format)).encode(), file="f", format=format)


def require_recordings(reader: Reader, world: ResourceWorld) -> None:
    """A recording says of every user and everything what is so, each once, and passes."""
    brute = Brute(world)
    builtin = [one for one in brute.everything() if one.action in (None, "read", "write")]
    for format in PolicyFormat:
        frozen = record(reader, world, format)
        said = [(one.subject, one.asked) for one in frozen]
        assert len(said) == len(set(said))
        assert len(frozen) >= len(builtin) * len(world.people.users)
        for result in run(reader, iter(frozen)):
            assert result.is_passed, (str(result.assertion), result.got)


def test_results_are_those_of_the_evaluator_on_all_facts(database: Database) -> None:
    world = rich_resource_world()
    world.write(database)
    with database.reader() as reader:
        require_results(run(reader, assertions(world, step=7)), Brute(world))
        require_recordings(reader, world)


def test_results_under_assumptions_are_those_of_the_evaluator_on_changed_facts(
    database: Database,
) -> None:
    world = rich_resource_world()
    world.write(database)
    with database.reader() as reader:
        require_given(reader, world, step=29)


def test_the_source_that_is_named_must_grant_it(database: Database) -> None:
    world = rich_resource_world()
    people = replace(world.people, users=world.people.users[:3])
    memberships = tuple(one for one in people.memberships if one[0] <= 3)
    few = {key: one for key, one in people.catalogue.items() if key in ("a.x", "a.y", "b.x")}
    people = replace(people, memberships=memberships, catalogue=few, flags=FLAGS)
    resources = tuple(
        one for one in world.resources if str(one.ref) in ("model:llama3", "tool:open")
    )
    world = replace(world, people=people, resources=resources)
    world.write(database)
    with database.reader() as reader:
        require_sources(reader, world)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
        require_results(run(reader, assertions(world, step=7)), Brute(world))
        require_given(reader, world, step=29)
        require_recordings(reader, world)


@pytest.mark.parametrize("format", PolicyFormat)
def test_a_recording_fails_where_what_it_froze_has_changed(
    database: Database, format: PolicyFormat
) -> None:
    world = rich_resource_world()
    world.write(database)
    with database.reader() as reader:
        frozen = record(reader, world, format)
    flags = {**world.people.flags, (1, "a.x"): False, (3, "b.x"): True}
    replace(world, people=replace(world.people, flags=flags)).write(database)
    with database.reader() as reader:
        failed = [
            str(one.assertion) for one in run(reader, iter(frozen)) if one.status is Status.FAILED
        ]
    assert failed == [
        "u-2 may a.x through group:company",
        "u-2 may not b.x",
    ]


def test_whoever_has_no_permission_may_do_something_to_a_resource_and_is_found(
    database: Database,
) -> None:
    world = rich_resource_world()
    none = {key: replace(one, default=False) for key, one in world.people.catalogue.items()}
    world = replace(world, people=replace(world.people, catalogue=none, flags={}))
    world.write(database)
    everybody = [*(one.id for one in world.people.users), *(Population(role) for role in Role)]
    every = [
        Assertion(HERE, subject, Asked(), allowed=False, rules=rules)
        for subject in (*everybody, Population(group="g-3"), Population(group="g-8"))
        for rules in RULES[:3]
    ]
    with database.reader() as reader:
        results = run(reader, iter(every))
    require_results(results, Brute(world))
    assert {result.status for result in results} == {Status.PASSED, Status.FAILED}
    [users] = [
        result
        for result in results
        if result.assertion.subject == Population(Role.USER)
        and result.assertion.rules == RulesLeftOut()
    ]
    assert users.got == "3 may something: u-1, ñandú@example.com, five@example.com"
    assert users.decision is not None
    assert users.decision.cause == "`model:llama3` is public, and every user may read it"


def test_of_several_sources_that_are_named_each_must_grant_it(database: Database) -> None:
    world = rich_resource_world()
    replace(world, people=replace(world.people, flags=FLAGS)).write(database)
    one = Assertion(HERE, "u-2", Asked(key="a.x"), allowed=True)
    default, company, it = (
        NamedSource(SourceKind.DEFAULT),
        NamedSource(SourceKind.GROUP, "company"),
        NamedSource(SourceKind.GROUP, "it"),
    )
    every = [
        replace(one, subject=subject, through=through)
        for subject in ("u-2", Population(group="ops"))
        for through in ((company, it), (it,), (company, default), (default,))
    ]
    with database.reader() as reader:
        results = run(reader, iter(every))
    assert [result.is_passed for result in results] == [True, True, False, False] * 2
    assert [result.got for result in results[2:4]] == [
        "allowed through group company and group it"
    ] * 2
    assert results[6].got == "1 may not, or not through it: u-1"


def test_all_tests_see_the_database_at_one_moment_whoever_writes_meanwhile(
    database: Database,
) -> None:
    world = rich_resource_world()
    world.write(database)
    one = Assertion(HERE, "u-2", Asked(key="a.x"), allowed=True)
    tests = [one, replace(one, subject=Population(group="g-3")), one]
    with database.reader() as reader:
        results = run_assertions(reader, tests, now=NOW)
        found = [next(results)]
        set_flags(database, INTENT, "company", {"a.x": False})
        found += results
        assert [result.is_passed for result in found] == [True, True, True]
        assert [result.is_passed for result in run(reader, iter(tests))] == [False, False, False]


def test_a_name_that_several_have_or_nobody_has_is_an_error_and_the_rest_is_run(
    database: Database,
) -> None:
    world = rich_resource_world()
    world.write(database)
    one = Assertion(HERE, "u-2", Asked(key="a.x"), allowed=True)
    editors = NamedSource(SourceKind.GROUP, "editors")
    model = parse_resource("model:gone")
    tests = [
        replace(one, through=(editors,)),
        replace(one, subject=Population(group="editors")),
        replace(one, subject=Circle(groups=("editors",))),
        replace(one, subject=Circle(users=("nobody",))),
        replace(one, asked=Asked(key="a.z"), allowed=False),
        replace(one, asked=Asked(key="a.z"), subject=Population(Role.USER), allowed=False),
        replace(one, asked=Asked(action="read", ref=model), subject=Population(), allowed=False),
        replace(one, given=Given(with_groups=("none",))),
        one,
    ]
    with database.reader() as reader:
        results = run(reader, iter(tests))
    assert [(result.status, result.got) for result in results[:-1]] == [
        *[(Status.ERROR, "more than one group is called `editors`")] * 3,
        (Status.ERROR, "no user `nobody`"),
        *[(Status.ERROR, "no permission `a.z`")] * 2,
        (Status.ERROR, "no resource `model:gone`"),
        (Status.ERROR, "no group `none`"),
    ]
    assert results[-1].is_passed
