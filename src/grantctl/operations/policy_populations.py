"""Policy tests about many: a population each of whom may or may not, and those who alone may.

Owns holding who may against who is meant, both in the order of their making, so that of a million
users no more than a number each is in memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from grantctl.evaluation.facts import User
from grantctl.evaluation.policy import Asked, Assertion, Circle, Population
from grantctl.evaluation.policy_results import PolicyResult
from grantctl.operations.policy_outcomes import failed, passed
from grantctl.operations.policy_world import PolicyWorld, pairs_of

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

    def __init__(self) -> None:
        self.first: tuple[User, Asked] | None = None
        self._names: list[str] = []
        self._count = 0

    def note(self, user: User, asked: Asked) -> None:
        self.first = self.first or (user, asked)
        self._count += 1
        if len(self._names) < _MAX_NAMED:
            self._names.append(user.label)

    def result(self, world: PolicyWorld, one: Assertion, verb: str) -> PolicyResult:
        """The result: `3 may not: a, b, c`."""
        if self.first is None:
            return passed(one, "as expected")
        more = self._count - len(self._names)
        names = ", ".join(self._names) + (f" and {more} more" if more else "")
        return failed(world, one, f"{self._count} {verb}: {names}", *self.first)


def check_population(world: PolicyWorld, one: Assertion, population: Population) -> PolicyResult:
    """Whether each of them may, or none of them. Raises NotFoundError, AmbiguousError."""
    if one.asked == Asked():
        return _check_nothing(world, one, population)
    return (_check_all if one.allowed else _check_none)(world, one, population)


def _check_all(world: PolicyWorld, one: Assertion, population: Population) -> PolicyResult:
    wanted = world.pairs(one.through)
    holders = _People(
        holder.user.pk
        for holder in world.holders(one.asked, one.rules)
        if wanted <= pairs_of(holder.sources)
    )
    offenders = _Offenders()
    for facts in world.members(population):
        if facts.user.pk not in holders:
            offenders.note(facts.user, one.asked)
    verb = "may not, or not through it" if one.through else "may not"
    return offenders.result(world, one, verb)


def _check_none(world: PolicyWorld, one: Assertion, population: Population) -> PolicyResult:
    role, group = population.role, population.group
    members = None if group is None else _members(world, group)
    offenders = _Offenders()
    for holder in world.holders(one.asked, one.rules):
        user = holder.user
        if role in (None, user.role) and (members is None or user.pk in members):
            offenders.note(user, one.asked)
    return offenders.result(world, one, "may")


def _check_nothing(world: PolicyWorld, one: Assertion, population: Population) -> PolicyResult:
    """Permissions first; resources only of those who have none, and whose role leaves any."""
    offenders = _Offenders()
    others: list[User] = []
    for facts in world.members(population):
        key = world.allowed_key(facts, one.rules)
        if key is not None:
            offenders.note(facts.user, Asked(key=key))
        elif world.may_reach(facts, one.rules):
            others.append(facts.user)
    for user in others:
        found = world.any_access(user.id, one.rules)
        if found is not None:
            offenders.note(user, found)
    return offenders.result(world, one, "may something")


def check_circle(world: PolicyWorld, one: Assertion, circle: Circle) -> PolicyResult:
    """Whether the named users may, and nobody else but those of the groups and roles.

    Raises NotFoundError, AmbiguousError.
    """
    named = {user.pk: user for user in map(world.reader.find_user, circle.users)}
    groups = [_members(world, group) for group in circle.groups]
    outsiders, missing = _Offenders(), dict(named)
    for holder in world.holders(one.asked, one.rules):
        user = holder.user
        missing.pop(user.pk, None)
        is_within = user.pk in named or user.role in circle.roles
        if not is_within and not any(user.pk in members for members in groups):
            outsiders.note(user, one.asked)
    if outsiders.first is not None or not missing:
        return outsiders.result(world, one, "more may")
    absent = _Offenders()
    for user in missing.values():
        absent.note(user, one.asked)
    return absent.result(world, one, "may not")


def _members(world: PolicyWorld, group: str) -> _People:
    return _People(facts.user.pk for facts in world.members(Population(group=group)))
