"""What would allow what is denied: the smallest changes, and what each hands over.

Owns how the facts are fetched for these changes, all of one moment. Changes nothing, and imports
nothing heavy. Leaves which changes there are to `evaluation.fixes`, whom they reach to `gains`.
"""

from __future__ import annotations

from grantctl.evaluation.access import decide_access
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.access_fixes import find_access_fixes, granted_groups
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.facts import Group, PermissionFacts
from grantctl.evaluation.fix_ranking import RatedFix, ranked
from grantctl.evaluation.fixes import Fix, FixKind, find_fixes
from grantctl.evaluation.group_ways import groups_above
from grantctl.evaluation.scopes import Scope
from grantctl.lean import dataclass, replace
from grantctl.model import ResourceRef
from grantctl.operations.gains import gauge
from grantctl.operations.questions import Question
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

# Groups whose whole gift is measured: those with fewest permissions besides; of the user's own,
# those with fewest members.
MAX_CANDIDATES = 12
OF_OWN_GROUPS = (FixKind.SET_FOR_GROUP, FixKind.GRANT_GROUP)


@dataclass(frozen=True, slots=True)
class Advice:
    """A decision, and on a denial the changes that would allow it, the least privilege first."""

    decision: Decision | AccessDecision
    fixes: tuple[RatedFix, ...] = ()


def advise(
    reader: Reader,
    user: str,
    key: str,
    question: Question,
    *,
    now: datetime,
    scope: Scope | None = None,
) -> Advice:
    """Whether one user has one permission, and on a denial what would allow it.

    `scope`: what the token is limited to that stands for the user, if one does. Raises
    NotFoundError, AmbiguousError, DatabaseError.
    """
    with reader.at_one_moment():
        facts = reader.permission_facts(user, key, with_advice=True)
        decision = decide(
            facts,
            key,
            now=now,
            ignore_role=question.ignore_role,
            require_all=question.require_all,
            scope=scope,
        )
        if decision.allowed:
            return Advice(decision)
        missing = {leaf.permission.key for leaf in decision.leaves if not leaf.allowed}
        given = {pk: keys & missing for pk, keys in reader.fixes.giving(key).items()}
        needed = missing if decision.is_all_asked else set[str]()
        own = replace(reader.access_facts(facts.user.id), taken_names=facts.taken_names)
        wide, candidates = _widened(reader, own, given, needed, now=now)
        fixes = find_fixes(wide, decision, candidates)
        measure = gauge(reader, wide, now=now)
        few = _few(reader, fixes)
        return Advice(decision, ranked(measure.rate(decision, fix) for fix in few))


def advise_on_access(
    reader: Reader,
    user: str,
    ref: ResourceRef,
    question: AccessQuestion,
    *,
    now: datetime,
    scope: Scope | None = None,
) -> Advice:
    """The same about an action on a resource. Raises as `advise` does."""
    with reader.at_one_moment():
        facts = reader.resources.facts(user, ref, with_advice=True)
        decision = decide_access(facts, question, now=now, scope=scope)
        if decision.allowed:
            return Advice(decision)
        own = replace(reader.access_facts(facts.user.id), taken_names=facts.taken_names)
        given = granted_groups(decision)
        needed = {str(hop.resource.ref) for hop in decision.failing}
        wide, candidates = _widened(reader, own, given, needed, now=now)
        fixes = find_access_fixes(replace(facts, groups=wide.groups), decision, candidates)
        measure = gauge(reader, wide, facts, now=now)
        few = _few(reader, fixes)
        return Advice(decision, ranked(measure.rate_access(decision, fix) for fix in few))


def _few(reader: Reader, fixes: Sequence[Fix]) -> list[Fix]:
    """The fixes whose reach is counted: of changes to the user's own groups, the smallest ones."""
    own = {one.group.pk for one in fixes if one.kind in OF_OWN_GROUPS and one.group is not None}
    if len(own) > MAX_CANDIDATES:
        own = set(reader.fixes.smallest(own, limit=MAX_CANDIDATES))
    return [
        one
        for one in fixes
        if one.kind not in OF_OWN_GROUPS or one.group is None or one.group.pk in own
    ]


def _widened(
    reader: Reader,
    own: PermissionFacts,
    given: Mapping[int, set[str]],
    needed: set[str],
    *,
    now: datetime,
) -> tuple[PermissionFacts, Sequence[Group]]:
    """The user's facts with every group, and the groups worth joining, with all that they set.

    `given`: what each group gives by itself of what is missing, by its pk. Who joins must be given
    all that is `needed`, or something where that is empty.
    """
    groups = reader.impacts.groups()
    above = {pk: groups_above(groups, pk) for pk, gifts in given.items() if gifts}
    enough = [
        pk
        for pk, held in above.items()
        if needed <= set().union(*(given.get(one, set()) for one in held))
    ]
    best = reader.fixes.ranked(own.user, enough, now=now, limit=MAX_CANDIDATES) if enough else []
    flags = reader.fixes.flags({one for pk in best for one in above[pk]}) if best else {}
    wide = replace(own, groups=groups, flags={**own.flags, **flags})
    return wide, [groups[pk] for pk in best]
