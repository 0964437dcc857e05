"""False flags that change nothing, found for all groups at once.

A group's false has no effect where the permission's default is true; and where the group has
members, its own or those of groups below it, and each of them gets true from another group that
they hold. Members whose membership has expired, and admins, are none. Users enter as the
combinations of groups that they are in: of a million users there are few. Sets of permissions are
integers, a bit for each permission, so that the cost is one step for each membership of a
combination and each flag, never their product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Groups = Mapping[int, int | None]  # what lies above each
Bits = int

_NOBODY: Bits = -1  # all bits: what everybody of nobody has


@dataclass(frozen=True, slots=True)
class IdleFlags:
    """The groups, by pk, whose false has no effect, by the pk of the permission."""

    under_default: Mapping[int, tuple[int, ...]]
    shadowed: Mapping[int, tuple[int, ...]]


def find_idle_flags(
    flags: Iterable[tuple[int, int, bool]],
    above: Groups,
    combinations: Iterable[Sequence[int]],
    defaults: Mapping[int, bool],
) -> IdleFlags:
    """Every false without effect.

    `flags`: (group, permission, value); `combinations`: the groups that a user, no admin, is in
    directly now; `defaults` by permission.
    """
    bits = {permission: 1 << at for at, permission in enumerate(defaults)}
    true, false = dict.fromkeys(above, 0), dict.fromkeys(above, 0)
    for group, permission, value in flags:
        if group in above and permission in bits:
            (true if value else false)[group] |= bits[permission]
    shared = _shared_by_members(above, combinations, _held_by_members(above, true))
    is_open = sum(bits[permission] for permission, value in defaults.items() if value)
    under_default = {group: said & is_open for group, said in false.items()}
    shadowed = {
        group: said & ~is_open & shared[group]
        for group, said in false.items()
        if shared[group] != _NOBODY
    }
    return IdleFlags(_by_permission(under_default, bits), _by_permission(shadowed, bits))


def _held_by_members(above: Groups, true: Mapping[int, Bits]) -> dict[int, Bits]:
    """What each group gives: its own, and that of every group above it."""
    below: dict[int, list[int]] = {}
    for group, parent in above.items():
        if parent is not None:
            below.setdefault(parent, []).append(group)
    held = dict(true)
    waiting = list(above)
    while waiting:  # a group comes again only for bits that are new to it: cycles end, chains too
        group = waiting.pop()
        for child in below.get(group, ()):
            if held[group] & ~held[child]:
                held[child] |= held[group]
                waiting.append(child)
    return held


def _shared_by_members(
    above: Groups, combinations: Iterable[Sequence[int]], held: Mapping[int, Bits]
) -> dict[int, Bits]:
    """What every member of each group has, those of the groups below it included."""
    shared = dict.fromkeys(above, _NOBODY)
    for combination in combinations:
        has = 0
        for group in combination:
            has |= held.get(group, 0)
        for group in combination:
            if group in shared:
                shared[group] &= has
    waiting = list(above)
    while waiting:
        group = waiting.pop()
        parent = above[group]
        if parent is not None and parent in shared and shared[parent] & ~shared[group]:
            shared[parent] &= shared[group]
            waiting.append(parent)
    return shared


def _by_permission(
    idle: Mapping[int, Bits], bits: Mapping[int, Bits]
) -> dict[int, tuple[int, ...]]:
    found = {
        permission: tuple(group for group, mask in idle.items() if mask & bit)
        for permission, bit in bits.items()
    }
    return {permission: groups for permission, groups in found.items() if groups}
