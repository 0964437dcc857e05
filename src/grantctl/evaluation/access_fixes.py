"""The changes that would allow what a decision about a resource denies, each proven.

Owns which changes come into question for resources: grants, memberships, mended bases. INVARIANT,
held by property tests: after all commands of a fix have run, the same question is allowed.
"""

from __future__ import annotations

from grantctl.errors import InvalidError
from grantctl.evaluation.access import has_access
from grantctl.evaluation.access_decision import AccessDecision, AccessReason, Hop
from grantctl.evaluation.access_edits import BypassForAdmins, CutBase, Grant, MakePublic
from grantctl.evaluation.edits import edited_access
from grantctl.evaluation.facts import AccessFacts, AccessGrant, Group
from grantctl.evaluation.fixes import (
    Candidate,
    Fix,
    FixKind,
    admin_candidates,
    approval_of,
    fix_of,
    joins,
    token_scope,
)
from grantctl.evaluation.group_ways import own_groups
from grantctl.model import PrincipalType, ResourceRef, Role, is_unprintable, parse_resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grantctl.evaluation.access_edits import Principal
    from grantctl.evaluation.edits import Edit
    from grantctl.evaluation.fixes import Edits


def find_access_fixes(
    facts: AccessFacts, decision: AccessDecision, candidates: Sequence[Group]
) -> tuple[Fix, ...]:
    """Every fix of a denial that a proof by the evaluator leaves; none where it is allowed.

    `facts`: those of the decision, with the candidates, groups that the user may join, and all
    groups above them besides.
    """
    if decision.allowed:
        return ()
    question = decision.question
    wider = [f"{question.action}:{facts.resource.ref}"]
    is_covered = decision.reason != AccessReason.SCOPE
    token = token_scope(facts, decision.scope, wider, is_covered=is_covered)

    def is_allowed(edits: Iterable[Edit]) -> bool:
        return has_access(
            edited_access(facts, edits),
            question.action,
            now=decision.decided_at,
            ignore_role=question.ignore_role,
            ignore_owner=question.ignore_owner,
            ignore_base=question.ignore_base,
            scope=token.wide,
        )

    approval = approval_of(facts, ignore_role=question.ignore_role)
    alone = Candidate(FixKind.APPROVE if approval else FixKind.WIDER_SCOPE, approval)
    tried = [alone] if is_allowed(approval) else [*_tried(facts, decision, approval, candidates)]
    if not is_allowed(()):  # else the token alone is too narrow
        tried += _admin_candidates(facts, decision)
    proven = (one for one in tried if is_allowed(one.edits))
    return tuple(fix_of(one, facts.taken_names, token) for one in proven)


def granted_groups(decision: AccessDecision) -> dict[int, set[str]]:
    """The groups to which something is granted that the user lacks, by pk: on which resources."""
    found: dict[int, set[str]] = {}
    for hop in decision.failing:
        for one in hop.grants:
            is_group = one.grant.principal_type is PrincipalType.GROUP
            if one.covers_action and is_group and one.grant.principal is not None:
                found.setdefault(one.grant.principal, set()).add(str(hop.resource.ref))
    return found


def group_of_grant(grant: AccessGrant) -> Group:
    """The group to which a grant gives something. Its parent is not known."""
    assert grant.principal is not None
    return Group(grant.principal, grant.principal_id, grant.name or "")


def _tried(
    facts: AccessFacts, decision: AccessDecision, before: Edits, candidates: Sequence[Group]
) -> Iterator[Candidate]:
    for mending in [*_mending(decision)] or [()]:
        first = (*before, *mending)
        if not decision.failing:
            yield Candidate(FixKind.MEND_BASE, first)
            continue
        grants = _grants(decision.failing, facts.user)
        yield Candidate(FixKind.GRANT_USER, (*first, *grants))
        for join in joins(facts, candidates, decision.decided_at):
            yield Candidate(FixKind.JOIN_GROUP, (*first, join), join.group)
        for group in own_groups(facts, decision.decided_at):
            grants = _grants(decision.failing, group)
            yield Candidate(FixKind.GRANT_GROUP, (*first, *grants), group)
        yield Candidate(FixKind.GRANT_EVERYONE, (*first, *_grants(decision.failing, None)))


def _mending(decision: AccessDecision) -> Iterator[Edits]:
    """Ways to mend a broken chain of bases."""
    facts = decision.facts
    if not decision.is_base_broken:
        return
    missing = facts.broken_base
    if missing is not None and not (facts.is_cyclic or facts.is_too_deep) and _can_be_made(missing):
        yield (MakePublic(missing),)
    yield (CutBase(facts.chain[-1].ref),)


def _grants(failing: tuple[Hop, ...], principal: Principal) -> Edits:
    return tuple(Grant(hop.resource.ref, hop.action, principal) for hop in failing)


def _admin_candidates(facts: AccessFacts, decision: AccessDecision) -> Iterator[Candidate]:
    ignore_role = decision.question.ignore_role
    yield from admin_candidates(facts, ignore_role=ignore_role)
    if facts.user.role is Role.ADMIN and not ignore_role:
        yield Candidate(FixKind.ADMIN, (BypassForAdmins(),))


def _can_be_made(ref: ResourceRef) -> bool:
    """Whether a command would make a resource of that name."""
    try:
        return parse_resource(str(ref)) == ref and not any(map(is_unprintable, ref.id))
    except InvalidError:
        return False
