"""The graph of one user, one action and one resource: owner, grants, groups, and the bases.

Owns which part of a decision about a resource is shown. Every verdict in it is the decision's own.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessReason
from grantctl.evaluation.graph import EdgeKind, Graph, Sketch, cut
from grantctl.evaluation.graph_nodes import (
    everyone_node,
    group_node,
    missing_node,
    owner_node,
    principal_node,
    resource_node,
    role_node,
    role_words,
    user_node,
)
from grantctl.evaluation.graph_of_user import add_ways, mark_way
from grantctl.model import Action, PrincipalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.evaluation.access_decision import AccessDecision, GrantJudgement, Hop
    from grantctl.evaluation.facts import AccessFacts


def graph_of_access(decision: AccessDecision, *, limit: int) -> Graph:
    """What was looked at to decide: each resource of the chain with its owner and its grants.

    The bases are those that count for this action. Grants that give the user nothing are shown
    after those that give something, and at most `limit` of each resource.
    """
    sketch, facts = Sketch(limit), decision.facts
    root = sketch.add(user_node(decision.user, is_subject=True))
    hops = decision.hops if decision.is_base_asked else decision.hops[:1]
    deciding = _deciding_bases(decision)
    for at, hop in enumerate(hops):
        verdict = decision.allowed if at == 0 else hop.allowed
        target = sketch.add(resource_node(hop.resource, verdict, is_subject=at == 0))
        is_way = decision.is_control_asked and decision.allowed
        _add_hop(sketch, decision, hop, target, decides=is_way)
        if at:
            below = f"resource:{hops[at - 1].resource.ref}"
            sketch.join(below, target, EdgeKind.BASE, "made of", decides=at <= deciding)
    if decision.is_base_asked:
        _add_broken_base(sketch, facts, decides=decision.reason is AccessReason.BROKEN_BASE)
    if decision.is_decided_by_role:
        role = sketch.add(role_node(decision.user))
        sketch.join(root, role, EdgeKind.ROLE, decides=True)
        kind = EdgeKind.ALLOWS if decision.allowed else EdgeKind.DENIES
        subject = f"resource:{facts.resource.ref}"
        sketch.join(role, subject, kind, role_words(decision.allowed), decides=True)
    title = f"{decision.user.label}: {decision.action} {facts.resource.ref}"
    return sketch.finish(title, verdict=decision.allowed, cause=decision.cause)


def _deciding_bases(decision: AccessDecision) -> int:
    """How many of the bases the decision hangs on: all that let the user in, or up to the first
    that does not."""
    if not (decision.is_control_asked and decision.is_base_asked):
        return 0
    if decision.reason is AccessReason.NOT_GRANTED:
        return 0
    denying = [at for at, hop in enumerate(decision.hops) if not hop.allowed]
    return denying[0] if denying else len(decision.hops)


def _add_hop(
    sketch: Sketch, decision: AccessDecision, hop: Hop, target: str, *, decides: bool
) -> None:
    owner = owner_node(hop.resource)
    if owner is not None:
        is_deciding = decides and hop.rule is AccessReason.OWNER
        sketch.join(sketch.add(owner), target, EdgeKind.OWNER, "owner", decides=is_deciding)
    if hop.resource.is_public:
        is_deciding = decides and hop.rule is AccessReason.PUBLIC
        everyone = sketch.add(everyone_node())
        sketch.join(sketch.root, everyone, EdgeKind.COUNTS, decides=is_deciding)
        sketch.join(everyone, target, EdgeKind.GRANT, Action.READ, decides=is_deciding)
    listed, more = cut(sorted(hop.grants, key=_last_effective), sketch.limit)
    for grant in listed:
        is_deciding = decides and hop.rule is AccessReason.GRANT and grant.is_effective
        _add_grant(sketch, decision, grant, target, decides=is_deciding)
    sketch.leave_out(target, more, one="grant", many="grants")


def _last_effective(judgement: GrantJudgement) -> tuple[bool, bool]:
    """Those that decide first, then those that give the user another action."""
    return not judgement.is_effective, not judgement.includes_user


def _add_grant(
    sketch: Sketch,
    decision: AccessDecision,
    judgement: GrantJudgement,
    target: str,
    *,
    decides: bool,
) -> None:
    grant, held, facts = judgement.grant, judgement.held, decision.facts
    source = sketch.add(principal_node(grant, facts.groups))
    sketch.join(source, target, EdgeKind.GRANT, grant.action, decides=decides)
    if grant.principal_type is PrincipalType.EVERYONE:
        sketch.join(sketch.root, source, EdgeKind.COUNTS, decides=decides)
    if held is not None:
        for group in held.path:
            sketch.add(group_node(group))
        add_ways(sketch, facts, [group.pk for group in held.path], decision.decided_at)
        if decides:
            mark_way(sketch, held, decision.decided_at)


def _add_broken_base(sketch: Sketch, facts: AccessFacts, *, decides: bool) -> None:
    if facts.broken_base is None:
        return
    last = f"resource:{facts.chain[-1].ref}"
    again = f"resource:{facts.broken_base}"
    if again not in sketch:
        what = "base: the chain is too deep" if facts.is_too_deep else "base"
        again = sketch.add(missing_node(what, str(facts.broken_base)))
    sketch.join(last, again, EdgeKind.BASE, "made of", decides=decides)
