"""What claims make of a user: the role, and the changes to groups, each with its reason.

Owns the values that every output renders and that a login carries out. Leaves the rules to
`identity`, and the words to `identity_words`.
"""

from __future__ import annotations

from grantctl.evaluation.identity_facts import RuleSetting
from grantctl.lean import StrEnum, dataclass
from grantctl.model import Role


class RoleReason(StrEnum):
    """Which rule gave the role."""

    FIRST_USER = "first_user"
    ONLY_USER = "only_user"
    MANAGEMENT_OFF_KEPT = "management_off_kept"
    MANAGEMENT_OFF_DEFAULT = "management_off_default"
    ADMIN_ROLE = "admin_role"
    ALLOWED_ROLE = "allowed_role"
    ANYONE_ALLOWED = "anyone_allowed"
    UNMATCHED_DEFAULT = "unmatched_default"
    UNMATCHED_REFUSED = "unmatched_refused"
    MISSING_KEPT = "missing_kept"
    MISSING_DEFAULT = "missing_default"
    LAST_ADMIN_KEPT = "last_admin_kept"


@dataclass(frozen=True, slots=True)
class RoleDecision:
    """The role that a login gives, and why.

    `role`: None where the login is refused. `before`: None where there is no such user yet.
    `setting`: the policy setting that decided, if one did. `value`: the claimed role that is
    mapped, where one is. `claimed`: every role that is claimed. `notes`: what of the claim was left
    out. `instead`: what would have been decided, had the user not been the last admin.
    """

    role: Role | None
    before: Role | None
    reason: RoleReason
    setting: RuleSetting | None = None
    value: str | None = None
    claimed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    instead: RoleDecision | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the login is refused."""
        return self.role is None

    @property
    def is_change(self) -> bool:
        """Whether a user that exists gets another role, or a new one a first."""
        return self.role is not None and self.role is not self.before


class GroupAction(StrEnum):
    """What is done about one group. ADOPT: the membership stays, and its source becomes oauth."""

    ADD = "add"
    CREATE = "create"
    ADOPT = "adopt"
    REMOVE = "remove"
    KEEP = "keep"
    SKIP = "skip"

    @property
    def is_change(self) -> bool:
        """Whether anything is done at all."""
        return self not in (GroupAction.KEEP, GroupAction.SKIP)


class GroupReason(StrEnum):
    """Why that is done."""

    CLAIMED = "claimed"
    CREATED = "created"
    EXPIRED_AGAIN = "expired_again"
    ADOPTED = "adopted"
    NOT_CLAIMED = "not_claimed"
    ALREADY = "already"
    MADE_BY_HAND = "made_by_hand"
    IMPORTED = "imported"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    UNUSABLE_NAME = "unusable_name"
    NAME_TAKEN = "name_taken"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What is done about one group.

    `group_id`: None for a group that is to be made (CREATE: with the user in it), and where the
    name stands for no single group.
    """

    name: str
    group_id: str | None
    action: GroupAction
    reason: GroupReason


class GroupsReason(StrEnum):
    """Why groups are looked at, or are not."""

    CLAIMED = "claimed"
    MANAGEMENT_OFF = "management_off"
    ADMIN = "admin"
    REFUSED = "refused"
    NOTHING_CLAIMED = "nothing_claimed"


@dataclass(frozen=True, slots=True)
class GroupsDecision:
    """Every group that is claimed or that the user is in directly, sorted by name.

    Without changes unless `reason` is CLAIMED. `claimed`: every group that is claimed. `notes`:
    what of the claim was left out.
    """

    changes: tuple[GroupChange, ...]
    reason: GroupsReason
    claimed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_managed(self) -> bool:
        """Whether the claim decides over the groups of this user."""
        return self.reason in (GroupsReason.CLAIMED, GroupsReason.NOTHING_CLAIMED)
