"""The steps of a decision, in words.

Owns the order of the rules and the wording of what each found. What a rule says, `rules` found out.
"""

from __future__ import annotations

from grantctl.evaluation.decision import HeldGroup, Leaf, Step
from grantctl.evaluation.scopes import Scope
from grantctl.lean import replace
from grantctl.model import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_NAMES = 3


def record_steps(
    role: Role,
    leaves: tuple[Leaf, ...],
    held: tuple[HeldGroup, ...],
    *,
    ignore_role: bool,
    is_category: bool,
    require_all: bool,
    scope: Step | None = None,
) -> tuple[Step, ...]:
    """Every rule in the order of asking; exactly one has a verdict: the first that decides.

    `scope`: what a token's scope said, where there is one.
    """
    steps = [] if scope is None else [scope]
    steps += role_steps(role, ignore_role)
    steps += [_category_step(leaves, require_all)] if is_category else _leaf_steps(leaves[0], held)
    return tuple(_until_decided(steps))


def scope_step(scope: Scope, asked: str, *, is_covered: bool) -> Step:
    """What the token's scope says of what is asked: it denies, or decides nothing."""
    covers = "covers" if is_covered else "does not cover"
    words = f"the token's scope `{scope}` {covers} `{asked}`"
    return Step("scope", None if is_covered else False, words)


def named(names: Iterable[str]) -> str:
    """Names in backticks: `` `a`, `b`, `c` and 4 more ``."""
    listed = list(names)
    more = f" and {len(listed) - _MAX_NAMES} more" if len(listed) > _MAX_NAMES else ""
    return ", ".join(f"`{name}`" for name in listed[:_MAX_NAMES]) + more


def _until_decided(steps: list[Step]) -> Iterator[Step]:
    is_decided = False
    for step in steps:
        is_late = is_decided and step.verdict is not None
        yield replace(step, verdict=None) if is_late else step
        is_decided = is_decided or step.verdict is not None


def role_steps(role: Role, ignore_role: bool) -> Iterator[Step]:
    """The two steps about the role: pending, admin."""
    if ignore_role:
        words = f"role {role} is not asked"
        yield Step("pending", None, words)
        yield Step("admin", None, words)
        return
    is_pending, is_admin = role is Role.PENDING, role is Role.ADMIN
    yield Step(
        "pending",
        False if is_pending else None,
        "pending users are denied everything" if is_pending else f"role {role} is not pending",
    )
    yield Step(
        "admin",
        True if is_admin else None,
        "admins are allowed everything" if is_admin else f"role {role} is not admin",
    )


def _leaf_steps(leaf: Leaf, held: tuple[HeldGroup, ...]) -> Iterator[Step]:
    default = leaf.permission.default
    groups = _groups_cause(leaf, held)
    yield Step("group", True if leaf.granting else None, groups)
    yield Step("default", default or None, f"the default is {'true' if default else 'false'}")
    end = "not reached" if leaf.allowed else f"{groups}, and the default is false"
    yield Step("not_granted", None if leaf.allowed else False, end)


def _groups_cause(leaf: Leaf, held: tuple[HeldGroup, ...]) -> str:
    granting = leaf.granting
    if len(granting) == 1:
        one = granting[0]
        through = f", held through `{one.path[0].name}`," if one.is_inherited else ""
        return f"group `{one.group.name}`{through} sets it true"
    if granting:
        return f"groups {named(one.group.name for one in granting)} set it true"
    if not held:
        return "the user is in no group"
    false_count = sum(flag.value is False for flag in leaf.flags)
    if len(held) == 1:
        sets = "sets it false" if false_count else "does not set it"
        return f"the user's one group, `{held[0].group.name}`, {sets}"
    counts = f"{false_count} false, {len(held) - false_count} absent"
    return f"none of {len(held)} groups sets it true ({counts})"


def _category_step(leaves: tuple[Leaf, ...], require_all: bool) -> Step:
    count, total = sum(leaf.allowed for leaf in leaves), len(leaves)
    what = f"{count} of {total} permissions under it {'is' if count == 1 else 'are'} allowed"
    if require_all:
        return Step("leaves", count == total, f"{what}, and every one is asked for")
    return Step("leaves", count > 0, f"{what}, and one is enough" if count else what)
