"""What a fix hands over: what was asked, to how many users, and what else to the one asked about.

Owns the measuring of one fix, inside of the caller's moment. Leaves the order to
`evaluation.fix_ranking`, the counting of users to the store.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.edits import SetFlags, SetRole, edited_access
from grantctl.evaluation.facts import AccessFacts, PermissionFacts
from grantctl.evaluation.fix_ranking import RatedFix
from grantctl.evaluation.fixes import Fix, closed_gates, gained_flags
from grantctl.evaluation.impact import Shift
from grantctl.evaluation.impact_tree import GroupTree, grow
from grantctl.lean import dataclass, replace
from grantctl.model import Role
from grantctl.operations.edit_rights import gained_rights, rights_of
from grantctl.operations.edit_shifts import access_shift, gaining, permission_shift
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from grantctl.operations.edit_rights import Right


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the fixes of one question are measured with.

    `facts`: the user's, with which they were proven; `person` the same for resources, with the
    chain of the one asked about. `approval_rights`: what a pending user may do to resources once
    approved, nothing for others.
    """

    reader: Reader
    facts: PermissionFacts
    person: AccessFacts
    tree: GroupTree
    approval_rights: tuple[Right, ...]
    now: datetime

    def rate(self, decision: Decision, fix: Fix) -> RatedFix:
        """A fix about permissions with what it hands over."""
        asked = {leaf.permission.key for leaf in decision.leaves}
        gained = gained_flags(self.facts, fix.edits, now=self.now)
        changed = {key for one in fix.edits if isinstance(one, SetFlags) for key in one.keys}
        counts = [self._count(self._permission_shift(key, fix), fix) for key in sorted(changed)]
        rights = len(self._by_approval(fix)) + len(self._by_rest(fix))
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
        asked = (decision.action, decision.resource.ref)
        by_approval = sum(one != asked for one in self._by_approval(fix))
        by_rest = sum(one != asked for one in self._by_rest(fix))
        return RatedFix(
            fix,
            users_gaining=count,
            privileges=count * (1 + by_rest) + by_approval + len(gained),
            permissions_besides=gained,
            resources_besides=None if fix.hands_over_admin else by_approval + by_rest,
            restricting=self._restricting(fix, gained),
        )

    def _count(self, shift: Shift, fix: Fix) -> int:
        """How many users gain it; one who was pending, or joined, is no part of a shift."""
        is_personal = any(not edit.is_shared for edit in fix.edits)
        return gaining(self.reader, shift, now=self.now) + is_personal

    def _permission_shift(self, key: str, fix: Fix) -> Shift:
        granting = self.reader.impacts.granting(key)
        return permission_shift(self.facts.catalogue[key], granting, self.tree, fix.edits)

    def _restricting(self, fix: Fix, keys: Iterable[str]) -> tuple[str, ...]:
        """Those that restrict. Of an admin nothing is said: everything is true."""
        if fix.hands_over_admin:
            return ()
        return tuple(key for key in keys if self.facts.catalogue[key].restricts)

    def _by_approval(self, fix: Fix) -> tuple[Right, ...]:
        """What the user may do to resources for being approved. Of an admin nothing is told."""
        return () if fix.hands_over_admin or not _roles(fix) else self.approval_rights

    def _by_rest(self, fix: Fix) -> list[Right]:
        """What the user may do to resources besides after the rest of the fix."""
        if fix.hands_over_admin:
            return []
        person = edited_access(self.person, _roles(fix))
        rest = [edit for edit in fix.edits if not isinstance(edit, SetRole)]
        return [*gained_rights(self.reader, person, rest, self.tree, now=self.now)]


def _roles(fix: Fix) -> list[SetRole]:
    return [edit for edit in fix.edits if isinstance(edit, SetRole)]


def gauge(
    reader: Reader, facts: PermissionFacts, access: AccessFacts | None = None, *, now: datetime
) -> Gauge:
    """What the fixes about this user are measured with, inside of the caller's moment.

    `access`: the facts about the resource, where one is asked about.
    """
    tree = grow({pk: group.parent for pk, group in facts.groups.items()})
    person = AccessFacts(
        facts.user,
        () if access is None else access.chain,
        facts.groups,
        facts.memberships,
        reader.resources.admin_bypass(),
    )
    approved = replace(person, user=replace(facts.user, role=Role.USER))
    is_pending = facts.user.role is Role.PENDING
    rights = tuple(rights_of(reader, approved, now=now)) if is_pending else ()
    return Gauge(reader, facts, person, tree, rights, now)
