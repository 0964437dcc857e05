"""A plan to take something away: which edits really do, and who loses what besides.

Owns how the facts are fetched, and the measuring of each way. Changes nothing, and imports nothing
heavy. Leaves which ways there are to `evaluation.revocation`.
"""

from __future__ import annotations

from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.access_revocation import find_access_ways
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.edits import edited
from grantctl.evaluation.evaluator import decide, effective_permissions
from grantctl.evaluation.facts import AccessFacts, PermissionFacts
from grantctl.evaluation.revocation import Way, find_ways
from grantctl.evaluation.rules import leaves_of
from grantctl.evaluation.way_ranking import RatedWay, ranked_ways
from grantctl.lean import dataclass, replace
from grantctl.model import ResourceRef
from grantctl.operations.edit_rights import lost_rights
from grantctl.operations.losses import losses_of_access, losses_of_permissions
from grantctl.store.reader import Reader
from grantctl.store.references import unknown_permission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Whether the user has what is asked, and the ways to take it away, the smallest first.

    `asked` is a permission, a category, or an action on the resource `ref`. There are no ways where
    it is denied. `is_last_admin`: the user is the one admin there is, who must stay one.
    """

    decision: Decision | AccessDecision
    asked: str
    ref: ResourceRef | None
    is_last_admin: bool
    ways: tuple[RatedWay, ...]


def plan(reader: Reader, user: str, key: str, *, now: datetime) -> Plan:
    """How a permission, or all of a category, is taken from a user.

    Raises NotFoundError, AmbiguousError, DatabaseError.
    """
    with reader.at_one_moment():
        facts = reader.access_facts(user)
        leaves = leaves_of(facts.catalogue, key)
        if not leaves:
            raise unknown_permission(key, facts.catalogue)
        facts = replace(facts, taken_names=reader.fixes.taken_names(facts.user))
        decision = decide(facts, key, now=now)
        ways = find_ways(facts, key, now=now)
        others = [losses_of_permissions(reader, facts, way.edits, now=now) for way in ways]
        person = AccessFacts(
            facts.user, (), facts.groups, facts.memberships, reader.resources.admin_bypass()
        )
        rights = _lost_rights(reader, person, ways, now)
        asked = {leaf.key for leaf in leaves}
        rated = (
            RatedWay(way, _lost_permissions(facts, way, now, asked), tuple(lost), tuple(losses))
            for way, lost, losses in zip(ways, rights, others, strict=True)
        )
        is_last = reader.fixes.is_last_admin(facts.user)
        return Plan(decision, key, None, is_last, ranked_ways(rated))


def plan_access(reader: Reader, user: str, action: str, ref: ResourceRef, *, now: datetime) -> Plan:
    """How an action on a resource is taken from a user. Raises as `plan` does."""
    with reader.at_one_moment():
        facts = reader.resources.facts(user, ref, with_advice=True)
        decision = decide_access(facts, AccessQuestion(action), now=now)
        ways = find_access_ways(facts, action, now=now)
        others = [losses_of_access(reader, facts, way.edits, now=now) for way in ways]
        rights = _lost_rights(reader, facts, ways, now)
        own, asked = reader.access_facts(facts.user.id), f"{action} {ref}"
        rated = (
            RatedWay(
                way,
                _lost_permissions(own, way, now, set()),
                tuple(one for one in lost if one != asked),
                tuple(losses),
            )
            for way, lost, losses in zip(ways, rights, others, strict=True)
        )
        is_last = reader.fixes.is_last_admin(facts.user)
        return Plan(decision, action, ref, is_last, ranked_ways(rated))


def _lost_permissions(
    facts: PermissionFacts, way: Way, now: datetime, asked: Collection[str]
) -> tuple[str, ...]:
    """What the user has now and not after the edits, besides what is asked."""
    before = effective_permissions(facts, now=now)
    after = effective_permissions(edited(facts, way.edits), now=now)
    return tuple(
        key for key, value in before.items() if value and not after[key] and key not in asked
    )


def _lost_rights(
    reader: Reader, person: AccessFacts, ways: Iterable[Way], now: datetime
) -> list[list[str]]:
    """What the user may do to resources now and not after each way, as `read model:x`."""
    tree = reader.impacts.tree()
    return [
        [f"{action} {ref}" for action, ref in lost_rights(reader, person, way.edits, tree, now=now)]
        for way in ways
    ]
