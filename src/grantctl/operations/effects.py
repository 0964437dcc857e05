"""For whom a changed flag changes anything, and for whom not and why.

Owns the counting: every user in scope is judged by the evaluator's rules, before and after. Users
of one role in the same groups are judged once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from grantctl.evaluation.decision import Leaf
from grantctl.evaluation.facts import PermissionFacts
from grantctl.evaluation.rules import held_groups, judge_leaf, role_verdict
from grantctl.store.reader import Reader

Values = Mapping[str, bool | None]  # what is to be set; None makes a group's flag absent


@dataclass(frozen=True, slots=True)
class FlagEffect:
    """How many users gain and lose a permission, of how many; the others are counted by reason."""

    user_count: int
    gained: int
    lost: int
    still_allowed: Mapping[str, int]
    still_denied: Mapping[str, int]

    @property
    def still_allowed_count(self) -> int:
        return sum(self.still_allowed.values())


class _Verdict(NamedTuple):
    before: bool
    after: bool
    reason: str  # why it stays as it is


@dataclass(slots=True)
class _Tally:
    gained: int = 0
    lost: int = 0
    allowed: Counter[str] = field(default_factory=Counter)
    denied: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: _Verdict, count: int) -> None:
        if verdict.before is verdict.after:
            stays = self.allowed if verdict.after else self.denied
            stays[verdict.reason] += count
        elif verdict.after:
            self.gained += count
        else:
            self.lost += count


def measure_effects(
    reader: Reader, group: int | None, values: Values, now: datetime
) -> dict[str, FlagEffect]:
    """What setting these leaves would do, for a group's members or for every user where None.

    To be asked before anything is written. An expired member is none.
    """
    tallies = {key: _Tally() for key in values}
    user_count = 0
    for facts, count in _kinds(reader, group, values, now):
        user_count += count
        for key, verdict in _verdicts(facts, group, values, now):
            tallies[key].add(verdict, count)
    return {
        key: FlagEffect(
            user_count, one.gained, one.lost, _by_count(one.allowed), _by_count(one.denied)
        )
        for key, one in tallies.items()
    }


def _kinds(
    reader: Reader, group: int | None, values: Values, now: datetime
) -> list[tuple[PermissionFacts, int]]:
    """The facts of one user of each kind, and how many of the kind there are."""
    found: dict[object, PermissionFacts] = {}
    counts = Counter[object]()
    for facts in reader.facts_of_members(group, values):
        active = (one.group for one in facts.memberships if not one.is_expired(now))
        kind = (facts.user.role, frozenset(active))
        found.setdefault(kind, facts)
        counts[kind] += 1
    return [
        (facts, counts[kind])
        for kind, facts in found.items()
        if group is None or any(held.group.pk == group for held in held_groups(facts, now))
    ]


def _verdicts(
    facts: PermissionFacts, group: int | None, values: Values, now: datetime
) -> Iterator[tuple[str, _Verdict]]:
    by_role = role_verdict(facts.user.role, ignore_role=False)
    held = held_groups(facts, now)
    for key, value in values.items():
        if by_role is not None:
            what = "admins are allowed" if by_role else "pending users are denied"
            yield key, _Verdict(by_role, by_role, f"{what} everything")
            continue
        before = judge_leaf(facts, facts.catalogue[key], held)
        after = _judge_after(before, group, value)
        # What was allowed before is the reason why a gift changes nothing, and the reverse.
        yield key, _Verdict(before.allowed, after.allowed, _why(before if value else after))


def _judge_after(before: Leaf, group: int | None, value: bool | None) -> Leaf:
    """The leaf once the group's flag, or the default, has that value."""
    default = bool(value) if group is None else before.permission.default
    flags = tuple(
        replace(flag, value=value) if flag.held.group.pk == group else flag for flag in before.flags
    )
    allowed = default or any(flag.value for flag in flags)
    permission = replace(before.permission, default=default)
    return replace(before, permission=permission, flags=flags, allowed=allowed)


def _why(leaf: Leaf) -> str:
    """Why the user has, or has not, the permission now as before."""
    if leaf.granting:
        return f"group `{leaf.granting[0].group.name}` sets it true"
    return "the default is true" if leaf.permission.default else "it was denied before"


def _by_count(reasons: Counter[str]) -> dict[str, int]:
    return dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0])))
