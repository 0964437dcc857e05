"""has_permission: the rules in their order, and the decision that records them.

Owns the semantics (docs/semantics.md; specification, "Permission System"). Leaves the facts to
whoever calls, and the time too; each rule alone to `rules`, the words to `steps`, `warnings` and
`remedies`.

INVARIANTS, held by property tests:
- a decision's verdict is the one that `has_permission` gives for the same facts;
- adding a true flag never turns an allow into a deny;
- the user's effective permissions say of each key what a decision about it says;
- on a denial, running any remedy's commands turns it into an allow.
"""

from __future__ import annotations

from datetime import datetime

from grantctl.evaluation.decision import Decision, Reason
from grantctl.evaluation.facts import Permission, PermissionFacts
from grantctl.evaluation.remedies import find_remedies
from grantctl.evaluation.rules import (
    expired_groups,
    held_groups,
    judge_leaf,
    leaves_of,
    role_verdict,
    tree_allows,
)
from grantctl.evaluation.steps import record_steps
from grantctl.evaluation.warnings import find_warnings

__all__ = [
    "decide",
    "effective_permissions",
    "has_permission",
    "held_groups",
    "judge_leaf",
    "leaves_of",
]


def has_permission(
    facts: PermissionFacts,
    key: str,
    *,
    now: datetime,
    ignore_role: bool = False,
    require_all: bool = False,
) -> bool:
    """Whether the user has the permission (docs/semantics.md, rules 1 to 5).

    A category is had if any leaf under it is, with `require_all` if every one is. Raises KeyError
    where the facts hold neither a leaf nor a category of that key.
    """
    permissions = _asked(facts, key)
    by_role = role_verdict(facts.user.role, ignore_role=ignore_role)
    if by_role is not None:
        return by_role
    return tree_allows(facts, permissions, held_groups(facts, now), require_all=require_all)


def effective_permissions(
    facts: PermissionFacts, *, now: datetime, ignore_role: bool = False
) -> dict[str, bool]:
    """Every key of the facts' catalogue with what the user has of it."""
    by_role = role_verdict(facts.user.role, ignore_role=ignore_role)
    if by_role is not None:
        return dict.fromkeys(sorted(facts.catalogue), by_role)
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
    permissions = _asked(facts, key)
    is_category = permissions[0].key != key
    held = held_groups(facts, now)
    by_role = role_verdict(facts.user.role, ignore_role=ignore_role)
    leaves = tuple(
        judge_leaf(facts, permission, held, is_decided_by_role=by_role is not None)
        for permission in permissions
    )
    steps = record_steps(
        facts.user.role,
        leaves,
        held,
        ignore_role=ignore_role,
        is_category=is_category,
        require_all=require_all,
    )
    deciding = next(step for step in steps if step.verdict is not None)
    decision = Decision(
        user=facts.user,
        key=key,
        is_category=is_category,
        is_all_asked=require_all,
        is_role_ignored=ignore_role,
        decided_at=now,
        allowed=bool(deciding.verdict),
        reason=Reason(deciding.rule),
        cause=deciding.detail,
        steps=steps,
        leaves=leaves,
        expired=expired_groups(facts, now),
    )
    return decision.advised(find_warnings(facts, decision), find_remedies(facts, decision))


def _asked(facts: PermissionFacts, key: str) -> tuple[Permission, ...]:
    permissions = leaves_of(facts.catalogue, key)
    if not permissions:
        raise KeyError(key)
    return permissions
