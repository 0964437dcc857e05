"""What a change would do, before anybody makes it: who would gain or lose what, and how many.

Owns the names of the measures, each of which is kept with its like. They are counted by the
database, and held against the evaluator by tests. Changes nothing, and imports nothing heavy.
"""

from __future__ import annotations

from grantctl.operations.impact_counts import (
    FIRST,
    Impact,
    Impacts,
    users_gaining,
    users_losing,
)
from grantctl.operations.impact_of_access import (
    EVERYONE_READS,
    access_impact,
    granted,
    resources_impact,
    restricted,
    revoked,
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

__all__ = [
    "EVERYONE_READS",
    "FIRST",
    "AccessImpact",
    "FlagImpact",
    "GroupImpact",
    "Impact",
    "Impacts",
    "MembershipImpact",
    "RoleImpact",
    "SettingImpact",
    "access_impact",
    "flag_impact",
    "granted",
    "group_deletion_impact",
    "group_move_impact",
    "membership_impact",
    "resources_impact",
    "restricted",
    "revoked",
    "role_impact",
    "settings_impact",
    "undefining_impact",
    "users_gaining",
    "users_losing",
]
