"""The sets of edits that really take a permission away, though true anywhere wins.

Owns what a way is, and which there are for permissions. Leaves resources to `access_revocation`.
INVARIANTS, held by property tests: after all edits of a way the user is denied, and after all but
any one of them still allowed.
"""

from __future__ import annotations

from grantctl.evaluation.edits import Leave, SetFlags, SetRole, edited, words_of
from grantctl.evaluation.evaluator import has_permission, held_groups, judge_leaf, leaves_of
from grantctl.evaluation.facts import Group, PermissionFacts
from grantctl.evaluation.group_ways import fewest, groups_above, own_groups
from grantctl.lean import StrEnum, dataclass
from grantctl.model import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from typing import TypeAlias

    from grantctl.evaluation.command_words import Command, TakenNames
    from grantctl.evaluation.edits import Edit
    from grantctl.evaluation.facts import AskedFacts, MemberFacts

    Edits: TypeAlias = "tuple[Edit, ...]"
    EditOf: TypeAlias = "Callable[[Group], Edit]"


class WayKind(StrEnum):
    """What a way changes in the main; in the order in which equals are named."""

    LEAVE_GROUPS = "leave_groups"
    CHANGE_GROUPS = "change_groups"
    MIXED = "mixed"
    CHANGE_ALL = "change_all"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Way:
    """Edits that take away what is allowed, and their commands, to be run one after the other."""

    kind: WayKind
    description: str
    edits: Edits
    commands: tuple[Command, ...]

    @property
    def is_demotion(self) -> bool:
        """Whether an admin becomes a user, which the last one cannot."""
        return any(isinstance(edit, SetRole) for edit in self.edits)


def find_ways(facts: PermissionFacts, key: str, *, now: datetime) -> tuple[Way, ...]:
    """Every way that a proof by the evaluator leaves; none where the user has not got it.

    Of a category, everything under it is taken away. Raises KeyError where the facts hold neither a
    leaf nor a category of that key.
    """
    if not has_permission(facts, key, now=now):
        return ()
    first = demotion_of(facts)
    as_user = edited(facts, first)
    tried = [(WayKind.ROLE, first)]
    if has_permission(as_user, key, now=now):
        tried = [(kind, (*first, *edits)) for kind, edits in _of_tree(as_user, key, now)]
    return tuple(
        way_of(kind, edits, facts.taken_names)
        for kind, edits in tried
        if not has_permission(edited(facts, edits), key, now=now)
    )


def demotion_of(facts: AskedFacts) -> Edits:
    """What an admin loses first; nothing for others."""
    return (SetRole(facts.user, Role.USER),) if facts.user.role is Role.ADMIN else ()


def way_of(kind: WayKind, edits: Edits, taken: TakenNames) -> Way:
    """The way of edits that are proven."""
    return Way(kind, words_of(edits), edits, tuple(edit.command(taken) for edit in edits))


def ways_to_part(
    facts: MemberFacts,
    changed: Mapping[int, Edit],
    leaving: EditOf,
    *,
    now: datetime,
) -> Iterator[tuple[WayKind, Edits]]:
    """How to part a user from the groups that give it something.

    `changed`: by the pk of each such group, the edit by which it gives it no more; `leaving`: the
    edit by which the user leaves a group of its own. Leave every group that leads to one of these,
    or change every one, or fewest of both, where that is fewer.
    """
    ties = [
        (own, pk)
        for own in own_groups(facts, now)
        for pk in sorted(groups_above(facts.groups, own.pk))
        if pk in changed
    ]
    if not ties:
        return
    left = {own.pk: leaving(own) for own, _ in ties}
    met = {pk: changed[pk] for _, pk in ties}
    yield WayKind.LEAVE_GROUPS, tuple(left.values())
    yield WayKind.CHANGE_GROUPS, tuple(met.values())
    to_leave, to_change = fewest([(own.pk, pk) for own, pk in ties])
    if len(to_leave) + len(to_change) < min(len(left), len(met)):
        mixed = (*(left[pk] for pk in to_leave), *(met[pk] for pk in to_change))
        yield WayKind.MIXED, mixed


def _of_tree(facts: PermissionFacts, key: str, now: datetime) -> Iterator[tuple[WayKind, Edits]]:
    held = held_groups(facts, now)
    leaves = [judge_leaf(facts, one, held) for one in leaves_of(facts.catalogue, key)]
    opened = tuple(leaf.permission.key for leaf in leaves if leaf.permission.default)
    closing: Edits = (SetFlags(None, opened, False),) if opened else ()
    keys: dict[int, tuple[str, ...]] = {}
    for leaf in leaves:
        for one in leaf.granting:
            keys[one.group.pk] = (*keys.get(one.group.pk, ()), leaf.permission.key)
    changed = {pk: SetFlags(facts.groups[pk], names, False) for pk, names in keys.items()}
    ways = [*ways_to_part(facts, changed, lambda one: Leave(facts.user, one), now=now)]
    for kind, edits in ways or [(WayKind.CHANGE_ALL, ())]:
        yield kind, (*edits, *closing)
