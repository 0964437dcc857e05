"""An explanation of a decision about a resource.

Owns the words and the order of its tree: the verdict, the cause, then each resource of the chain
with its state, its owner and every grant, of which the two facts are told apart: whether it covers
the action, and whether the user is among those to whom it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from grantctl.evaluation.access_decision import AccessDecision, AccessReason, GrantJudgement, Hop
from grantctl.evaluation.access_steps import broken_words, owner_words, state_words
from grantctl.evaluation.facts import AccessGrant, Resource
from grantctl.model import PrincipalType
from grantctl.render.decisions import path_text
from grantctl.render.explanation import (
    assumption_nodes,
    role_node,
    scope_nodes,
    verdict_tone,
    verdict_words,
    warning_nodes,
    write_lines,
)
from grantctl.render.style import Style
from grantctl.render.tree import Glyphs, Node, Tone, glyphs_for


def write_access_explanation(stream: TextIO, decision: AccessDecision, style: Style) -> None:
    """Write the tree and the remedies, in ASCII where the stream takes no more."""
    root = explain_access(decision, glyphs_for(stream))
    write_lines(stream, root, decision.remedies, style)


def explain_access(decision: AccessDecision, glyphs: Glyphs) -> Node:
    """The tree of a decision."""
    verdict, verb = ("allowed", "may") if decision.allowed else ("denied", "may not")
    what = f"{decision.user.label} {verb} {decision.action} {decision.resource.ref}"
    return Node(
        f"{verdict_words(verdict, decision.assumptions)}: {what}",
        verdict_tone(decision.allowed),
        (
            *assumption_nodes(decision.assumptions),
            Node(f"because {decision.cause}"),
            *scope_nodes(decision.scope, is_deciding=decision.reason is AccessReason.SCOPE),
            role_node(
                decision.user.role,
                by_role=decision.allowed if decision.is_decided_by_role else None,
                is_ignored=decision.question.ignore_role,
            ),
            *(_hop_node(decision, at, glyphs) for at in range(len(decision.hops))),
            *_broken_nodes(decision),
            *warning_nodes(decision.warnings),
        ),
    )


def _hop_node(decision: AccessDecision, at: int, glyphs: Glyphs) -> Node:
    hop = decision.hops[at]
    is_asked = decision.is_control_asked and (at == 0 or decision.is_base_asked)
    base = (
        "its base "
        if at == 1
        else "its base's base "
        if at == 2
        else "a further base "
        if at
        else ""
    )
    note = "" if is_asked else ", not asked"
    return Node(
        f"{base}{_named(hop.resource)}, {state_words(hop.resource)}{note}",
        verdict_tone(hop.allowed) if is_asked else Tone.ASIDE,
        (
            _owner_node(decision, hop, is_asked=is_asked),
            *(_grant_node(decision, hop, one, glyphs, is_asked) for one in hop.grants),
        ),
    )


def _named(resource: Resource) -> str:
    """The reference, and the name where it says more: many ids are random."""
    ref, name = resource.ref, resource.name
    return str(ref) if name in ("", ref.id, str(ref)) else f"{ref} ({name})"


def _owner_node(decision: AccessDecision, hop: Hop, *, is_asked: bool) -> Node:
    is_decisive = is_asked and hop.rule is AccessReason.OWNER
    return Node(owner_words(hop, decision.question), Tone.YES if is_decisive else Tone.ASIDE)


def _grant_node(
    decision: AccessDecision, hop: Hop, one: GrantJudgement, glyphs: Glyphs, is_asked: bool
) -> Node:
    covers = f"covers {hop.action}" if one.covers_action else f"does not cover {hop.action}"
    is_decisive = is_asked and one.is_effective and hop.rule is AccessReason.GRANT
    return Node(
        f"grant of {one.grant.action} to {_principal(one.grant)}: {covers}, "
        f"{_inclusion(decision, one, glyphs)}",
        Tone.YES if is_decisive else Tone.ASIDE,
    )


def _principal(grant: AccessGrant) -> str:
    if grant.principal_type is PrincipalType.EVERYONE:
        return "everyone"
    return f"{grant.principal_type} {grant.name or grant.principal_id}"


def _inclusion(decision: AccessDecision, one: GrantJudgement, glyphs: Glyphs) -> str:
    """Whether the user is meant, and if not why."""
    grant = one.grant
    if grant.is_dangling:
        return f"dangling: no {grant.principal_type} has this id"
    if grant.principal_type is PrincipalType.EVERYONE:
        return "includes every user"
    if grant.principal_type is PrincipalType.USER:
        return "is for the user" if one.includes_user else "is for somebody else"
    if one.held is not None:
        way = one.held.path[:-1]
        return f"the user is in it{f' through {path_text(way, glyphs.up)}' if way else ''}"
    is_expired = any(group.pk == grant.principal for group in decision.expired)
    return "the user's membership has expired" if is_expired else "the user is not in it"


def _broken_nodes(decision: AccessDecision) -> Iterator[Node]:
    if decision.facts.broken_base is None:
        return
    is_asked = decision.is_base_asked and decision.is_control_asked
    yield Node(broken_words(decision.facts), Tone.NO if is_asked else Tone.ASIDE)
