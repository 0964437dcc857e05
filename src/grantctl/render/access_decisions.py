"""Decisions about resources as plain values, for every output that is not a tree.

Owns the names of the JSON contract `grantctl.access-decision/v1`. Leaves the tree to
`access_explanation`.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision, GrantJudgement, Hop, state_of
from grantctl.evaluation.access_steps import state_words
from grantctl.evaluation.facts import AccessGrant
from grantctl.render.decisions import (
    Document,
    advice_members,
    assumption_members,
    group_document,
    held_document,
    user_document,
    verdict_word,
)


def access_document(decision: AccessDecision) -> Document:
    """The whole decision, every resource of the chain included, as JSON."""
    question, facts = decision.question, decision.facts
    return {
        "allowed": decision.allowed,
        "verdict": verdict_word(decision.allowed),
        "reason": decision.reason.value,
        "cause": decision.cause,
        "user": user_document(decision.user),
        "action": decision.action,
        "resource": str(decision.resource.ref),
        "kind": "resource",
        "ignores_role": question.ignore_role,
        "ignores_owner": question.ignore_owner,
        "ignores_base": question.ignore_base,
        "scope": None if decision.scope is None else str(decision.scope),
        "decided_at": decision.decided_at,
        "steps": [
            {"rule": step.rule, "verdict": step.verdict, "detail": step.detail}
            for step in decision.steps
        ],
        "hops": [hop_document(hop, is_asked=hop in _asked(decision)) for hop in decision.hops],
        "broken_base": None if facts.broken_base is None else str(facts.broken_base),
        "is_cyclic": facts.is_cyclic,
        "expired": [group_document(group) for group in decision.expired],
        **advice_members(decision.remedies, decision.warnings),
        **assumption_members(decision.assumptions),
    }


def hop_document(hop: Hop, *, is_asked: bool) -> Document:
    """One resource of the chain, judged on its own; `is_asked`: whether that counts."""
    resource = hop.resource
    return {
        "resource": str(resource.ref),
        "name": resource.name,
        "action": hop.action,
        "asked": is_asked,
        "allowed": hop.allowed,
        "rule": hop.rule.value,
        "state": state_of(resource).value,
        "state_words": state_words(resource),
        "owner": owner_document(resource.owner, resource.owner_id, resource.owner_name),
        "is_owner": hop.is_owner,
        "base": None if resource.base is None else str(resource.base),
        "grants": [_judgement_document(one) for one in hop.grants],
    }


def owner_document(pk: int | None, id_: str | None, name: str | None) -> Document | None:
    """The owner by its public fields; `exists` is false where nobody has the id."""
    return None if id_ is None else {"id": id_, "name": name, "exists": pk is not None}


def grant_document(grant: AccessGrant) -> Document:
    """A grant by its public fields."""
    return {
        "action": grant.action,
        "principal_type": grant.principal_type.value,
        "principal_id": grant.principal_id,
        "principal": grant.name,
        "dangling": grant.is_dangling,
    }


def _judgement_document(judgement: GrantJudgement) -> Document:
    held = judgement.held
    return {
        **grant_document(judgement.grant),
        "covers_action": judgement.covers_action,
        "includes_user": judgement.includes_user,
        "decides": judgement.is_effective,
        "held": None if held is None else held_document(held),
    }


def _asked(decision: AccessDecision) -> tuple[Hop, ...]:
    return decision.hops if decision.is_base_asked else decision.hops[:1]
