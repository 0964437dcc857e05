"""What lies around a group, a permission or a resource: the facts of which a graph is drawn.

Owns their shapes, and the walks up and down the tree of groups. Leaves what is shown to
`graph_of_directory`.
"""

from __future__ import annotations

from grantctl.lean import dataclass, field
from grantctl.model import ResourceRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grantctl.evaluation.facts import Group, Membership, Permission, Resource, User


@dataclass(frozen=True, slots=True)
class GroupSurroundings:
    """What the store knows around one group.

    `groups`: every group by its pk. `counts`: how many are in a group directly, by its pk; of the
    groups that may be shown. `members`: some of the direct ones, whose membership has not ended.
    `flags`: what the group and those above it set: (group pk, key) → value. `grants`: some of what
    is granted to these: (group pk, resource, its name, action); `grant_count` is of all.
    """

    group: Group
    groups: Mapping[int, Group]
    catalogue: Mapping[str, Permission]
    counts: Mapping[int, int] = field(default_factory=dict)
    members: tuple[tuple[User, Membership], ...] = ()
    flags: Mapping[tuple[int, str], bool] = field(default_factory=dict)
    grants: tuple[tuple[int, ResourceRef, str, str], ...] = ()
    grant_count: int = 0


@dataclass(frozen=True, slots=True)
class KeySurroundings:
    """What the store knows around a permission, or around the leaves of a category.

    `leaves`: those asked about. `groups` and `counts`: as in `GroupSurroundings`. `flags`: every
    flag of these leaves. `catalogue`: the leaves and what gates them.
    """

    key: str
    leaves: tuple[Permission, ...]
    catalogue: Mapping[str, Permission]
    groups: Mapping[int, Group]
    counts: Mapping[int, int] = field(default_factory=dict)
    flags: Mapping[tuple[int, str], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceSurroundings:
    """What the store knows around a resource: its chain of bases, and the groups with counts."""

    chain: tuple[Resource, ...]
    groups: Mapping[int, Group]
    counts: Mapping[int, int] = field(default_factory=dict)


def lineage(group: Group, groups: Mapping[int, Group]) -> tuple[Group, ...]:
    """The group and those above it, each once, even where they lie in a circle."""
    found: dict[int, Group] = {}
    at: Group | None = group
    while at is not None and at.pk not in found:
        found[at.pk] = at
        at = None if at.parent is None else groups.get(at.parent)
    return tuple(found.values())


def below(
    tops: Iterable[int], groups: Mapping[int, Group], *, without: Iterable[Group] = ()
) -> tuple[Group, ...]:
    """The groups below these, whose members hold them too: nearest first, then by name.

    `without`: those that are shown, or counted, for another reason.
    """
    children: dict[int, list[Group]] = {}
    for group in groups.values():
        if group.parent is not None:
            children.setdefault(group.parent, []).append(group)
    seen = set(tops)
    level = sorted(seen)
    found: list[Group] = []
    while level:
        fresh = {one.pk: one for pk in level for one in children.get(pk, ()) if one.pk not in seen}
        found += sorted(fresh.values(), key=_by_name)
        seen |= fresh.keys()
        level = sorted(fresh)
    known = {one.pk for one in without}
    return tuple(one for one in found if one.pk not in known)


def shown_leaves(facts: KeySurroundings, limit: int) -> tuple[Permission, ...]:
    """The first so many of the leaves, and those of the others that gate one of them."""
    listed = facts.leaves[:limit]
    gates = {leaf.gated_by for leaf in listed}
    return (*listed, *(leaf for leaf in facts.leaves[limit:] if leaf.key in gates))


def groups_of_leaves(facts: KeySurroundings, leaves: Iterable[Permission]) -> tuple[Group, ...]:
    """The groups that set one of these leaves, those that set one true first, then by name."""
    keys = {leaf.key for leaf in leaves}
    setting: dict[int, bool] = {}
    for (pk, key), value in facts.flags.items():
        if key in keys:
            setting[pk] = setting.get(pk, False) or value
    known = [facts.groups[pk] for pk in setting if pk in facts.groups]
    return tuple(sorted(known, key=lambda one: (not setting[one.pk], *_by_name(one))))


def _by_name(group: Group) -> tuple[str, str]:
    return group.name, group.id
