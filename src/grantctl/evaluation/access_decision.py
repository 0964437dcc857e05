"""A decision about one action on one resource: one value that every output renders.

Owns the shapes of the answer. Leaves what they have in common with decisions about permissions
(steps, warnings, remedies, held groups) to `decision`.

INVARIANT: `cause` is never empty. `steps` holds every rule, and exactly one of them has a verdict:
the one that decided.
"""

from __future__ import annotations

from grantctl.evaluation.decision import HeldGroup, Remedy, Step, Warning
from grantctl.evaluation.facts import AccessFacts, AccessGrant, Group, Resource, User
from grantctl.evaluation.scopes import Scope
from grantctl.lean import StrEnum, dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from grantctl.evaluation.assumptions import Assumptions


class AccessReason(StrEnum):
    """Which rule decided."""

    SCOPE = "scope"
    PENDING = "pending"
    ADMIN = "admin"
    OWNER = "owner"
    PUBLIC = "public"
    GRANT = "grant"
    NOT_GRANTED = "not_granted"
    BASE = "base"
    BROKEN_BASE = "broken_base"


class AccessState(StrEnum):
    """What kind of access control a resource has: none, an empty one, or grants."""

    PUBLIC = "public"
    PRIVATE = "private"
    RESTRICTED = "restricted"


def access_state(is_public: bool, grant_count: int) -> AccessState:
    """The state of an access control with so many grants."""
    if is_public:
        return AccessState.PUBLIC
    return AccessState.RESTRICTED if grant_count else AccessState.PRIVATE


def state_of(resource: Resource) -> AccessState:
    """The state of a resource's access control."""
    return access_state(resource.is_public, len(resource.grants))


@dataclass(frozen=True, slots=True)
class GrantJudgement:
    """One grant as a question sees it, the two facts apart.

    `held`: through which of the user's groups a group's grant reaches the user.
    """

    grant: AccessGrant
    covers_action: bool
    includes_user: bool
    held: HeldGroup | None = None

    @property
    def is_effective(self) -> bool:
        """Whether it gives the action that is asked for to the user."""
        return self.covers_action and self.includes_user


@dataclass(frozen=True, slots=True)
class Hop:
    """One resource of the chain, judged on its own for one action.

    `rule` is what allows it, owner, public or grant, else `not_granted`.
    """

    resource: Resource
    action: str
    rule: AccessReason
    is_owner: bool
    grants: tuple[GrantJudgement, ...]

    @property
    def allowed(self) -> bool:
        return self.rule is not AccessReason.NOT_GRANTED

    @property
    def effective(self) -> tuple[GrantJudgement, ...]:
        """The grants that give the action to the user."""
        return tuple(one for one in self.grants if one.is_effective)

    @property
    def other_actions(self) -> tuple[str, ...]:
        """The actions that are granted to the user, without the one that is asked for."""
        found = {one.grant.action for one in self.grants if one.includes_user}
        return tuple(sorted(found - {self.action}))


@dataclass(frozen=True, slots=True)
class AccessQuestion:
    """What is asked of a user about a resource, and which rules are left out.

    `ignore_role` leaves out pending and admin, `ignore_owner` the owner's right, `ignore_base` the
    bases. All three together are Open WebUI's own `has_access`.
    """

    action: str
    ignore_role: bool = False
    ignore_owner: bool = False
    ignore_base: bool = False


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The answer to `check USER ACTION TYPE:ID`, with everything that was looked at.

    `hops`: the resource, judged for the action, then its bases, judged for `read`.
    `is_base_asked`: whether the bases count: where `read` is asked, and they are not left out.
    `expired`: the groups that the user was in and whose membership has ended.
    `scope`: what the token is limited to that stands for the user, if there is one.
    `assumptions`: what is assumed, if it is of a world that is not; there are no remedies then.
    """

    facts: AccessFacts
    question: AccessQuestion
    decided_at: datetime
    allowed: bool
    reason: AccessReason
    cause: str
    steps: tuple[Step, ...]
    hops: tuple[Hop, ...]
    is_base_asked: bool
    expired: tuple[Group, ...]
    warnings: tuple[Warning, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    scope: Scope | None = None
    assumptions: Assumptions | None = None

    @property
    def user(self) -> User:
        return self.facts.user

    @property
    def resource(self) -> Resource:
        return self.facts.resource

    @property
    def action(self) -> str:
        return self.question.action

    @property
    def is_decided_by_role(self) -> bool:
        """Whether the role decided."""
        return self.reason in (AccessReason.PENDING, AccessReason.ADMIN)

    @property
    def is_control_asked(self) -> bool:
        """Whether neither the token's scope nor the role decided."""
        return not self.is_decided_by_role and self.reason is not AccessReason.SCOPE

    @property
    def failing(self) -> tuple[Hop, ...]:
        """The hops that stand in the way, whatever the role decided."""
        asked = self.hops if self.is_base_asked else self.hops[:1]
        return tuple(hop for hop in asked if not hop.allowed)

    @property
    def is_base_broken(self) -> bool:
        """Whether a base that counts is missing, or goes round in a circle."""
        return self.is_base_asked and self.facts.broken_base is not None

    def advised(
        self, warnings: tuple[Warning, ...], remedies: tuple[Remedy, ...]
    ) -> AccessDecision:
        """The same decision with what its reader should know besides."""
        return replace(self, warnings=warnings, remedies=remedies)


@dataclass(frozen=True, slots=True)
class Reach:
    """A user who may do something to a resource, and through what: the hop's rule or the role.

    `via`: admin, owner, direct, group, everyone, public, all that hold, in this order.
    `groups`: those through which a grant reaches the user.
    """

    user: User
    via: tuple[str, ...]
    groups: tuple[HeldGroup, ...] = ()
