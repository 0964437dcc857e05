"""has_access: the rules in their order, and the decision that records them.

Owns the semantics of resources (docs/semantics.md; specification, "Access Control Implementation").
Leaves the facts to whoever calls, and the time too; each rule alone to `access_rules`, the words to
`access_steps`, `access_warnings` and `access_remedies`.

INVARIANTS, held by property tests:
- a decision's verdict is the one that `has_access` gives for the same facts;
- `users_with_access` names exactly those for whom `has_access` is true;
- adding a grant never turns an allow into a deny;
- on a denial, running any remedy's commands turns it into an allow.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import (
    AccessDecision,
    AccessQuestion,
    AccessReason,
    Hop,
    Reach,
)
from grantctl.evaluation.access_remedies import find_remedies
from grantctl.evaluation.access_rules import (
    Held,
    allowing_rule,
    asks_bases,
    held_by_pk,
    judge_hop,
    role_verdict,
)
from grantctl.evaluation.access_steps import record_steps
from grantctl.evaluation.access_warnings import find_warnings
from grantctl.evaluation.decision import HeldGroup, Step
from grantctl.evaluation.facts import AccessFacts
from grantctl.evaluation.remedies import scope_remedies
from grantctl.evaluation.rules import expired_groups
from grantctl.evaluation.scopes import Scope
from grantctl.model import Action, PrincipalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

__all__ = ["decide_access", "deciding_step", "find_reach", "has_access", "users_with_access"]


def has_access(
    facts: AccessFacts,
    action: str,
    *,
    now: datetime,
    ignore_role: bool = False,
    ignore_owner: bool = False,
    ignore_base: bool = False,
    scope: Scope | None = None,
) -> bool:
    """Whether the user may do this to the resource (docs/semantics.md, "Resources").

    `scope` limits the user to a part of what it may do.
    """
    if scope is not None and not scope.covers_access(action, facts.resource.ref):
        return False
    question = AccessQuestion(action, ignore_role, ignore_owner, ignore_base)
    by_role = role_verdict(facts, question)
    if by_role is not None:
        return by_role
    held = held_by_pk(facts, now)
    return all(_rules(facts, question, held)) and not _is_broken(facts, question)


def users_with_access(
    everybody: Iterable[AccessFacts],
    action: str,
    *,
    now: datetime,
    ignore_role: bool = False,
    ignore_owner: bool = False,
    ignore_base: bool = False,
) -> Iterator[Reach]:
    """Those of these users who may do this to the resource, in their order, and through what."""
    question = AccessQuestion(action, ignore_role, ignore_owner, ignore_base)
    for facts in everybody:
        reach = find_reach(facts, question, now=now)
        if reach is not None:
            yield reach


def find_reach(
    facts: AccessFacts, question: AccessQuestion, *, now: datetime, held: Held | None = None
) -> Reach | None:
    """Through what the user may do it, None where the user may not.

    `held`: the groups that the user holds, for who has found them already.
    """
    by_role = role_verdict(facts, question)
    if by_role is not None:
        return Reach(facts.user, (facts.user.role.value,)) if by_role else None
    held = held_by_pk(facts, now) if held is None else held
    if not all(_rules(facts, question, held)) or _is_broken(facts, question):
        return None
    hop = judge_hop(
        facts, facts.resource, question.action, held, ignore_owner=question.ignore_owner
    )
    return _reach(facts, hop, ignore_owner=question.ignore_owner)


def _rules(facts: AccessFacts, question: AccessQuestion, held: Held) -> Iterator[bool]:
    """Whether each resource that counts lets the user in, the one that is asked about first."""
    for at, resource in enumerate(facts.chain):
        if at and not asks_bases(question):
            return
        action = Action.READ.value if at else question.action
        rule = allowing_rule(facts, resource, action, held, ignore_owner=question.ignore_owner)
        yield rule is not AccessReason.NOT_GRANTED


def _is_broken(facts: AccessFacts, question: AccessQuestion) -> bool:
    return asks_bases(question) and facts.broken_base is not None


def _reach(facts: AccessFacts, hop: Hop, *, ignore_owner: bool) -> Reach:
    if hop.resource.is_public:
        kinds = {"public"} if hop.action == Action.READ else set()
        groups: tuple[HeldGroup, ...] = ()
    else:
        kinds = {_VIA[one.grant.principal_type] for one in hop.effective}
        found = {one.held.group.pk: one.held for one in hop.effective if one.held is not None}
        groups = tuple(sorted(found.values(), key=lambda one: (one.group.name, one.group.id)))
    if hop.is_owner and not ignore_owner:
        kinds.add("owner")
    return Reach(facts.user, tuple(kind for kind in _VIA_ORDER if kind in kinds), groups)


_VIA = {
    PrincipalType.USER: "direct",
    PrincipalType.GROUP: "group",
    PrincipalType.EVERYONE: "everyone",
}
_VIA_ORDER = ("owner", "direct", "group", "everyone", "public")


def deciding_step(facts: AccessFacts, question: AccessQuestion, held: Held) -> Step:
    """The step by which `decide_access` decides the same question, without what it advises.

    For who asks about very many users and resources. `held`: the groups that the user holds.
    """
    steps = record_steps(facts, question, _judge_chain(facts, question, held))
    return next(step for step in steps if step.verdict is not None)


def _judge_chain(facts: AccessFacts, question: AccessQuestion, held: Held) -> tuple[Hop, ...]:
    return tuple(
        judge_hop(
            facts,
            resource,
            Action.READ.value if at else question.action,
            held,
            ignore_owner=question.ignore_owner,
        )
        for at, resource in enumerate(facts.chain)
    )


def decide_access(
    facts: AccessFacts, question: AccessQuestion, *, now: datetime, scope: Scope | None = None
) -> AccessDecision:
    """The whole decision about one user, one action and one resource, each step recorded."""
    hops = _judge_chain(facts, question, held_by_pk(facts, now))
    steps = record_steps(facts, question, hops, scope)
    deciding = next(step for step in steps if step.verdict is not None)
    decision = AccessDecision(
        facts=facts,
        question=question,
        decided_at=now,
        allowed=bool(deciding.verdict),
        reason=AccessReason(deciding.rule),
        cause=deciding.detail,
        steps=steps,
        hops=hops,
        is_base_asked=asks_bases(question),
        expired=expired_groups(facts, now),
        scope=scope,
    )
    if decision.reason is AccessReason.SCOPE and scope is not None:
        unlimited = decide_access(facts, question, now=now)
        wider = [f"{question.action}:{facts.resource.ref}"]
        return decision.advised((), scope_remedies(facts, scope, wider, unlimited.remedies))
    return decision.advised(find_warnings(decision), find_remedies(decision))
