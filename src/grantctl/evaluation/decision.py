"""A decision: one value that every output renders.

Owns the shapes of the answer and its one-line cause. check, explain, JSON and exit code all read
the same Decision, so that they cannot disagree.

INVARIANT: `cause` is never empty, and `steps` holds every rule in the order in which it is asked,
up to the end, whether it decided or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grantctl.evaluation.facts import Group, Membership, Permission, User


class Reason(StrEnum):
    """Which rule decided."""

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


@dataclass(frozen=True, slots=True)
class Step:
    """One rule, asked in turn. `verdict` is None where the rule did not decide."""

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
    """The answer to `check USER KEY`, with everything that was looked at."""

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
    warnings: tuple[Warning, ...]
    remedies: tuple[Remedy, ...]

    @property
    def allowed_leaf_count(self) -> int:
        """How many of the leaves the permission tree alone allows."""
        return sum(leaf.allowed for leaf in self.leaves)
