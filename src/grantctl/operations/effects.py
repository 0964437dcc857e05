"""For whom a changed flag changes anything, and for whom not and why.

Owns the reasons. Counted from what the database says of roles and of the groups that set a flag
true; tests hold the counts against everybody's verdicts by the evaluator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from grantctl.evaluation.facts import Group
from grantctl.evaluation.impact_tree import GroupTree, grow
from grantctl.model import Role
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


def measure_effects(
    reader: Reader, group: int | None, values: Values, now: datetime
) -> dict[str, FlagEffect]:
    """What setting these leaves would do, for a group's members or for every user where None.

    To be asked before anything is written. An expired member is none.
    """
    impacts = reader.impacts
    with reader.at_one_moment():
        groups, catalogue = impacts.groups(), impacts.catalogue()
        tree = grow({pk: one.parent for pk, one in groups.items()})
        scope = None if group is None else tree.below([group])
        setting = {key: impacts.granting(key) for key in values}
        # Who has it anyway: by what gives it already, or by what is left where it is taken.
        left = {key: setting[key] - ({group} if not values[key] else set()) for key in values}
        first = {key: _first_granting(tree, groups, left[key]) for key in values}
        by_role = impacts.count_roles(scope, now=now)
        by_group = _count_by_group(reader, first, groups, scope, now)
    return {
        key: _effect(
            by_role,
            by_group[key],
            value=value,
            is_default=group is not None and catalogue[key].default,
            was_given=group in setting[key] if group is not None else catalogue[key].default,
        )
        for key, value in values.items()
    }


def _first_granting(
    tree: GroupTree, groups: Mapping[int, Group], setting: frozenset[int]
) -> dict[int, int]:
    """Of each group that gives it to its members, the first by name of those that set it true."""
    found: dict[int, int] = {}
    for pk in sorted(setting, key=lambda one: (groups[one].name, groups[one].id)):
        waiting = [pk]
        while waiting:
            at = waiting.pop()
            if at not in found:  # else what lies below it is found already
                found[at] = pk
                waiting += tree.children.get(at, ())
    return found


def _count_by_group(
    reader: Reader,
    first: Mapping[str, Mapping[int, int]],
    groups: Mapping[int, Group],
    scope: frozenset[int] | None,
    now: datetime,
) -> dict[str, Counter[str]]:
    """For each key, how many users hold it by a group, by the first group that gives it to them."""
    ordered = sorted(groups, key=lambda one: (groups[one].name, groups[one].id))
    rank = {pk: at for at, pk in enumerate(ordered)}
    ranks = {key: {pk: rank[by] for pk, by in of.items()} for key, of in first.items()}
    counts = {key: Counter[int]() for key in first}
    giving = {pk for of in first.values() for pk in of}
    for held in reader.impacts.held_of_users(giving, scope, now=now):
        for key, of in ranks.items():
            found = [of[pk] for pk in held if pk in of]
            if found:
                counts[key][min(found)] += 1
    named = {key: Counter[str]() for key in first}
    for key, of_key in counts.items():
        for at, count in of_key.items():
            named[key][f"group `{groups[ordered[at]].name}` sets it true"] += count
    return named


def _effect(
    by_role: Mapping[str, int],
    by_group: Counter[str],
    *,
    value: bool | None,
    is_default: bool,
    was_given: bool,
) -> FlagEffect:
    """One key: users who have it by no group are all alike.

    `is_default`: the default is true, and stays so; `was_given`: what is set anew was true.
    """
    others = by_role.get(Role.USER, 0) - by_group.total()
    allowed, denied = by_group.copy(), Counter[str]()
    gained = lost = 0
    if is_default or (was_given and value):
        allowed["the default is true"] += others
    elif value:
        gained = others
    elif was_given:
        lost = others
    else:
        denied["it was denied before"] += others
    allowed["admins are allowed everything"] += by_role.get(Role.ADMIN, 0)
    denied["pending users are denied everything"] += by_role.get(Role.PENDING, 0)
    return FlagEffect(sum(by_role.values()), gained, lost, _by_count(allowed), _by_count(denied))


def _by_count(reasons: Counter[str]) -> dict[str, int]:
    counted = [(reason, count) for reason, count in reasons.items() if count]
    return dict(sorted(counted, key=lambda one: (-one[1], one[0])))
