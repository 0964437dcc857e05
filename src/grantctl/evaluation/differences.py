"""Where two users differ: what the one may and the other may not, and what makes the difference.

Owns which sources make it: those by which the one has it, as far as the other lacks them, and a
role that takes it from the other. Leaves the verdicts to `rules` and `access`.

INVARIANT, held by property tests: there is a difference exactly where the verdicts differ, and it
has a source.
"""

from __future__ import annotations

from grantctl.evaluation.access import find_reach
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.access_rules import Held, asks_bases, judge_hop, role_verdict
from grantctl.evaluation.decision import HeldGroup, Leaf
from grantctl.evaluation.facts import AccessFacts, Group, User
from grantctl.lean import StrEnum, dataclass, replace
from grantctl.model import Action, PrincipalType, ResourceRef, Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from grantctl.evaluation.access_decision import GrantJudgement, Hop


class SourceKind(StrEnum):
    """What gives something, or, of a role, takes it."""

    ROLE = "role"
    GROUP = "group"
    DEFAULT = "default"
    OWNER = "owner"
    DIRECT = "direct"
    EVERYONE = "everyone"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Source:
    """One source that makes a difference.

    `path`: the way to a group that gives it, from the group that the user is in directly. `role`:
    the one that gives everything, or that of the other, which gives nothing. `base`: where it is
    not the resource itself that lets the one in and not the other, the base that does.
    """

    kind: SourceKind
    path: tuple[Group, ...] = ()
    role: Role | None = None
    base: ResourceRef | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """`is_first`: the first of the two has it, and not the second."""

    is_first: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class LeafSide:
    """One user and one permission; `by_role`: the verdict where the role gave it, else None."""

    user: User
    by_role: bool | None
    leaf: Leaf

    @property
    def allowed(self) -> bool:
        return self.leaf.allowed if self.by_role is None else self.by_role


@dataclass(frozen=True, slots=True)
class AccessSide:
    """One user and one resource, at a moment; `held`: the groups that the user then holds."""

    facts: AccessFacts
    held: Held
    now: datetime

    def has(self, question: AccessQuestion) -> bool:
        """Whether the user may do what is asked."""
        return find_reach(self.facts, question, now=self.now, held=self.held) is not None

    def hops(self, question: AccessQuestion) -> Iterator[Hop]:
        """The resource and, where they count, its bases, each judged alone."""
        for at, resource in enumerate(self.facts.chain):
            if at and not asks_bases(question):
                return
            action = Action.READ.value if at else question.action
            is_owner_ignored = question.ignore_owner
            yield judge_hop(self.facts, resource, action, self.held, ignore_owner=is_owner_ignored)


def leaf_difference(first: LeafSide, second: LeafSide) -> Difference | None:
    """What makes the difference in one permission; None where there is none."""
    if first.allowed is second.allowed:
        return None
    winner, loser = (first, second) if first.allowed else (second, first)
    sources: tuple[Source, ...] = ()
    if loser.by_role is None or not loser.leaf.allowed:
        sources = _of_role(winner.user) if winner.by_role else _of_leaf(winner.leaf)
    if loser.by_role is False:
        sources = (*sources, *_of_role(loser.user))
    return Difference(first.allowed, sources)


def access_difference(
    first: AccessSide, second: AccessSide, question: AccessQuestion
) -> Difference | None:
    """What makes the difference in one action on one resource; None where there is none."""
    is_first = first.has(question)
    if is_first is second.has(question):
        return None
    winner, loser = (first, second) if is_first else (second, first)
    is_pending = role_verdict(loser.facts, question) is False
    sources: tuple[Source, ...] = ()
    if not is_pending or not loser.has(replace(question, ignore_role=True)):
        is_admin = bool(role_verdict(winner.facts, question))
        sources = (
            _of_role(winner.facts.user) if is_admin else tuple(_of_hops(winner, loser, question))
        )
    if is_pending:
        sources = (*sources, *_of_role(loser.facts.user))
    return Difference(is_first, sources)


def _of_role(user: User) -> tuple[Source, ...]:
    return (Source(SourceKind.ROLE, role=user.role),)


def _of_leaf(leaf: Leaf) -> tuple[Source, ...]:
    groups = tuple(_of_group(held) for held in leaf.granting)
    return (*groups, Source(SourceKind.DEFAULT)) if leaf.permission.default else groups


def _of_group(held: HeldGroup) -> Source:
    return Source(SourceKind.GROUP, held.path)


def _of_hops(winner: AccessSide, loser: AccessSide, question: AccessQuestion) -> Iterator[Source]:
    """What lets the one in wherever the other is not let in."""
    pairs = zip(winner.hops(question), loser.hops(question), strict=True)
    for at, (hop, failing) in enumerate(pairs):
        if not failing.allowed:
            base = hop.resource.ref if at else None
            yield from (
                replace(one, base=base)
                for one in _of_hop(hop, is_owner_asked=not question.ignore_owner)
            )


def _of_hop(hop: Hop, *, is_owner_asked: bool) -> Iterator[Source]:
    if hop.is_owner and is_owner_asked:
        yield Source(SourceKind.OWNER)
    if hop.resource.is_public:
        if hop.action == Action.READ:
            yield Source(SourceKind.PUBLIC)
        return
    yield from dict.fromkeys(map(_of_grant, hop.effective))


def _of_grant(one: GrantJudgement) -> Source:
    if one.held is not None:
        return _of_group(one.held)
    is_direct = one.grant.principal_type is PrincipalType.USER
    return Source(SourceKind.DIRECT if is_direct else SourceKind.EVERYONE)
