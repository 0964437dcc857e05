"""The groups that claims give: which are joined, made, left or let alone, and why.

Owns the rules (docs/semantics.md). Names are compared exactly. Leaves to `identity_blocking` which
names claims have no say in, and carrying the changes out to `operations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grantctl.errors import InvalidError
from grantctl.evaluation.identity_blocking import is_blocked
from grantctl.evaluation.identity_claims import ClaimValues, claim_values
from grantctl.evaluation.identity_decision import (
    GroupAction,
    GroupChange,
    GroupReason,
    GroupsDecision,
    GroupsReason,
)
from grantctl.evaluation.identity_facts import ClaimRules, HeldGroup, IdentityFacts
from grantctl.model import MAX_NAME_LENGTH, Role, Source, require_text

_SOURCES = "_claim_names"  # OpenID Connect Core, 5.6.2: claims that are to be fetched elsewhere


def claimed_groups(claims: Mapping[str, object], rules: ClaimRules) -> tuple[str, ...]:
    """The names of groups that are claimed, each once; none where claims do not decide groups."""
    return _groups_claim(claims, rules).values if rules.group_management else ()


def decide_groups(
    claims: Mapping[str, object], rules: ClaimRules, facts: IdentityFacts, role: Role | None
) -> GroupsDecision:
    """What is done about each group of somebody who is to have this role; None: is refused."""
    if not rules.group_management:
        return GroupsDecision((), GroupsReason.MANAGEMENT_OFF)
    if role is None:
        return GroupsDecision((), GroupsReason.REFUSED)
    if role is Role.ADMIN:
        return GroupsDecision((), GroupsReason.ADMIN)
    claim = _groups_claim(claims, rules)
    notes = (*claim.notes, *_elsewhere(claims, claim))
    if not claim.values:
        return GroupsDecision((), GroupsReason.NOTHING_CLAIMED, notes=notes)
    changes = (*_claimed(rules, facts, claim.values), *_unclaimed(rules, facts, claim.values))
    in_order = tuple(sorted(changes, key=lambda one: (one.name, one.group_id or "")))
    return GroupsDecision(in_order, GroupsReason.CLAIMED, claim.values, notes)


def _groups_claim(claims: Mapping[str, object], rules: ClaimRules) -> ClaimValues:
    return claim_values(claims, rules.groups_claim, rules.groups_separator)


def _elsewhere(claims: Mapping[str, object], claim: ClaimValues) -> Iterator[str]:
    sources = claims.get(_SOURCES)
    if not claim.is_present and isinstance(sources, Mapping) and claim.name in sources:
        yield f"the provider left the claim `{claim.name}` out, for there are too many groups"


def _claimed(
    rules: ClaimRules, facts: IdentityFacts, names: tuple[str, ...]
) -> Iterator[GroupChange]:
    by_name: dict[str, list[HeldGroup]] = {}
    for one in facts.groups:
        by_name.setdefault(one.group.name, []).append(one)
    for name in names:
        called = by_name.get(name, [])
        held = [one for one in called if _is_held(one, facts)]
        if is_blocked(name, rules.blocked_groups):
            yield from _blocked(name, called)
        elif held:  # of several of one name, those that the user is in are meant
            yield from map(_held, held)
        elif len(called) > 1:
            yield GroupChange(name, None, GroupAction.SKIP, GroupReason.AMBIGUOUS)
        elif called:
            is_again = called[0].membership is not None
            reason = GroupReason.EXPIRED_AGAIN if is_again else GroupReason.CLAIMED
            yield GroupChange(name, called[0].group.id, GroupAction.ADD, reason)
        else:
            yield _missing(name, rules, facts)


def _is_held(one: HeldGroup, facts: IdentityFacts) -> bool:
    return one.membership is not None and not one.membership.is_expired(facts.now)


def _held(one: HeldGroup) -> GroupChange:
    is_imported = one.membership is not None and one.membership.source is Source.IMPORT
    action = GroupAction.ADOPT if is_imported else GroupAction.KEEP
    reason = GroupReason.ADOPTED if is_imported else GroupReason.ALREADY
    return GroupChange(one.group.name, one.group.id, action, reason)


def _blocked(name: str, called: list[HeldGroup]) -> Iterator[GroupChange]:
    members = [one for one in called if one.membership is not None]
    for one in members:
        yield GroupChange(name, one.group.id, GroupAction.KEEP, GroupReason.BLOCKED)
    if not members:
        id_ = called[0].group.id if len(called) == 1 else None
        yield GroupChange(name, id_, GroupAction.SKIP, GroupReason.BLOCKED)


def _missing(name: str, rules: ClaimRules, facts: IdentityFacts) -> GroupChange:
    if not rules.group_creation:
        return GroupChange(name, None, GroupAction.SKIP, GroupReason.UNKNOWN)
    if not _is_usable(name):
        return GroupChange(name, None, GroupAction.SKIP, GroupReason.UNUSABLE_NAME)
    if name in facts.taken_names:
        return GroupChange(name, None, GroupAction.SKIP, GroupReason.NAME_TAKEN)
    return GroupChange(name, None, GroupAction.CREATE, GroupReason.CREATED)


def _is_usable(name: str) -> bool:
    try:
        require_text(name, what="a group's name", longest=MAX_NAME_LENGTH)
    except InvalidError:
        return False
    return True


def _unclaimed(
    rules: ClaimRules, facts: IdentityFacts, names: tuple[str, ...]
) -> Iterator[GroupChange]:
    claimed = frozenset(names)
    for one in facts.groups:
        if one.membership is None or one.group.name in claimed:
            continue
        action, reason = GroupAction.KEEP, _KEPT.get(one.membership.source)
        if is_blocked(one.group.name, rules.blocked_groups):
            reason = GroupReason.BLOCKED
        elif reason is None:
            action, reason = GroupAction.REMOVE, GroupReason.NOT_CLAIMED
        yield GroupChange(one.group.name, one.group.id, action, reason)


_KEPT = {Source.MANUAL: GroupReason.MADE_BY_HAND, Source.IMPORT: GroupReason.IMPORTED}
