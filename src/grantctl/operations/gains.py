"""What a fix hands over: what was asked, to how many users, and what else to the one asked about.

Owns the measuring of one fix, inside of the caller's moment. Leaves the order to
`evaluation.fix_ranking`, the counting of users to `impact_counts`.
"""

from __future__ import annotations

from grantctl.evaluation.access import find_reach, has_access
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.access_edits import CutBase, Grant, MakePublic
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.edits import Join, SetFlags, SetRole, edited_access
from grantctl.evaluation.facts import AccessFacts, PermissionFacts, Resource, User
from grantctl.evaluation.fix_ranking import RatedFix
from grantctl.evaluation.fixes import Fix, closed_gates, gained_flags
from grantctl.evaluation.impact import Shift
from grantctl.evaluation.impact_tree import GroupTree, grow
from grantctl.lean import dataclass, replace
from grantctl.model import Action, ResourceRef, Role
from grantctl.operations.edit_shifts import access_shift, permission_shift
from grantctl.operations.impact_counts import measure
from grantctl.operations.impact_of_users import membership_impact
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from grantctl.evaluation.edits import Edit


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the fixes of one question are measured with.

    `facts`: the user's, with which they were proven. `approval_rights`: how many actions on
    resources a pending user gains by approval alone, 0 for others.
    """

    reader: Reader
    facts: PermissionFacts
    tree: GroupTree
    approval_rights: int
    now: datetime

    def rate(self, decision: Decision, fix: Fix) -> RatedFix:
        """A fix about permissions with what it hands over."""
        asked = {leaf.permission.key for leaf in decision.leaves}
        gained = gained_flags(self.facts, fix.edits, now=self.now)
        changed = {key for one in fix.edits if isinstance(one, SetFlags) for key in one.keys}
        counts = [self._count(self._permission_shift(key, fix), fix) for key in sorted(changed)]
        rights = self._rights_by_person(fix)
        return RatedFix(
            fix,
            users_gaining=max(counts, default=1),
            privileges=sum(counts) + len(set(gained) - changed) + rights,
            permissions_besides=tuple(key for key in gained if key not in asked),
            resources_besides=None if fix.hands_over_admin else rights,
            restricting=self._restricting(fix, gained),
            closed_gates=closed_gates(self.facts, fix.edits, asked & {*gained}, now=self.now),
        )

    def rate_access(self, decision: AccessDecision, fix: Fix) -> RatedFix:
        """A fix about a resource with what it hands over."""
        gained = gained_flags(self.facts, fix.edits, now=self.now)
        is_shared = any(edit.is_shared for edit in fix.edits) and not fix.hands_over_admin
        shift = access_shift(decision.facts, decision.action, self.tree, fix.edits)
        count = self._count(shift, fix) if is_shared else 1
        by_person = self._rights_by_person(fix) - self._is_asked_given(decision, fix)
        by_grant = sum(1 for _ in self._rights_by_grant(decision, fix)) if is_shared else 0
        return RatedFix(
            fix,
            users_gaining=count,
            privileges=count * (1 + by_grant) + by_person + len(gained),
            permissions_besides=gained,
            resources_besides=None if fix.hands_over_admin else by_person + by_grant,
            restricting=self._restricting(fix, gained),
        )

    def _count(self, shift: Shift, fix: Fix) -> int:
        """How many users gain it; one who was pending, or joined, is no part of a shift."""
        is_personal = any(not edit.is_shared for edit in fix.edits)
        return measure(self.reader, shift, now=self.now, first=0).gained_count + is_personal

    def _permission_shift(self, key: str, fix: Fix) -> Shift:
        granting = self.reader.impacts.granting(key)
        return permission_shift(self.facts.catalogue[key], granting, self.tree, fix.edits)

    def _restricting(self, fix: Fix, keys: Iterable[str]) -> tuple[str, ...]:
        """Those that restrict. Of an admin nothing is said: everything is true."""
        if fix.hands_over_admin:
            return ()
        return tuple(key for key in keys if self.facts.catalogue[key].restricts)

    def _rights_by_person(self, fix: Fix) -> int:
        """How many actions on resources the user gains by a membership or approval."""
        user, found = self.facts.user, 0
        for edit in () if fix.hands_over_admin else fix.edits:
            if isinstance(edit, SetRole):
                user, found = replace(user, role=edit.role), found + self.approval_rights
            if isinstance(edit, Join):
                joined = membership_impact(self.reader, user, joins=edit.group, now=self.now)
                found += joined.gained_accesses
        return found

    def _is_asked_given(self, decision: AccessDecision, fix: Fix) -> bool:
        """Whether a membership or approval alone gives what was asked."""
        personal = [edit for edit in fix.edits if not edit.is_shared]
        if fix.hands_over_admin or not personal:
            return False
        before, after = decision.facts, self._after(decision.facts, personal)
        had, has = (has_access(one, decision.action, now=self.now) for one in (before, after))
        return has and not had

    def _after(self, facts: AccessFacts, edits: Iterable[Edit]) -> AccessFacts:
        return edited_access(replace(facts, groups=self.facts.groups), edits)

    def _rights_by_grant(
        self, decision: AccessDecision, fix: Fix
    ) -> Iterator[tuple[str, ResourceRef]]:
        """Which actions besides the one asked the user gains on the chain and what is made of it.

        By changes to resources; by what is done to the user itself, `_rights_by_person` says.
        """
        personal = [edit for edit in fix.edits if not edit.is_shared]
        for chain in self._touched(decision.facts, fix.edits):
            own = replace(decision.facts, chain=chain)
            before, after = self._after(own, personal), self._after(own, fix.edits)
            for action in actions_named(after.resource):
                if (action, chain[0].ref) == (decision.action, decision.resource.ref):
                    continue
                had, has = (has_access(one, action, now=self.now) for one in (before, after))
                if has and not had:
                    yield action, chain[0].ref
        for edit in fix.edits:
            if isinstance(edit, MakePublic):
                yield Action.READ.value, edit.ref

    def _touched(self, facts: AccessFacts, edits: Iterable[Edit]) -> Iterator[tuple[Resource, ...]]:
        """Every resource whose rules the edits change, itself or by its bases, with its bases."""
        by_ref = {one.ref: one.pk for one in facts.chain}
        roots: set[int] = set()
        for edit in edits:
            if isinstance(edit, MakePublic):
                roots.update(self.reader.fixes.waiting_for(edit.ref))
            elif isinstance(edit, Grant | CutBase):
                roots.add(by_ref[edit.ref])
        found = {pk for root in roots for pk in self.reader.impacts.made_of(root)}
        return (self.reader.resources.chain_from(pk) for pk in sorted(found))


def gauge(reader: Reader, facts: PermissionFacts, *, now: datetime) -> Gauge:
    """What the fixes about this user are measured with, inside of the caller's moment."""
    tree = grow({pk: group.parent for pk, group in facts.groups.items()})
    is_pending = facts.user.role is Role.PENDING
    rights = _approval_rights(reader, facts.user, now) if is_pending else 0
    return Gauge(reader, facts, tree, rights, now)


def _approval_rights(reader: Reader, user: User, now: datetime) -> int:
    approved, found = replace(user, role=Role.USER), 0
    for facts in reader.resources.facts_of_reachable(user.id, reader.resources.types()):
        after = replace(facts, user=approved)
        found += sum(
            find_reach(after, AccessQuestion(action), now=now) is not None
            for action in actions_named(facts.resource)
        )
    return found
