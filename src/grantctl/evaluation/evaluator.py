"""has_permission: the rules, in order, and the decision that records them.

Owns the semantics (DESIGN, "What is true"; specification, "Permission System"). Leaves the facts to
whoever calls, and the time too.

INVARIANTS, held by property tests:
- a decision's verdict is the one that `has_permission` gives for the same facts;
- adding a true flag never turns an allow into a deny;
- the user's effective permissions say of each key what a decision about it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from grantctl.evaluation import advice
from grantctl.evaluation.decision import Decision, GroupFlag, HeldGroup, Leaf, Reason, Step
from grantctl.evaluation.facts import Group, Permission, PermissionFacts
from grantctl.model import Role, is_below


def held_groups(facts: PermissionFacts, now: datetime) -> tuple[HeldGroup, ...]:
    """Every group whose permissions the user holds, once, by the shortest path, sorted by name.

    A member of a child holds the parent's permissions too. Expired memberships count for nothing;
    a cycle ends where it meets itself.
    """
    held: dict[int, HeldGroup] = {}
    for membership in facts.memberships:
        if membership.is_expired(now):
            continue
        for path in _paths_upward(facts.groups, membership.group):
            group = path[-1]
            known = held.get(group.pk)
            if known is None or _path_rank(path) < _path_rank(known.path):
                held[group.pk] = HeldGroup(group, path, membership)
    return tuple(sorted(held.values(), key=lambda one: (one.group.name, one.group.id)))


def _path_rank(path: tuple[Group, ...]) -> tuple[int, tuple[str, ...]]:
    return len(path), tuple(group.name + group.id for group in path)


def _paths_upward(groups: Mapping[int, Group], start: int) -> list[tuple[Group, ...]]:
    """The path to each ancestor of a group, itself first."""
    paths: list[tuple[Group, ...]] = []
    path: tuple[Group, ...] = ()
    seen: set[int] = set()
    at: int | None = start
    while at is not None and at not in seen and at in groups:
        seen.add(at)
        path = (*path, groups[at])
        paths.append(path)
        at = groups[at].parent
    return paths


def leaves_of(catalogue: Mapping[str, Permission], key: str) -> tuple[Permission, ...]:
    """The leaf of that key, or every leaf under that category, sorted by key; none if unknown."""
    if key in catalogue:
        return (catalogue[key],)
    below = (permission for name, permission in catalogue.items() if is_below(name, key))
    return tuple(sorted(below, key=lambda permission: permission.key))


def has_permission(
    facts: PermissionFacts,
    key: str,
    *,
    now: datetime,
    ignore_role: bool = False,
    require_all: bool = False,
) -> bool:
    """Whether the user has the permission (DESIGN, "What is true", steps 1 to 5).

    A category is had if any leaf under it is, with `require_all` if every one is. Raises KeyError
    where the facts hold neither a leaf nor a category of that key.
    """
    leaves = leaves_of(facts.catalogue, key)
    if not leaves:
        raise KeyError(key)
    if not ignore_role:
        if facts.user.role is Role.PENDING:
            return False
        if facts.user.role is Role.ADMIN:
            return True
    groups = [one.group.pk for one in held_groups(facts, now)]
    verdicts = (
        leaf.default or any(facts.flags.get((group, leaf.key)) for group in groups)
        for leaf in leaves
    )
    return all(verdicts) if require_all else any(verdicts)


def judge_leaf(
    facts: PermissionFacts,
    permission: Permission,
    held: tuple[HeldGroup, ...],
    *,
    is_decided_by_role: bool = False,
) -> Leaf:
    """One permission by the tree alone: true in any held group, else the default.

    Where the role has decided already, nothing of it is marked as decisive.
    """
    is_asked = not is_decided_by_role
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


def effective_permissions(
    facts: PermissionFacts, *, now: datetime, ignore_role: bool = False
) -> dict[str, bool]:
    """Every key of the facts' catalogue with what the user has of it."""
    role = None if ignore_role else facts.user.role
    if role in (Role.PENDING, Role.ADMIN):
        return dict.fromkeys(sorted(facts.catalogue), role is Role.ADMIN)
    held = held_groups(facts, now)
    return {
        key: judge_leaf(facts, facts.catalogue[key], held).allowed
        for key in sorted(facts.catalogue)
    }


