"""Policy tests: whether what is asserted is so.

Owns the result of each assertion. Leaves the questions to `assertion_world`, groups of people to
`assertion_populations`, and files to `interop`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from grantctl.errors import AmbiguousError, InvalidError, NotFoundError
from grantctl.evaluation.assertion_results import PolicyResult, Status
from grantctl.evaluation.assertions import Asked, Assertion, Circle, Given, Population
from grantctl.evaluation.granting_sources import sources_of
from grantctl.operations.assertion_outcomes import failed, passed, through_words, verdict_words
from grantctl.operations.assertion_populations import check_circle, check_population
from grantctl.operations.assertion_world import PolicyWorld, pairs_of
from grantctl.operations.assuming import FlagPremise, Premises, resolve
from grantctl.store.reader import Reader


def run_assertions(
    reader: Reader, assertions: Iterable[Assertion], *, now: datetime
) -> Iterator[PolicyResult]:
    """The result of each, in their order; all see the database at one moment.

    A name that nobody has makes an assertion an error, which is not a pass. Raises DatabaseError.
    """
    with reader.at_one_moment():
        for one in assertions:
            try:
                yield _check(_world(reader, one.given, now), one)
            except (NotFoundError, AmbiguousError, InvalidError) as error:
                yield PolicyResult(one, Status.ERROR, error.message, hint=error.hint)


def _world(reader: Reader, given: Given | None, now: datetime) -> PolicyWorld:
    if given is None:
        return PolicyWorld(reader, now)
    return PolicyWorld(reader, now, resolve(reader, _premises(given)))


def _premises(given: Given) -> Premises:
    flags = [FlagPremise(group, key, value) for group, key, value in given.flags]
    defaults = [FlagPremise(None, key, value) for key, value in given.defaults]
    return Premises(
        with_groups=given.with_groups,
        without_groups=given.without_groups,
        role=given.role,
        flags=(*flags, *defaults),
        at=given.at,
    )


def _check(world: PolicyWorld, one: Assertion) -> PolicyResult:
    match one.subject:
        case Population():
            return check_population(world, one, one.subject)
        case Circle():
            return check_circle(world, one, one.subject)
    if one.asked == Asked():
        return _check_nothing(world, one, one.subject)
    return _check_user(world, one, one.subject)


def _check_user(world: PolicyWorld, one: Assertion, user: str) -> PolicyResult:
    wanted = world.pairs(one.through)
    decision = world.decide(user, one.asked, one.rules)
    sources = sources_of(decision)
    if decision.allowed is not one.allowed:
        return failed(world, one, verdict_words(decision), decision.user, one.asked)
    if wanted <= pairs_of(sources):
        return passed(one, verdict_words(decision))
    return failed(world, one, through_words(sources), decision.user, one.asked)


def _check_nothing(world: PolicyWorld, one: Assertion, user: str) -> PolicyResult:
    found = world.anything(user, one.rules)
    if found is None:
        return passed(one, "denied everything")
    decision = world.decide(user, found, one.rules)
    return failed(world, one, f"may {found}", decision.user, found)
