"""What a verdict should not be read without: gates, restricting flags, memberships that end.

Owns the wording. Leaves to `evaluator` the verdict, which nothing here changes.
"""

from __future__ import annotations

from grantctl.evaluation.decision import Decision, Warning, WarningCode
from grantctl.evaluation.facts import Group, PermissionFacts
from grantctl.evaluation.rules import held_groups, tree_allows
from grantctl.evaluation.steps import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from grantctl.evaluation.facts import MemberFacts


def find_warnings(facts: PermissionFacts, decision: Decision) -> tuple[Warning, ...]:
    """Restricting flags, gates that are off, falses without effect, memberships that end."""
    found = [*_restricting(decision)]
    if decision.is_tree_asked:
        found += _gates_off(facts, decision)
        found += _shadowed_falses(decision)
        found += _ending(facts, decision) if decision.allowed else ended(facts, decision.expired)
    return tuple(found)


def _restricting(decision: Decision) -> Iterator[Warning]:
    """Of a category, where the tree gives it; an admin is told of the very key that was asked."""
    is_told = not decision.is_category or not decision.is_decided_by_role
    keys = [
        leaf.permission.key
        for leaf in decision.leaves
        if leaf.permission.restricts and (leaf.allowed or decision.is_decided_by_role)
    ]
    if keys and is_told and decision.allowed:
        restrict, it = ("restricts", "it is") if len(keys) == 1 else ("restrict", "they are")
        yield Warning(
            WarningCode.RESTRICTING_FLAG,
            f"{named(keys)} {restrict}: where {it} true, the user may do less",
        )


def _gates_off(facts: PermissionFacts, decision: Decision) -> Iterator[Warning]:
    keys_by_gate: dict[str, list[str]] = {}
    for leaf in decision.leaves:
        gate = facts.catalogue.get(leaf.permission.gated_by or "")
        if gate is None or (decision.is_category and not leaf.allowed):
            continue
        if not tree_allows(facts, (gate,), decision.held):
            keys_by_gate.setdefault(gate.key, []).append(leaf.permission.key)
    for gate_key, keys in sorted(keys_by_gate.items()):
        are = "is" if len(keys) == 1 else "are"
        yield Warning(
            WarningCode.GATE_OFF,
            f"{named(keys)} {are} gated by `{gate_key}`, which the user is denied",
        )


def _shadowed_falses(decision: Decision) -> Iterator[Warning]:
    allowed = [leaf for leaf in decision.leaves if leaf.allowed]
    falses = {
        leaf.permission.key: [flag.held.group.name for flag in leaf.flags if flag.value is False]
        for leaf in allowed
    }
    keys = [key for key, names in falses.items() if names]
    if not keys:
        return
    names = sorted({name for key in keys for name in falses[key]})
    what = f"`{keys[0]}`" if len(keys) == 1 else f"{len(keys)} of these permissions"
    yield Warning(
        WarningCode.SHADOWED_FALSE,
        f"{named(names)} {'says' if len(names) == 1 else 'say'} false for {what} without effect: "
        "true anywhere wins",
    )


def _ending(facts: PermissionFacts, decision: Decision) -> Iterator[Warning]:
    permissions = [leaf.permission for leaf in decision.leaves]

    def is_allowed(moment: datetime) -> bool:
        held = held_groups(facts, moment)
        return tree_allows(facts, permissions, held, require_all=decision.is_all_asked)

    yield from ending(facts, decision.decided_at, is_allowed)


def ending(
    facts: MemberFacts, now: datetime, is_allowed: Callable[[datetime], bool]
) -> Iterator[Warning]:
    """The moment from which the same question would be denied, if memberships alone bring it."""
    ends = {one.expires_at for one in facts.memberships if not one.is_expired(now)}
    for end in sorted(end for end in ends if end is not None):
        if not is_allowed(end):
            pks = [one.group for one in facts.memberships if one.expires_at == end]
            names = [facts.groups[pk].name for pk in pks if pk in facts.groups]
            yield Warning(
                WarningCode.MEMBERSHIP_EXPIRES,
                f"allowed until {_time(end)}, when {_memberships(names, 'expires', 'expire')}",
            )
            return


def ended(facts: MemberFacts, expired: tuple[Group, ...]) -> Iterator[Warning]:
    """The memberships that have ended, of which one may have brought it."""
    if not expired:
        return
    pks = {group.pk for group in expired}
    ends = [one.expires_at for one in facts.memberships if one.group in pks]
    last = _time(max(end for end in ends if end is not None))
    names = [group.name for group in expired]
    what = _memberships(names, "expired", "expired")
    message = (
        f"{what} on {last} and counts no more"
        if len(names) == 1
        else f"{what}, the last on {last}, and count no more"
    )
    yield Warning(WarningCode.MEMBERSHIP_EXPIRED, message)


def _memberships(names: list[str], one: str, several: str) -> str:
    if len(names) == 1:
        return f"the membership in {named(names)} {one}"
    return f"the memberships in {named(sorted(names))} {several}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
