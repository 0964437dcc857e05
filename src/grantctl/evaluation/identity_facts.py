"""What the mapping of an identity provider's claims needs to know: the rules, and who logs in.

Owns the shapes. Leaves reading the rules from the policy settings, and the rest from the database,
to `operations`.
"""

from __future__ import annotations

from datetime import datetime

from grantctl.errors import InvalidError
from grantctl.evaluation.facts import Group, Membership
from grantctl.lean import StrEnum, dataclass
from grantctl.model import Role

ANY_ROLE = "*"  # among the allowed roles: whatever is claimed will do


class RuleSetting(StrEnum):
    """The policy settings that the rules are made of, as far as a decision names them."""

    DEFAULT_ROLE = "users.default_role"
    ROLE_MANAGEMENT = "oauth.role_management"
    ROLES_CLAIM = "oauth.roles_claim"
    ALLOWED_ROLES = "oauth.allowed_roles"
    ADMIN_ROLES = "oauth.admin_roles"
    UNMATCHED_ROLE = "oauth.unmatched_role"
    MISSING_ROLE = "oauth.missing_role"
    GROUP_MANAGEMENT = "oauth.group_management"
    GROUP_CREATION = "oauth.group_creation"
    GROUPS_CLAIM = "oauth.groups_claim"
    BLOCKED_GROUPS = "oauth.blocked_groups"


class UnmatchedRole(StrEnum):
    """What becomes of somebody of whose claimed roles none is mapped."""

    DEFAULT_ROLE = "default_role"
    REFUSE = "refuse"


class MissingRole(StrEnum):
    """What becomes of a user whose claims say nothing of roles. A new one has the default role."""

    KEEP = "keep"
    DEFAULT_ROLE = "default_role"


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """How claims become a role and groups: the policy settings.

    `blocked_groups`: names, regular expressions and wildcards, as `identity_blocking` reads them.
    Raises InvalidError where the default role is admin: a claim that nobody mapped would give it.
    """

    default_role: Role = Role.PENDING
    role_management: bool = False
    roles_claim: str = "roles"
    roles_separator: str = ","
    allowed_roles: tuple[str, ...] = ("user", "admin")
    admin_roles: tuple[str, ...] = ("admin",)
    unmatched_role: UnmatchedRole = UnmatchedRole.DEFAULT_ROLE
    missing_role: MissingRole = MissingRole.KEEP
    group_management: bool = False
    group_creation: bool = False
    groups_claim: str = "groups"
    groups_separator: str = ";"
    blocked_groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.default_role is Role.ADMIN:
            raise InvalidError(
                "the default role may not be `admin`: whoever logs in would be allowed everything",
                hint="grantctl roles default user",
            )


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group, and the user's own membership in it, expired or not; None: not in it directly."""

    group: Group
    membership: Membership | None = None


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What the store knows of who logs in.

    `user_count`: of all users. `role`: None where there is no such user yet. `is_last_admin`: the
    user is the only admin.
    `groups`: each once, every group that the user is in directly, and every group whose name is
    one of `claimed_groups`. `taken_names`: those of `claimed_groups` that are the id of a group;
    none is made that is called so, for it could not be named.
    """

    user_count: int
    role: Role | None
    is_last_admin: bool
    groups: tuple[HeldGroup, ...]
    now: datetime
    taken_names: frozenset[str] = frozenset()
