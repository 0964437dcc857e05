"""The rules one by one: the role's, which groups count, what the tree says of a leaf.

Owns what each rule says alone (docs/semantics.md; specification, "Permission System"). Leaves
their order, and the decision that records them, to `evaluator`.
"""

from __future__ import annotations

from grantctl.evaluation.decision import GroupFlag, HeldGroup, Leaf
from grantctl.evaluation.facts import Group, Permission, PermissionFacts
from grantctl.model import Role, is_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from grantctl.evaluation.facts import MemberFacts

_BY_ROLE = {Role.PENDING: False, Role.ADMIN: True}


def role_verdict(role: Role, *, ignore_role: bool) -> bool | None:
    """What the role decides: pending nothing, admin everything; None where the tree decides."""
    return None if ignore_role else _BY_ROLE.get(role)


def held_groups(facts: MemberFacts, now: datetime) -> tuple[HeldGroup, ...]:
    """Every group whose permissions the user holds, once, by the shortest path, sorted by name.

    A member of a child holds the parent's permissions too. Expired memberships count for nothing;
    a cycle ends where it meets itself.
    """
    held: dict[int, HeldGroup] = {}
    level = {
        membership.group: HeldGroup(
            facts.groups[membership.group], (facts.groups[membership.group],), membership
        )
        for membership in facts.memberships
        if membership.group in facts.groups and not membership.is_expired(now)
    }
    while level:
        held |= level
        above: dict[int, HeldGroup] = {}
        below = [one for one in level.values() if one.group.parent is not None]
        for child in sorted(below, key=_path_names):
            parent = child.group.parent
            if parent is not None and parent in facts.groups and parent not in held:
                path = (*child.path, facts.groups[parent])
                above.setdefault(parent, HeldGroup(path[-1], path, child.membership))
        level = above
    return tuple(sorted(held.values(), key=lambda one: (one.group.name, one.group.id)))


def expired_groups(facts: MemberFacts, now: datetime) -> tuple[Group, ...]:
    """The groups that the user was in directly and whose membership has ended."""
    gone = (one.group for one in facts.memberships if one.is_expired(now))
    return tuple(facts.groups[pk] for pk in gone if pk in facts.groups)


def _path_names(held: HeldGroup) -> list[tuple[str, str]]:
    return [(group.name, group.id) for group in held.path]


def leaves_of(catalogue: Mapping[str, Permission], key: str) -> tuple[Permission, ...]:
    """The leaf of that key, or every leaf under that category, sorted by key; none if unknown."""
    if key in catalogue:
        return (catalogue[key],)
    below = (permission for name, permission in catalogue.items() if is_below(name, key))
    return tuple(sorted(below, key=lambda permission: permission.key))


def categories_of(keys: Iterable[str]) -> set[str]:
    """Every category that the keys lie under: `chat` of `chat.controls`."""
    return {key[:at] for key in keys for at, character in enumerate(key) if character == "."}


def judge_leaf(
    facts: PermissionFacts,
    permission: Permission,
    held: tuple[HeldGroup, ...],
    *,
    is_decided_before: bool = False,
) -> Leaf:
    """One permission by the tree alone: true in any held group, else the default.

    Where the role or a scope has decided already, nothing of it is marked as decisive.
    """
    is_asked = not is_decided_before
    values = [(one, facts.flags.get((one.group.pk, permission.key))) for one in held]
    in_group = any(value for _, value in values)
    return Leaf(
        permission=permission,
        allowed=in_group or permission.default,
        flags=tuple(
            GroupFlag(one, value, is_decisive=bool(value) and is_asked) for one, value in values
        ),
        is_default_decisive=permission.default and not in_group and is_asked,
    )


def tree_allows(
    facts: PermissionFacts,
    permissions: Iterable[Permission],
    held: tuple[HeldGroup, ...],
    *,
    require_all: bool = False,
) -> bool:
    """Whether the tree alone allows any of the permissions, or every one of them."""
    verdicts = (
        one.default or any(facts.flags.get((group.group.pk, one.key)) for group in held)
        for one in permissions
    )
    return is_met(verdicts, require_all=require_all)


def is_met(verdicts: Iterable[bool], *, require_all: bool) -> bool:
    """A category's verdict from those of its leaves: any, or all of them."""
    return all(verdicts) if require_all else any(verdicts)
