"""The changes that would allow what a decision denies, each proven by deciding again.

Owns which changes come into question for permissions, and what a fix is. Leaves resources to
`access_fixes`, and how much each fix hands over to `fix_ranking`. INVARIANT, held by property
tests: after all commands of a fix have run, the same question is allowed.
"""

from __future__ import annotations

from grantctl.evaluation.command_words import command, user_word
from grantctl.evaluation.decision import Decision, Reason
from grantctl.evaluation.edits import Join, SetFlags, SetRole, edited, words_of
from grantctl.evaluation.evaluator import effective_permissions, has_permission
from grantctl.evaluation.facts import Group, PermissionFacts
from grantctl.evaluation.group_ways import own_groups
from grantctl.evaluation.remedies import to_set
from grantctl.evaluation.scopes import Scope
from grantctl.lean import StrEnum, dataclass
from grantctl.model import Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from grantctl.evaluation.command_words import Command, TakenNames
    from grantctl.evaluation.edits import Edit
    from grantctl.evaluation.facts import AskedFacts

    Edits: TypeAlias = "tuple[Edit, ...]"


class FixKind(StrEnum):
    """What a fix changes in the main; in the order in which equals are named."""

    APPROVE = "approve"
    WIDER_SCOPE = "wider_scope"
    MEND_BASE = "mend_base"
    GRANT_USER = "grant_user"
    JOIN_GROUP = "join_group"
    GRANT_GROUP = "grant_group"
    SET_FOR_GROUP = "set_for_group"
    GRANT_EVERYONE = "grant_everyone"
    SET_DEFAULT = "set_default"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that allow what is denied, and their commands, to be run one after the other.

    `group`: the group that is joined, set or granted to, if one is.
    """

    kind: FixKind
    description: str
    edits: Edits
    commands: tuple[Command, ...]
    group: Group | None = None

    @property
    def hands_over_admin(self) -> bool:
        """Whether somebody may do everything afterwards."""
        return self.kind is FixKind.ADMIN


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edits that may help, before anybody has tried."""

    kind: FixKind
    edits: Edits
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class TokenScope:
    """The scope of the token that stands for the user, and the one that would cover the question.

    Both None where no token does. `issue` is the command for a token of the wider scope, if needed.
    """

    wide: Scope | None = None
    issue: Command | None = None


def find_fixes(
    facts: PermissionFacts, decision: Decision, candidates: Sequence[Group]
) -> tuple[Fix, ...]:
    """Every fix of a denial that a proof by the evaluator leaves; none where it is allowed.

    `candidates`: groups that the user may join. The facts must hold them and all groups above them,
    with their flags.
    """
    if decision.allowed:
        return ()
    keys = [leaf.permission.key for leaf in decision.leaves]
    token = token_scope(facts, decision.scope, keys, is_covered=decision.reason != Reason.SCOPE)

    def is_allowed(edits: Iterable[Edit]) -> bool:
        return has_permission(
            edited(facts, edits),
            decision.key,
            now=decision.decided_at,
            ignore_role=decision.is_role_ignored,
            require_all=decision.is_all_asked,
            scope=token.wide,
        )

    approval = approval_of(facts, ignore_role=decision.is_role_ignored)
    alone = Candidate(FixKind.APPROVE if approval else FixKind.WIDER_SCOPE, approval)
    tried = [alone] if is_allowed(approval) else [*_of_tree(facts, decision, approval, candidates)]
    if not is_allowed(()):  # else the token alone is too narrow
        tried += admin_candidates(facts, ignore_role=decision.is_role_ignored)
    proven = (one for one in tried if is_allowed(one.edits))
    return tuple(fix_of(one, facts.taken_names, token) for one in proven)


def gained_flags(
    facts: PermissionFacts, edits: Iterable[Edit], *, now: datetime
) -> tuple[str, ...]:
    """The permissions of the facts' catalogue that the user has after the edits only. Sorted."""
    before = effective_permissions(facts, now=now)
    after = effective_permissions(edited(facts, edits), now=now)
    return tuple(key for key, value in after.items() if value and not before[key])


def closed_gates(
    facts: PermissionFacts, edits: Iterable[Edit], keys: Iterable[str], *, now: datetime
) -> tuple[str, ...]:
    """The gates of these permissions that stay closed to the user after the edits. Sorted."""
    after = edited(facts, edits)
    gates = {facts.catalogue[key].gated_by for key in keys if key in facts.catalogue} - {None}
    known = sorted(str(gate) for gate in gates if gate in facts.catalogue)
    return tuple(gate for gate in known if not has_permission(after, gate, now=now))


def approval_of(facts: AskedFacts, *, ignore_role: bool) -> Edits:
    """The approval that a pending user needs first; nothing for others."""
    if ignore_role or facts.user.role is not Role.PENDING:
        return ()
    return (SetRole(facts.user, Role.USER),)


def admin_candidates(facts: AskedFacts, *, ignore_role: bool) -> Iterator[Candidate]:
    """The role that may do everything, for whom has another one."""
    if not ignore_role and facts.user.role is not Role.ADMIN:
        yield Candidate(FixKind.ADMIN, (SetRole(facts.user, Role.ADMIN),))


def joins(facts: AskedFacts, candidates: Iterable[Group], now: datetime) -> Iterator[Join]:
    """The memberships that the user has not now, in these groups."""
    expired = {one.group for one in facts.memberships if one.is_expired(now)}
    own = {group.pk for group in own_groups(facts, now)}
    for group in candidates:
        if group.pk not in own:
            yield Join(facts.user, group, is_renewal=group.pk in expired)


def token_scope(
    facts: AskedFacts, scope: Scope | None, wider: Iterable[str], *, is_covered: bool
) -> TokenScope:
    """What the token's scope has to be; another token is issued where it does not cover it."""
    if scope is None or is_covered:
        return TokenScope(scope)
    wide = Scope(tuple(sorted({*scope.entries, *wider})))
    user = user_word(facts.user, facts.taken_names)
    return TokenScope(wide, command("tokens", "issue", user, options=(f"--scope={wide}",)))


def fix_of(candidate: Candidate, taken: TakenNames, token: TokenScope) -> Fix:
    """The fix of a candidate that is proven."""
    edits = candidate.edits
    commands = tuple(edit.command(taken) for edit in edits)
    if token.issue is None:
        return Fix(candidate.kind, words_of(edits), edits, commands, candidate.group)
    words = words_of(edits, "issue a token whose scope covers it")
    return Fix(candidate.kind, words, edits, (*commands, token.issue), candidate.group)


def _of_tree(
    facts: PermissionFacts, decision: Decision, before: Edits, candidates: Sequence[Group]
) -> Iterator[Candidate]:
    """Memberships, flags of the user's own groups, defaults; `before` is what comes first."""
    now = decision.decided_at
    for join in joins(facts, candidates, now):
        yield Candidate(FixKind.JOIN_GROUP, (*before, join), join.group)
    _, keys = to_set(decision, tuple(leaf for leaf in decision.leaves if not leaf.allowed))
    for group in own_groups(facts, now):
        flags = SetFlags(group, tuple(keys), True)
        yield Candidate(FixKind.SET_FOR_GROUP, (*before, flags), group)
    yield Candidate(FixKind.SET_DEFAULT, (*before, SetFlags(None, tuple(keys), True)))
