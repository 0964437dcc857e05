"""What deleting groups, or putting one elsewhere, would do to everybody who holds them.

Owns what hangs on groups: flags and grants of their own, and of the groups above, which members
hold through them. Leaves the counting to `impact_counts`.
"""

from __future__ import annotations

from grantctl.errors import GroupCycleError
from grantctl.evaluation.facts import Group, Permission
from grantctl.evaluation.impact import Audience, Shift
from grantctl.evaluation.impact_tree import GroupTree, audiences_of
from grantctl.lean import dataclass
from grantctl.model import Action, ResourceRef
from grantctl.operations.impact_counts import FIRST, Impact, measure, measure_all
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

    `member_count`: users who hold one of the groups now, of any role but pending; so many of them
    gain something, and lose something. `children`: the groups that come to the top level.
    """

    member_count: int
    gaining_count: int
    losing_count: int
    flags: tuple[FlagImpact, ...]
    accesses: tuple[AccessImpact, ...]
    children: tuple[Group, ...] = ()


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
    with reader.at_one_moment():
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

    Raises GroupCycleError where the parent is the group itself or lies below it, DatabaseError.
    """
    with reader.at_one_moment():
        tree = reader.impacts.tree()
        if parent is not None and group.pk in tree.above(parent.pk):
            where = "itself" if parent.pk == group.pk else f"`{parent.name}`, which lies below it"
            raise GroupCycleError(f"`{group.name}` cannot be below {where}")
        moved = tree.moved(group.pk, None if parent is None else parent.pk)
        touched = frozenset(tree.above(group.pk)) ^ frozenset(moved.above(group.pk))
        change = _Change(tree, moved, touched, now, first)
        return _impact_of(reader, change, [group.pk], [])


def _impact_of(
    reader: Reader, change: _Change, groups: Iterable[int], children: Sequence[int]
) -> GroupImpact:
    flags, accesses = [*_flags(reader, change)], [*_accesses(reader, change)]
    members = Audience(groups=change.before.below(groups))
    shifts = [shift for _, shift in flags] + [shift for _, _, shift in accesses]
    measured = measure_all(reader, shifts, members, now=change.now, first=change.first)
    impacts = measured.each
    every = reader.impacts.groups() if children else {}
    held = Shift((members,), (Audience(),), includes_admins=True)
    return GroupImpact(
        member_count=measure(reader, held, now=change.now, first=0).lost_count,
        gaining_count=measured.gaining_count,
        losing_count=measured.losing_count,
        flags=tuple(
            FlagImpact(permission, impact)
            for (permission, _), impact in zip(flags, impacts, strict=False)
            if not impact.is_none
        ),
        accesses=tuple(
            AccessImpact(ref, action, impact)
            for (ref, action, _), impact in zip(accesses, impacts[len(flags) :], strict=True)
            if not impact.is_none
        ),
        children=tuple(sorted((every[pk] for pk in children), key=lambda one: (one.name, one.id))),
    )


def _flags(reader: Reader, change: _Change) -> Iterator[tuple[Permission, Shift]]:
    """What the touched groups set true, for who has it not by default."""
    catalogue = reader.impacts.catalogue()
    set_here = reader.impacts.flags_of(change.touched)
    for key in sorted({key for (_, key), value in set_here.items() if value}):
        if not catalogue[key].default:
            setting = reader.impacts.granting(key)
            before, after = change.before.below(setting), change.after.below(setting)
            yield catalogue[key], Shift((Audience(groups=before),), (Audience(groups=after),))


def _accesses(reader: Reader, change: _Change) -> Iterator[tuple[ResourceRef, str, Shift]]:
    """What is granted to the touched groups, and reading what is made of what they may read."""
    granted = reader.impacts.granted_to(change.touched)
    read = {pk for pk, action in granted if action == Action.READ}
    made = {(pk, Action.READ.value) for one in read for pk in reader.impacts.made_of(one)}
    asked = granted | made
    chains = {pk: reader.resources.chain_from(pk) for pk in sorted({pk for pk, _ in asked})}
    includes_admins = not reader.resources.admin_bypass()
    for pk, action in sorted(asked, key=lambda one: (str(chains[one[0]][0].ref), one[1])):
        before = audiences_of(chains[pk], action, change.before)
        after = audiences_of(chains[pk], action, change.after)
        yield chains[pk][0].ref, action, Shift(before, after, includes_admins)
