"""The checks of `doctor`, in their order.

Owns which there are, and what `db check` finds as rows. Leaves the looking to the modules named
`doctor_…`.
"""

from __future__ import annotations

from collections.abc import Iterator

from grantctl.operations import doctor_configuration as configuration
from grantctl.operations import doctor_credentials as credentials
from grantctl.operations import doctor_database as databases
from grantctl.operations import doctor_directory as directory
from grantctl.operations import doctor_permissions as permissions
from grantctl.operations import doctor_settings as settings
from grantctl.operations.doctor_findings import DoctorFinding, Section, Status, first_of, ok
from grantctl.operations.doctor_source import import_findings
from grantctl.operations.doctor_visit import Check, Visit
from grantctl.operations.integrity import check_database
from grantctl.store.database import Database

# Of the findings of `db check`, those that break no answer: they lead nowhere, and give nothing.
LEADING_NOWHERE = frozenset({"missing_owner", "dangling_grant", "missing_base"})


def checks_of(visit: Visit) -> Iterator[Check]:
    """All that there is to look at. Where `db check` finds damage, what follows is not."""
    is_ours = not visit.opened.is_attached
    yield from _ON_THIS_HOST
    if is_ours:  # the file, the clock and the keys of an attached one are another program's
        yield from _AROUND_THE_DATABASE
    yield Check(Section.INTEGRITY, ("integrity",), _integrity)
    if is_ours:
        yield from _OF_OUR_TOKENS
    yield from _IN_THE_DATABASE
    if not is_ours:
        yield Check(Section.SOURCE, ("import",), import_findings)


def _integrity(visit: Visit) -> Iterator[DoctorFinding]:
    """What `db check` finds, the first few of each kind."""
    # On this connection: a second one would be read-only beside it, and on such a one SQLite knows
    # no constraint that could be broken.
    here = Database(visit.database.url, visit.connection)
    kinds: dict[str, list[DoctorFinding]] = {}
    for one in check_database(here):
        status = Status.WARNING if one.code in LEADING_NOWHERE else Status.FAILURE
        row = DoctorFinding(status, one.message, one.object, one.hint, one.code)
        kinds.setdefault(one.code, []).append(row)
    for rows in kinds.values():
        yield from first_of(rows, "grantctl db check")
    if not kinds:
        yield ok("`db check` finds nothing wrong")


_ON_THIS_HOST = (
    Check(
        Section.CONFIGURATION,
        ("configuration_valid",),
        configuration.validity,
        needs_database=False,
    ),
    Check(
        Section.CONFIGURATION,
        ("configuration_private",),
        configuration.privacy,
        needs_database=False,
    ),
    Check(Section.CREDENTIALS, ("secret",), credentials.secret, needs_database=False),
    Check(Section.SETTINGS, ("seeds_valid",), settings.seeds_valid, needs_database=False),
)
_AROUND_THE_DATABASE = (
    Check(Section.DATABASE, ("database_private",), databases.privacy),
    Check(Section.DATABASE, ("clocks_agree",), databases.clocks),
)
_OF_OUR_TOKENS = (
    Check(Section.CREDENTIALS, ("signing_keys",), credentials.signing_keys),
    Check(Section.CREDENTIALS, ("tokens_expired",), credentials.expired_tokens),
)
_IN_THE_DATABASE = (
    Check(Section.SETTINGS, ("policy_values",), settings.policy_values),
    Check(Section.SETTINGS, ("default_group",), settings.default_group),
    Check(Section.SETTINGS, ("settings_agree",), settings.settings_agree),
    Check(Section.IDENTITY_PROVIDER, ("oauth_lint",), settings.identity_provider),
    Check(Section.DIRECTORY, ("admins",), directory.admins),
    Check(Section.DIRECTORY, ("users_pending",), directory.pending_users),
    Check(Section.DIRECTORY, ("users_without_groups",), directory.users_without_groups),
    Check(Section.DIRECTORY, ("groups_without_members",), directory.groups_without_members),
    Check(Section.DIRECTORY, ("groups_without_effect",), directory.groups_without_effect),
    Check(Section.DIRECTORY, ("memberships_expired",), directory.expired_memberships),
    Check(Section.PERMISSIONS, ("permission_keys",), permissions.permission_keys),
    Check(Section.PERMISSIONS, ("flag_values",), permissions.broken_flags),
    Check(
        Section.PERMISSIONS,
        ("flags_shadowed", "flags_under_default"),
        permissions.flags_without_effect,
    ),
)
