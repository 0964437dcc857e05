"""What deleting groups, or putting one elsewhere, would do to everybody who holds them.

Owns what hangs on groups: flags and grants of their own, and of the groups above, which members
hold through them. Leaves the counting to `impact_counts`.
"""

from __future__ import annotations

from grantctl.evaluation.facts import Group, Permission, Resource
from grantctl.evaluation.impact import Audience, Shift
from grantctl.evaluation.impact_tree import GroupTree, audiences_of
from grantctl.lean import dataclass
from grantctl.model import Action, ResourceRef
from grantctl.operations.impact_counts import FIRST, Impact, measure
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class FlagImpact:
    """Who gains or loses one permission."""

    permission: Permission
    impact: Impact


@dataclass(frozen=True, slots=True)
class AccessImpact:
    """Who gains or loses one action on one resource."""

    ref: ResourceRef
    action: str
    impact: Impact


@dataclass(frozen=True, slots=True)
class GroupImpact:
    """What a change of groups does: only permissions and actions that somebody gains or loses.

    `member_count`: users who hold one of the groups now, of any role but pending. `children`: the
    groups that come to the top level.
    """

    member_count: int
    flags: tuple[FlagImpact, ...]
    accesses: tuple[AccessImpact, ...]
    children: tuple[Group, ...] = ()

    @property
    def gained_flags(self) -> int:
        """How many permissions are gained, each counted once for each user."""
        return sum(one.impact.gained_count for one in self.flags)

    @property
    def lost_flags(self) -> int:
        return sum(one.impact.lost_count for one in self.flags)

    @property
    def gained_accesses(self) -> int:
        """How many actions on resources are gained, each counted once for each user."""
        return sum(one.impact.gained_count for one in self.accesses)

    @property
    def lost_accesses(self) -> int:
        return sum(one.impact.lost_count for one in self.accesses)


@dataclass(frozen=True, slots=True)
class _Change:
    """The tree before and after the change; `touched`: the groups whose holders may change."""

    before: GroupTree
    after: GroupTree
    touched: frozenset[int]
    now: datetime
    first: int | None


def group_deletion_impact(
    reader: Reader, groups: Group | Sequence[Group], *, now: datetime, first: int | None = FIRST
) -> GroupImpact:
    """What deleting these groups does: their flags and grants go, and those right below them come
    to the top level, so that their members lose what they held from above.

    Raises DatabaseError.
    """
    doomed = (groups,) if isinstance(groups, Group) else tuple(groups)
    with reader.impacts.at_one_moment():
        tree, gone = reader.impacts.tree(), frozenset(one.pk for one in doomed)
        touched = frozenset(pk for one in gone for pk in tree.above(one))
        children = [pk for one in gone for pk in tree.children.get(one, ()) if pk not in gone]
        change = _Change(tree, tree.without(gone), touched, now, first)
        return _impact_of(reader, change, gone, children)


def group_move_impact(
    reader: Reader,
    group: Group,
    parent: Group | None,
    *,
    now: datetime,
    first: int | None = FIRST,
) -> GroupImpact:
    """What putting a group below another one does, or at the top level for None.

    Raises DatabaseError.
    """
    with reader.impacts.at_one_moment():
        tree = reader.impacts.tree()
        moved = tree.moved(group.pk, None if parent is None else parent.pk)
        touched = frozenset(tree.above(group.pk)) ^ frozenset(moved.above(group.pk))
        change = _Change(tree, moved, touched, now, first)
        return _impact_of(reader, change, [group.pk], [])


def _impact_of(
    reader: Reader, change: _Change, groups: Iterable[int], children: Sequence[int]
) -> GroupImpact:
    members = Shift((Audience(groups=change.before.below(groups)),), (Audience(),), True)
    every = reader.impacts.groups() if children else {}
    return GroupImpact(
        member_count=measure(reader, members, now=change.now, first=0).lost_count,
        flags=tuple(_flags(reader, change)),
        accesses=tuple(_accesses(reader, change)),
        children=tuple(sorted((every[pk] for pk in children), key=lambda one: (one.name, one.id))),
    )


def _flags(reader: Reader, change: _Change) -> Iterator[FlagImpact]:
    catalogue = reader.impacts.catalogue()
    set_here = reader.impacts.flags_of(change.touched)
    for key in sorted({key for (_, key), value in set_here.items() if value}):
        if catalogue[key].default:
            continue
        setting = reader.impacts.granting(key)
        shift = Shift(
            (Audience(groups=change.before.below(setting)),),
            (Audience(groups=change.after.below(setting)),),
        )
        impact = measure(reader, shift, now=change.now, first=change.first)
        if not impact.is_none:
            yield FlagImpact(catalogue[key], impact)


def _accesses(reader: Reader, change: _Change) -> Iterator[AccessImpact]:
    granted = reader.impacts.granted_to(change.touched)
    asked = set(granted)
    for pk, action in granted:
        if action == Action.READ:
            asked.update((made, action) for made in reader.impacts.made_of(pk))
    includes_admins = not reader.resources.admin_bypass()
    chains: dict[int, tuple[Resource, ...]] = {
        pk: reader.resources.chain_from(pk) for pk in sorted({pk for pk, _ in asked})
    }
    by_name = sorted(asked, key=lambda one: (str(chains[one[0]][0].ref), one[1]))
    for pk, action in by_name:
        shift = Shift(
            audiences_of(chains[pk], action, change.before),
            audiences_of(chains[pk], action, change.after),
            includes_admins,
        )
        impact = measure(reader, shift, now=change.now, first=change.first)
        if not impact.is_none:
            yield AccessImpact(chains[pk][0].ref, action, impact)
