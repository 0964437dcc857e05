"""Policy tests about many: a population each of whom may or may not, and those who alone may.

Owns holding who may against who is meant, both in the order of their making, so that of a million
users no more than a number each is in memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from grantctl.evaluation.assertion_results import PolicyResult
from grantctl.evaluation.assertions import Asked, Assertion, Circle, Population
from grantctl.evaluation.facts import User
from grantctl.operations.assertion_outcomes import failed, passed
from grantctl.operations.assertion_world import PolicyWorld, pairs_of

_MAX_NAMED = 3


class _People:
    """Users by their pk, which come in rising order."""

    def __init__(self, pks: Iterator[int]) -> None:
        self._pks = array("q", pks)

    def __contains__(self, pk: int) -> bool:
        at = bisect_left(self._pks, pk)
        return at < len(self._pks) and self._pks[at] == pk


class _Offenders:
    """Users on whom an assertion fails: the first, the names of some, and how many there are."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self.first: tuple[User, Asked] | None = None
        self._names: list[str] = []
        self._count = 0

    def note(self, user: User, asked: Asked) -> None:
        self.first = self.first or (user, asked)
        self._count += 1
        if len(self._names) < _MAX_NAMED:
            self._names.append(user.label)

    @property
    def words(self) -> str:
        """`3 may not: a, b, c`"""
        more = self._count - len(self._names)
        names = ", ".join(self._names) + (f" and {more:,} more" if more else "")
        return f"{self._count:,} {self._verb}: {names}"


def check_population(world: PolicyWorld, one: Assertion, population: Population) -> PolicyResult:
    """Whether each of them may, or none of them. Raises NotFoundError, AmbiguousError."""
    if one.asked == Asked():
        return _check_nothing(world, one, population)
    verb = ("may not, or not through it" if one.through else "may not") if one.allowed else "may"
    offenders = _Offenders(verb)
    for user in _offending(world, one, population):
        offenders.note(user, one.asked)
    return _result(world, one, offenders)


def _offending(world: PolicyWorld, one: Assertion, population: Population) -> Iterator[User]:
    """Those of the population of whom it is not so."""
    if population == Population() and not one.allowed:
        yield from (holder.user for holder in world.holders(one.asked, one.rules))
        return
    wanted = world.pairs(one.through)
    if one.asked.key is not None:
        key, leaves = one.asked.key, world.leaves(one.asked.key)
        for facts in world.members(population, leaves):
            if world.is_allowed(facts, key, one.rules, wanted) is not one.allowed:
                yield facts.user
        return
    holders = _People(
        holder.user.pk
        for holder in world.holders(one.asked, one.rules)
        if wanted <= pairs_of(holder.sources)
    )
    for facts in world.members(population):
        if (facts.user.pk in holders) is not one.allowed:
            yield facts.user


def _check_nothing(world: PolicyWorld, one: Assertion, population: Population) -> PolicyResult:
    """Permissions first; resources only of those who have none, and whose role leaves any."""
    offenders = _Offenders("may something")
    others: list[User] = []
    keys = sorted(world.reader.catalogue())
    for facts in world.members(population, keys):
        if world.is_denied_by_role(facts.user, one.rules):
            continue
        key = next((key for key in keys if world.is_allowed(facts, key, one.rules)), None)
        if key is None:
            others.append(facts.user)
        else:
            offenders.note(facts.user, Asked(key=key))
    for user in others:
        found = world.any_access(user.id, one.rules)
        if found is not None:
            offenders.note(user, found)
    return _result(world, one, offenders)


def check_circle(world: PolicyWorld, one: Assertion, circle: Circle) -> PolicyResult:
    """Whether the named users may, and nobody else but those of the groups and roles.

    Raises NotFoundError, AmbiguousError.
    """
    named = {user.pk: user for user in map(world.reader.find_user, circle.users)}
    groups = [_members(world, group) for group in circle.groups]
    outsiders, absent, missing = _Offenders("more may"), _Offenders("may not"), dict(named)
    for holder in world.holders(one.asked, one.rules):
        user = holder.user
        missing.pop(user.pk, None)
        is_within = user.pk in named or user.role in circle.roles
        if not is_within and not any(user.pk in members for members in groups):
            outsiders.note(user, one.asked)
    for user in missing.values():
        absent.note(user, one.asked)
    return _result(world, one, outsiders, absent)


def _result(world: PolicyWorld, one: Assertion, *offenders: _Offenders) -> PolicyResult:
    found = [several for several in offenders if several.first is not None]
    if not found or found[0].first is None:
        return passed(one, "as expected")
    return failed(world, one, "; ".join(several.words for several in found), *found[0].first)


def _members(world: PolicyWorld, group: str) -> _People:
    return _People(facts.user.pk for facts in world.members(Population(group=group)))
