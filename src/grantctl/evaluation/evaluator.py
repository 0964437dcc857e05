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

from grantctl.evaluation.decision import Decision, Reason
from grantctl.evaluation.facts import Permission, PermissionFacts
from grantctl.evaluation.remedies import find_remedies, scope_remedies
from grantctl.evaluation.rules import (
    expired_groups,
    held_groups,
    judge_leaf,
    leaves_of,
    role_verdict,
    tree_allows,
)
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.steps import record_steps, scope_step
from grantctl.evaluation.warnings import find_warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

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
    scope: Scope | None = None,
) -> bool:
    """Whether the user has the permission (docs/semantics.md, rules 1 to 5).

    A category is had if any leaf under it is, with `require_all` if every one is. `scope` limits
    the user to a part of what it has. Raises KeyError where the facts hold neither a leaf nor a
    category of that key.
    """
    permissions = _within(_asked(facts, key), scope, require_all=require_all)
    if not permissions:
        return False
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
    scope: Scope | None = None,
) -> Decision:
    """The whole decision about one user and one key, each step recorded.

    Of a category that a scope covers in part, the covered leaves alone are judged. Raises KeyError
    where the facts hold neither a leaf nor a category of that key.
    """
    asked = _asked(facts, key)
    covered = _within(asked, scope, require_all=require_all)
    is_category = asked[0].key != key
    held = held_groups(facts, now)
    by_role = role_verdict(facts.user.role, ignore_role=ignore_role)
    is_tree_asked = by_role is None and bool(covered)
    leaves = tuple(
        judge_leaf(facts, permission, held, is_decided_before=not is_tree_asked)
        for permission in covered or asked
    )
    steps = record_steps(
        facts.user.role,
        leaves,
        held,
        ignore_role=ignore_role,
        is_category=is_category,
        require_all=require_all,
        scope=None if scope is None else scope_step(scope, key, is_covered=bool(covered)),
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
        scope=scope,
    )
    if decision.reason is Reason.SCOPE and scope is not None:
        unlimited = decide(facts, key, now=now, ignore_role=ignore_role, require_all=require_all)
        wider = [leaf.permission.key for leaf in leaves]
        return decision.advised((), scope_remedies(facts, scope, wider, unlimited.remedies))
    return decision.advised(find_warnings(facts, decision), find_remedies(facts, decision))


def _within(
    permissions: tuple[Permission, ...], scope: Scope | None, *, require_all: bool
) -> tuple[Permission, ...]:
    """Those of the permissions that the scope covers; none where it takes the whole away."""
    if scope is None:
        return permissions
    covered = tuple(one for one in permissions if scope.covers_permission(one.key))
    return () if require_all and len(covered) < len(permissions) else covered


def _asked(facts: PermissionFacts, key: str) -> tuple[Permission, ...]:
    permissions = leaves_of(facts.catalogue, key)
    if not permissions:
        raise KeyError(key)
    return permissions
