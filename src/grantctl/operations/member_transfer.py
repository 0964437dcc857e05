"""Memberships in from a file, by the million.

Owns the transaction and its one audit entry. Rows are read while they are written, under the
writers' lock, in bounded memory; a fault in the last row keeps nothing. Leaves what becomes of a
row to `member_taking`.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from grantctl.interop.flat_formats import FlatFormat
from grantctl.interop.flat_rows import open_flat_file
from grantctl.interop.membership_rows import MEMBERSHIP_SHAPE, membership_blocks
from grantctl.operations import garbage
from grantctl.operations.bulk_reports import MembershipImport, Progress
from grantctl.operations.bulk_source import open_rows
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.member_taking import MemberTaking, take_block
from grantctl.store import bulk_queries as queries
from grantctl.store.bulk_lookups import BulkLookups
from grantctl.store.bulk_writer import MEMBERSHIPS, BulkWriter, write_in_bulk
from grantctl.store.database import Database
from grantctl.store.session import connection_of
from grantctl.store.tables import to_microseconds
from grantctl.store.url import SQLITE

# Reading a user among all of them takes a quarter of the time that looking one up does.
_FEW_USERS_A_ROW = 4
_ROW_BYTES = 60


def import_memberships(
    database: Database,
    intent: Intent,
    source: str,
    *,
    format: FlatFormat | None = None,
    create_groups: bool = False,
    is_strict: bool = False,
    progress: Progress | None = None,
) -> MembershipImport:
    """Add the memberships of a file, `-` for stdin, in one transaction.

    A user is named by id or e-mail, a group by id or unique name. A row whose user or group there
    is not is left out; a strict import ends with it, and `create_groups` makes the groups. Raises
    UsageError, InvalidError with the line of a fault, AmbiguousError, NotFoundError in a strict
    import, DatabaseError.
    """
    with open_rows(source) as stream, garbage.searched_rarely():

        def work(change: Change) -> MembershipImport:
            connection = connection_of(change.session)
            if connection.engine == SQLITE:
                connection.run(queries.LARGER_CACHE_SQLITE)

            def take(writer: BulkWriter) -> MembershipImport:
                lookups = BulkLookups(connection)
                if lookups.highest_user() < _FEW_USERS_A_ROW * _row_count(stream):
                    lookups.remember_everybody()
                taking = MemberTaking(
                    connection,
                    writer,
                    lookups,
                    lookups.groups(),
                    to_microseconds(change.now),
                    change.intent.actor,
                    may_create=create_groups,
                    is_strict=is_strict,
                )
                found = _take(taking, stream, source, format, progress)
                return MembershipImport(found, taking.tally, taking.groups_created)

            report = write_in_bulk(connection, MEMBERSHIPS, take)
            if report.memberships.is_changed or report.groups_created:
                _record(change, source, report)
            return report

        return perform(database, intent, work)


def _row_count(stream: BinaryIO) -> int:
    """About how many rows there are."""
    return stream.seek(0, os.SEEK_END) // _ROW_BYTES


def _take(
    taking: MemberTaking,
    stream: BinaryIO,
    source: str,
    format: FlatFormat | None,
    progress: Progress | None,
) -> FlatFormat:
    stream.seek(0)
    file = open_flat_file(stream, MEMBERSHIP_SHAPE, name=source, format=format)
    for block in membership_blocks(file, now=taking.now):
        take_block(taking, block)
        if progress is not None:
            progress("written", taking.tally.row_count)
    return file.format


def _record(change: Change, source: str, report: MembershipImport) -> None:
    tally = report.memberships
    after = {
        "source": os.fsencode(source).decode("utf-8", "replace"),
        "format": report.format.value,
        "counts": {"created": tally.created, "updated": tally.updated},
        "groups_created": report.groups_created,
    }
    change.record("group.import_members", "group", "import", after=after)
