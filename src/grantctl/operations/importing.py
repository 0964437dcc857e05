"""Taking a foreign directory in: users and identities, groups, memberships, permissions,
resources, API keys, settings.

Owns the transaction of an import and its report. What the source has is made or brought up to
date; nothing is ever deleted, but for access grants of a resource that the source has without them;
a password hash is only filled in where there is none. It is written by hand-written SQL, because a
directory may be large, with one audit entry, over nothing but plain DB-API: an attached database is
the same import into memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from grantctl.interop.directory import Finding, ForeignDirectory
from grantctl.operations.import_state import Taking, Tally, microseconds
from grantctl.operations.imported_credentials import (
    end_tokens_of_changed,
    roles_by_user,
    take_api_keys,
)
from grantctl.operations.imported_identities import take_identities
from grantctl.operations.imported_people import take_groups, take_memberships, take_users
from grantctl.operations.imported_permissions import take_flags, take_permissions
from grantctl.operations.imported_resources import take_resources
from grantctl.operations.imported_settings import take_settings
from grantctl.store import directory_queries as queries
from grantctl.store.connection import Connection


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do."""

    layout: str
    tallies: Mapping[str, Tally]
    findings: tuple[Finding, ...]

    @property
    def is_changed(self) -> bool:
        return any(tally.created or tally.updated for tally in self.tallies.values())


def import_directory(
    connection: Connection,
    directory: ForeignDirectory,
    *,
    actor: str,
    source: str,
    added_by: str | None,
    reason: str | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Take the directory in, all of it or nothing; memberships say that `added_by` added them.

    Raises GuardError where it would leave the database without its last admin, DatabaseError.
    """
    now = microseconds(datetime.now(UTC))
    taking = Taking(connection, directory, actor, added_by, now, list(directory.findings))
    report = None
    try:
        with connection.writing():
            permissions = take_permissions(taking)
            roles = roles_by_user(taking)
            users = take_users(taking)
            end_tokens_of_changed(taking, roles)
            groups = take_groups(taking)
            take_memberships(taking, users, groups)
            take_flags(taking, groups, permissions)
            take_resources(taking, users, groups)
            take_api_keys(taking, users)
            take_identities(taking, users)
            settings = take_settings(taking)
            report = ImportReport(directory.layout, taking.tallies, tuple(taking.findings))
            if report.is_changed:
                _record(taking, report, settings, source, reason)
            if dry_run:
                raise _DryRunEndedError
    except _DryRunEndedError:
        pass
    assert report is not None
    return report


class _DryRunEndedError(Exception):
    """Takes the transaction of a dry run back."""


def _record(
    taking: Taking,
    report: ImportReport,
    settings: Mapping[str, Any],
    source: str,
    reason: str | None,
) -> None:
    counts = {
        kind: {"created": tally.created, "updated": tally.updated}
        for kind, tally in report.tallies.items()
    }
    after = {"source": source, "layout": report.layout, "counts": counts}
    if settings:
        after["settings"] = settings
    taking.connection.run(
        queries.INSERT_AUDIT_EVENT,
        {
            "at": taking.now,
            "actor": taking.actor,
            "action": "directory.import",
            "object_type": "directory",
            "object_id": report.layout,
            "after": json.dumps(after),
            "reason": reason,
        },
    )
