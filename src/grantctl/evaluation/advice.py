"""What a decision's reader should know besides: warnings, and on a denial what would grant it.

Owns the wording of both. Leaves to `evaluator` the verdict, which nothing here changes.
"""

from __future__ import annotations

from datetime import datetime

from grantctl.evaluation.decision import HeldGroup, Leaf, Remedy, Warning, WarningCode
from grantctl.evaluation.facts import Group, PermissionFacts

MAX_SUGGESTED_GROUPS = 3


def warnings(
    facts: PermissionFacts, leaves: tuple[Leaf, ...], held: tuple[HeldGroup, ...], now: datetime
) -> tuple[Warning, ...]:
    """Gates that are off, restricting flags, memberships that end, falses without effect."""
    found: list[Warning] = []
    for leaf in leaves:
        found += _of_leaf(facts, leaf, held)
    found += _of_memberships(facts, leaves, now)
    return tuple(found)


def _of_leaf(facts: PermissionFacts, leaf: Leaf, held: tuple[HeldGroup, ...]) -> list[Warning]:
    key, found = leaf.permission.key, []
    gate = facts.catalogue.get(leaf.permission.gated_by or "")
    if leaf.allowed and gate is not None:
        opened = gate.default or any(facts.flags.get((one.group.pk, gate.key)) for one in held)
        if not opened:
            found.append(
                Warning(
                    WarningCode.GATE_OFF,
                    f"`{key}` is gated by `{gate.key}`, which the tree denies this user",
                )
            )
    if leaf.allowed and leaf.permission.restricts:
        found.append(
            Warning(
                WarningCode.RESTRICTING_FLAG,
                f"`{key}` restricts: where it is true, the user may do less",
            )
        )
    if leaf.allowed:
        falses = [flag.held.group.name for flag in leaf.flags if flag.value is False]
        if falses:
            names = ", ".join(f"`{name}`" for name in falses[:3]) + (
                ", …" if len(falses) > 3 else ""
            )
            verb = "says" if len(falses) == 1 else "say"
            found.append(
                Warning(
                    WarningCode.SHADOWED_FALSE,
                    f"{names} {verb} false for `{key}` without effect: true anywhere wins",
                )
            )
    return found


def _of_memberships(
    facts: PermissionFacts, leaves: tuple[Leaf, ...], now: datetime
) -> list[Warning]:
    found = []
    granting = {one.path[0].pk for leaf in leaves for one in leaf.granting}
    for membership in sorted(facts.memberships, key=lambda one: one.group):
        if membership.expires_at is None or membership.group not in facts.groups:
            continue
        group, when = facts.groups[membership.group], f"{membership.expires_at:%Y-%m-%d %H:%M} UTC"
        if membership.is_expired(now):
            found.append(
                Warning(
                    WarningCode.MEMBERSHIP_EXPIRED,
                    f"the membership in `{group.name}` expired at {when} and counts no more",
                )
            )
        elif membership.group in granting:
            found.append(
                Warning(
                    WarningCode.MEMBERSHIP_EXPIRES,
                    f"the membership in `{group.name}` expires at {when}",
                )
            )
    return found


def remedies(
    facts: PermissionFacts,
    key: str,
    leaves: tuple[Leaf, ...],
    held: tuple[HeldGroup, ...],
    *,
    is_pending: bool,
    require_all: bool,
) -> tuple[Remedy, ...]:
    """What would turn the denial into an allow, the narrowest first. Never empty."""
    denied = [leaf for leaf in leaves if not leaf.allowed]
    is_granted_by_tree = not denied if require_all else len(denied) < len(leaves)
    first: tuple[tuple[str, ...], ...] = ()
    if is_pending:
        first = (_command("users", "approve", facts.user.label),)
        if is_granted_by_tree:
            return (Remedy("approve the user", first),)
    keys = [leaf.permission.key for leaf in denied] if require_all else [key]
    settings = tuple(f"{one}=true" for one in keys)
    prefix = "approve the user and " if first else ""
    found = [
        Remedy(
            f"{prefix}add the user to `{group.name}`, which has it",
            (*first, _command("groups", "add", group_reference(facts, group), facts.user.label)),
        )
        for group in _groups_that_would_do(facts, denied, require_all)[:MAX_SUGGESTED_GROUPS]
    ]
    direct = [one.group for one in held if not one.is_inherited][:1]
    for group in direct:
        name = group_reference(facts, group)
        found.append(
            Remedy(
                f"{prefix}set it for every member of `{group.name}`",
                (*first, ("grantctl", "permissions", "set", f"--group={name}", *settings)),
            )
        )
    found.append(
        Remedy(
            f"{prefix}set it for every user",
            (*first, ("grantctl", "permissions", "set", "--default", *settings)),
        )
    )
    return tuple(found)


def _groups_that_would_do(
    facts: PermissionFacts, denied: list[Leaf], require_all: bool
) -> list[Group]:
    """Groups outside of the user's that set true what is missing, all of it if all is asked."""
    per_leaf = [facts.granting.get(leaf.permission.key, ()) for leaf in denied]
    groups = {group.pk: group for groups in per_leaf for group in groups}
    if require_all:
        everywhere = [{group.pk for group in groups} for groups in per_leaf]
        groups = {pk: group for pk, group in groups.items() if all(pk in pks for pks in everywhere)}
    return sorted(groups.values(), key=lambda group: (group.name, group.id))


def group_reference(facts: PermissionFacts, group: Group) -> str:
    """What names the group on a command line and no other one: its name, else its id."""
    return group.id if group.name in facts.shared_names or not group.name.strip() else group.name


def _command(noun: str, verb: str, *arguments: str) -> tuple[str, ...]:
    """A command's words; arguments that look like options come behind `--`."""
    guard = ("--",) if any(argument.startswith("-") for argument in arguments) else ()
    return ("grantctl", noun, verb, *guard, *arguments)
