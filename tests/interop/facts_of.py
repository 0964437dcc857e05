"""A foreign directory as the facts that the pure evaluator is fed with."""

from __future__ import annotations

from collections import defaultdict

from grantctl.evaluation.facts import Group, Membership, Permission, PermissionFacts, User
from grantctl.interop.directory import ForeignDirectory
from grantctl.model import Source


def facts_of(directory: ForeignDirectory) -> dict[str, PermissionFacts]:
    """What the evaluator needs about each user, by the user's id."""
    pks = {group.id: pk for pk, group in enumerate(directory.groups, 1)}
    groups = {
        pks[one.id]: Group(
            pks[one.id], one.id, one.name, None if one.parent_id is None else pks[one.parent_id]
        )
        for one in directory.groups
    }
    catalogue = {key: Permission(key, default) for key, default in directory.defaults.items()}
    flags = {(pks[group], key): value for (group, key), value in directory.flags.items()}
    direct: dict[str, list[int]] = defaultdict(list)
    for membership in directory.memberships:
        direct[membership.user_id].append(pks[membership.group_id])
    facts = {}
    for pk, user in enumerate(directory.users, 1):
        held = with_ancestors(direct[user.id], groups)
        facts[user.id] = PermissionFacts(
            user=User(pk, user.id, user.email, user.name, user.role),
            groups={one: groups[one] for one in held},
            memberships=tuple(Membership(one, Source.IMPORT) for one in direct[user.id]),
            flags={pair: value for pair, value in flags.items() if pair[0] in held},
            catalogue=catalogue,
        )
    return facts


def with_ancestors(start: list[int], groups: dict[int, Group]) -> set[int]:
    """These groups and all above them."""
    found: set[int] = set()
    waiting = list(start)
    while waiting:
        at = waiting.pop()
        parent = groups[at].parent
        if at not in found and parent is not None:
            waiting.append(parent)
        found.add(at)
    return found
