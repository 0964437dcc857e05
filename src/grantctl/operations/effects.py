"""For whom a changed flag changes anything, and for whom not and why.

Owns the counting: every user in scope is decided before and after, by the evaluator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from grantctl.evaluation.evaluator import effective_permissions, held_groups, judge_leaf
from grantctl.evaluation.facts import PermissionFacts
from grantctl.model import Role
from grantctl.store.reader import Reader

Verdicts = Mapping[int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class FlagEffect:
    """How many users gain and lose a permission, of how many; `unaffected`: reason → users."""

    user_count: int
    gained: int
    lost: int
    unaffected: Mapping[str, int]

    @property
    def unaffected_count(self) -> int:
        return sum(self.unaffected.values())


def verdicts_of(
    reader: Reader, scope: int | None, keys: Collection[str], now: datetime
) -> Verdicts:
    """Which of the keys each member of the group has, or each user where scope is None."""
    return {
        facts.user.pk: _allowed_keys(facts, keys, now) for facts in reader.facts_of_members(scope)
    }


def measure_effects(
    reader: Reader, scope: int | None, keys: Collection[str], earlier: Verdicts, now: datetime
) -> dict[str, FlagEffect]:
    """What has changed since `earlier`, a key at a time."""
    gained, lost = Counter[str](), Counter[str]()
    unaffected: dict[str, Counter[str]] = {key: Counter() for key in keys}
    for facts in reader.facts_of_members(scope):
        before = earlier.get(facts.user.pk, frozenset())
        after = _allowed_keys(facts, keys, now)
        gained.update(after - before)
        lost.update(before - after)
        for key in keys:
            if (key in before) == (key in after):
                unaffected[key][_why(facts, key, now)] += 1
    return {
        key: FlagEffect(len(earlier), gained[key], lost[key], dict(unaffected[key].most_common()))
        for key in keys
    }


def _allowed_keys(facts: PermissionFacts, keys: Collection[str], now: datetime) -> frozenset[str]:
    allowed = effective_permissions(_narrowed(facts, keys), now=now)
    return frozenset(key for key, is_allowed in allowed.items() if is_allowed)


def _narrowed(facts: PermissionFacts, keys: Collection[str]) -> PermissionFacts:
    return PermissionFacts(
        user=facts.user,
        groups=facts.groups,
        memberships=facts.memberships,
        flags=facts.flags,
        catalogue={key: facts.catalogue[key] for key in keys},
    )


def _why(facts: PermissionFacts, key: str, now: datetime) -> str:
    """Why the user has, or has not, the permission now as before."""
    if facts.user.role is Role.ADMIN:
        return "admins are allowed everything"
    if facts.user.role is Role.PENDING:
        return "pending users are denied everything"
    leaf = judge_leaf(facts, facts.catalogue[key], held_groups(facts, now))
    if leaf.granting:
        return f"group `{leaf.granting[0].group.name}` sets it true"
    return "the default is true" if leaf.permission.default else "it is denied as before"
