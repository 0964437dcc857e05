"""The sets of edits that really take an action on a resource away.

Owns which ways there are for resources: on the resource itself, and for reading on any base, since
each of the chain has to let the user in. INVARIANTS as in `revocation`.
"""

from __future__ import annotations

from grantctl.evaluation.access import has_access
from grantctl.evaluation.access_decision import AccessQuestion, Hop
from grantctl.evaluation.access_edits import Disown, Revoke
from grantctl.evaluation.access_fixes import group_of_grant
from grantctl.evaluation.access_rules import asks_bases, held_by_pk, judge_hop
from grantctl.evaluation.edits import Leave, edited_access
from grantctl.evaluation.facts import AccessFacts
from grantctl.evaluation.revocation import WayKind, demotion_of, way_of, ways_to_part
from grantctl.model import Action, PrincipalType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from grantctl.evaluation.command_words import Command
    from grantctl.evaluation.revocation import Edits, Way


def find_access_ways(facts: AccessFacts, action: str, *, now: datetime) -> tuple[Way, ...]:
    """Every way that a proof by the evaluator leaves; none where the user may not do it.

    What closes several of the chain at once, as leaving a group may, is one way, and what holds
    another way and more is none.
    """
    if not has_access(facts, action, now=now):
        return ()
    first = demotion_of(facts) if facts.admin_bypass else ()
    as_user = edited_access(facts, first)
    tried = [(WayKind.ROLE, first)]
    if has_access(as_user, action, now=now):
        tried = [(kind, (*first, *edits)) for kind, edits in _of_chain(as_user, action, now)]
    ways: dict[frozenset[Command], Way] = {}
    for kind, edits in tried:
        if not has_access(edited_access(facts, edits), action, now=now):
            way = way_of(kind, edits, facts.taken_names)
            ways.setdefault(frozenset(way.commands), way)
    return tuple(way for done, way in ways.items() if not any(less < done for less in ways))


def _of_chain(facts: AccessFacts, action: str, now: datetime) -> Iterator[tuple[WayKind, Edits]]:
    held = held_by_pk(facts, now)
    asked = facts.chain if asks_bases(AccessQuestion(action)) else facts.chain[:1]
    for at, resource in enumerate(asked):
        hop = judge_hop(
            facts, resource, Action.READ.value if at else action, held, ignore_owner=False
        )
        yield from _of_hop(facts, hop, now)


def _of_hop(facts: AccessFacts, hop: Hop, now: datetime) -> Iterator[tuple[WayKind, Edits]]:
    ref, action = hop.resource.ref, hop.action
    always: Edits = (Disown(ref),) if hop.is_owner else ()
    if hop.resource.is_public and action == Action.READ:
        always += (Revoke(ref, action, None),)
    changed = {}
    for one in hop.effective:
        match one.grant.principal_type:
            case PrincipalType.EVERYONE:
                always += (Revoke(ref, action, None),)
            case PrincipalType.USER:
                always += (Revoke(ref, action, facts.user),)
            case PrincipalType.GROUP:
                group = group_of_grant(one.grant)
                changed[group.pk] = Revoke(ref, action, group)
    ways = [*ways_to_part(facts, changed, lambda one: Leave(facts.user, one), now=now)]
    for kind, edits in ways or [(WayKind.CHANGE_ALL, ())]:
        yield kind, (*edits, *always)
