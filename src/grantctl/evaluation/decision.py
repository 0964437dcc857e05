"""A decision: one value that every output renders.

Owns the shapes of the answer and its one-line cause. check, explain, JSON and exit code all read
the same Decision, so that they cannot disagree.

INVARIANT: `cause` is never empty. `steps` holds every rule in the order in which it is asked, up to
the end, and exactly one of them has a verdict: the one that decided.
"""

from __future__ import annotations

from grantctl.evaluation.facts import Group, Membership, Permission, User
from grantctl.evaluation.scopes import Scope
from grantctl.lean import StrEnum, dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from grantctl.evaluation.assumptions import Assumptions


class Reason(StrEnum):
    """Which rule decided."""

    SCOPE = "scope"
    PENDING = "pending"
    ADMIN = "admin"
    GROUP = "group"
    DEFAULT = "default"
    LEAVES = "leaves"
    NOT_GRANTED = "not_granted"


class WarningCode(StrEnum):
    """What a verdict should not be read without."""

    GATE_OFF = "gate_off"
    RESTRICTING_FLAG = "restricting_flag"
    MEMBERSHIP_EXPIRES = "membership_expires"
    MEMBERSHIP_EXPIRED = "membership_expired"
    SHADOWED_FALSE = "shadowed_false"
    ACTION_UNHEARD = "action_unheard"
    BASE_DENIED = "base_denied"
    ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule, in turn. `verdict` is None where it did not decide, or was asked too late."""

    rule: str
    verdict: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group whose permissions the user holds, and the way to it.

    `path` leads from the group that the user is in directly to this one, both included.
    """

    group: Group
    path: tuple[Group, ...]
    membership: Membership

    @property
    def is_inherited(self) -> bool:
        return len(self.path) > 1


@dataclass(frozen=True, slots=True)
class GroupFlag:
    """What one held group says of one key: true, false, or None where it says nothing."""

    held: HeldGroup
    value: bool | None
    is_decisive: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """One permission as the tree alone sees it: the groups' flags, then the default."""

    permission: Permission
    allowed: bool
    flags: tuple[GroupFlag, ...]
    is_default_decisive: bool

    @property
    def granting(self) -> tuple[HeldGroup, ...]:
        """The held groups that set it true."""
        return tuple(flag.held for flag in self.flags if flag.value)

    @property
    def only_group(self) -> HeldGroup | None:
        """The one group on which the permission hangs, if it hangs on a single one."""
        granting = self.granting
        return granting[0] if len(granting) == 1 and not self.permission.default else None


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that does not change the verdict, and that the reader should know."""

    code: WarningCode
    message: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """Commands that, run one after the other, turn a denial into an allow."""

    description: str
    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to `check USER KEY`, with everything that was looked at.

    `expired`: the groups that the user was in and whose membership has ended.
    `scope`: what the token is limited to that stands for the user, if there is one.
    `assumptions`: what is assumed, if it is of a world that is not; there are no remedies then.
    """

    user: User
    key: str
    is_category: bool
    is_all_asked: bool
    is_role_ignored: bool
    decided_at: datetime
    allowed: bool
    reason: Reason
    cause: str
    steps: tuple[Step, ...]
    leaves: tuple[Leaf, ...]
    expired: tuple[Group, ...]
    warnings: tuple[Warning, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    scope: Scope | None = None
    assumptions: Assumptions | None = None

    @property
    def is_decided_by_role(self) -> bool:
        """Whether the role decided."""
        return self.reason in (Reason.PENDING, Reason.ADMIN)

    @property
    def is_tree_asked(self) -> bool:
        """Whether neither the token's scope nor the role decided."""
        return not self.is_decided_by_role and self.reason is not Reason.SCOPE

    @property
    def held(self) -> tuple[HeldGroup, ...]:
        """Every group whose permissions the user holds, by name."""
        return tuple(flag.held for flag in self.leaves[0].flags)

    def advised(self, warnings: tuple[Warning, ...], remedies: tuple[Remedy, ...]) -> Decision:
        """The same decision with what its reader should know besides."""
        return replace(self, warnings=warnings, remedies=remedies)