def decide(
    facts: PermissionFacts,
    key: str,
    *,
    now: datetime,
    ignore_role: bool = False,
    require_all: bool = False,
) -> Decision:
    """The whole decision about one user and one key, each step recorded.

    Raises KeyError where the facts hold neither a leaf nor a category of that key.
    """
    permissions = leaves_of(facts.catalogue, key)
    if not permissions:
        raise KeyError(key)
    is_category = permissions[0].key != key
    held = held_groups(facts, now)
    is_decided_by_role = not ignore_role and facts.user.role is not Role.USER
    leaves = tuple(
        judge_leaf(facts, permission, held, is_decided_by_role=is_decided_by_role)
        for permission in permissions
    )
    steps = _steps(
        facts,
        leaves,
        held,
        ignore_role=ignore_role,
        is_category=is_category,
        require_all=require_all,
    )
    deciding = next(step for step in steps if step.verdict is not None)
    allowed = bool(deciding.verdict)
    return Decision(
        user=facts.user,
        key=key,
        is_category=is_category,
        is_all_asked=require_all,
        is_role_ignored=ignore_role,
        decided_at=now,
        allowed=allowed,
        reason=Reason(deciding.rule),
        cause=deciding.detail,
        steps=steps,
        leaves=leaves,
        warnings=advice.warnings(facts, leaves, held, now),
        remedies=()
        if allowed
        else advice.remedies(
            facts,
            key,
            leaves,
            held,
            is_pending=deciding.rule == "pending",
            require_all=require_all,
        ),
    )


def _steps(
    facts: PermissionFacts,
    leaves: tuple[Leaf, ...],
    held: tuple[HeldGroup, ...],
    *,
    ignore_role: bool,
    is_category: bool,
    require_all: bool,
) -> tuple[Step, ...]:
    role_steps = _role_steps(facts, ignore_role)
    if is_category:
        return (*role_steps, _category_step(leaves, require_all))
    return (*role_steps, *_leaf_steps(leaves[0], held))


def _role_steps(facts: PermissionFacts, ignore_role: bool) -> tuple[Step, ...]:
    role = facts.user.role
    if ignore_role:
        return (
            Step("pending", None, f"role {role} not asked: the permission tree alone decides"),
            Step("admin", None, f"role {role} not asked: the permission tree alone decides"),
        )
    pending = role is Role.PENDING
    admin = role is Role.ADMIN
    return (
        Step(
            "pending",
            False if pending else None,
            "pending users are denied everything" if pending else f"role {role} is not pending",
        ),
        Step(
            "admin",
            True if admin else None,
            "admins are allowed everything" if admin else f"role {role} is not admin",
        ),
    )


def _leaf_steps(leaf: Leaf, held: tuple[HeldGroup, ...]) -> tuple[Step, ...]:
    granting = leaf.granting
    group = Step("group", True if granting else None, _groups_cause(leaf, held))
    default = Step(
        "default",
        True if leaf.permission.default else None,
        "the default is true" if leaf.permission.default else "the default is false",
    )
    end = Step(
        "not_granted",
        None if leaf.allowed else False,
        f"{_groups_cause(leaf, held)}, and the default is false"
        if not leaf.allowed
        else "not reached",
    )
    return group, default, end


def _groups_cause(leaf: Leaf, held: tuple[HeldGroup, ...]) -> str:
    granting = leaf.granting
    if len(granting) == 1:
        one = granting[0]
        through = f", held through `{one.path[0].name}`," if one.is_inherited else ""
        return f"group `{one.group.name}`{through} sets it true"
    if granting:
        names = ", ".join(f"`{one.group.name}`" for one in granting[:3])
        more = f" and {len(granting) - 3} more" if len(granting) > 3 else ""
        return f"groups {names}{more} set it true"
    if not held:
        return "the user is in no group"
    denials = sum(flag.value is False for flag in leaf.flags)
    which = "its one group does not set" if len(held) == 1 else f"none of {len(held)} groups sets"
    return f"{which} it true" + (f" ({denials} false, {len(held) - denials} absent)")


def _category_step(leaves: tuple[Leaf, ...], require_all: bool) -> Step:
    count = sum(leaf.allowed for leaf in leaves)
    allowed = count == len(leaves) if require_all else count > 0
    what = f"{count} of {len(leaves)} permissions under it are allowed"
    if require_all:
        what += ", every one is asked"
    return Step("leaves", allowed, what)
