"""What a change would do, before anybody makes it: who would gain or lose what, and how many.

Owns the measure of one grant; those of flags, of groups and of one user, whose names it offers too,
are in `impact_of_flags`, `impact_of_groups` and `impact_of_users`. Counted by the database, and
held against the evaluator by tests. Changes nothing, and imports nothing heavy.
"""

from __future__ import annotations

from grantctl.evaluation.facts import AccessGrant, Resource
from grantctl.evaluation.impact import Shift
from grantctl.evaluation.impact_tree import audiences_of
from grantctl.lean import replace
from grantctl.model import EVERYONE_ID, Action, PrincipalType, ResourceRef
from grantctl.operations.impact_counts import (
    FIRST,
    Impact,
    measure,
    users_gaining,
    users_losing,
)
from grantctl.operations.impact_of_flags import (
    SettingImpact,
    flag_impact,
    settings_impact,
    undefining_impact,
)
from grantctl.operations.impact_of_groups import (
    AccessImpact,
    FlagImpact,
    GroupImpact,
    group_deletion_impact,
    group_move_impact,
)
from grantctl.operations.impact_of_users import (
    MembershipImpact,
    RoleImpact,
    membership_impact,
    role_impact,
)
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AccessImpact",
    "FlagImpact",
    "GroupImpact",
    "Impact",
    "MembershipImpact",
    "RoleImpact",
    "SettingImpact",
    "access_impact",
    "flag_impact",
    "group_deletion_impact",
    "group_move_impact",
    "membership_impact",
    "role_impact",
    "settings_impact",
    "undefining_impact",
    "users_gaining",
    "users_losing",
]


def access_impact(
    reader: Reader,
    ref: ResourceRef,
    action: str,
    *,
    principal_type: PrincipalType,
    principal: int | None,
    given: bool,
    now: datetime,
    first: int | None = FIRST,
) -> Impact:
    """Who gains or loses an action if a grant on the resource is given, or taken away.

    `principal` is the pk of the user or group, None for everyone. That everyone may read is taken
    away from a public resource as from one that grants it. What is made of the resource is not
    looked at. Raises NotFoundError, DatabaseError.
    """
    with reader.impacts.at_one_moment():
        chain = reader.resources.chain(ref)
        wanted = AccessGrant(action, principal_type, EVERYONE_ID, principal)
        changed = (_granted if given else _revoked)(chain[0], wanted)
        tree = reader.impacts.tree()
        shift = Shift(
            audiences_of(chain, action, tree),
            audiences_of((changed, *chain[1:]), action, tree),
            includes_admins=not reader.resources.admin_bypass(),
        )
        return measure(reader, shift, now=now, first=first)


def _granted(resource: Resource, grant: AccessGrant) -> Resource:
    """The resource with that grant: one that is public then grants what everyone had."""
    if not resource.is_public:
        return replace(resource, grants=(*resource.grants, grant))
    everyone = AccessGrant(Action.READ, PrincipalType.EVERYONE, EVERYONE_ID)
    return replace(resource, is_public=False, grants=(everyone, grant))


def _revoked(resource: Resource, grant: AccessGrant) -> Resource:
    if resource.is_public:
        is_reading = grant.principal_type is PrincipalType.EVERYONE and grant.action == Action.READ
        return replace(resource, is_public=not is_reading)
    kept = tuple(one for one in resource.grants if not _is_same(one, grant))
    return replace(resource, grants=kept)


def _is_same(one: AccessGrant, other: AccessGrant) -> bool:
    return (one.action, one.principal_type, one.principal) == (
        other.action,
        other.principal_type,
        other.principal,
    ) and not one.is_dangling
