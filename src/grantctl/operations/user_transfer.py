"""Users in from a file, by the hundred thousand.

Owns the transaction, its guards and its one audit entry: as where users are made one by one, the
first of all becomes admin, e-mails have no twins, all are put into the default group, and one admin
stays. Rows are read while they are written, under the writers' lock, in bounded memory; a fault in
the last row keeps nothing. Leaves what becomes of a row to `user_taking`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from grantctl.errors import GuardError, UnconfirmedError
from grantctl.interop.flat_formats import FlatFormat
from grantctl.interop.flat_rows import FlatFile, open_flat_file
from grantctl.interop.user_rows import USER_SHAPE, user_blocks
from grantctl.model import Role
from grantctl.operations import garbage
from grantctl.operations.bulk_reports import Progress, UserImport
from grantctl.operations.bulk_source import open_rows
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.policies import default_role, read_policy
from grantctl.operations.policy_settings import DEFAULT_GROUP
from grantctl.operations.token_endings import settings_of
from grantctl.operations.user_taking import UserChange, UserTaking, take_block
from grantctl.store import bulk_queries as queries
from grantctl.store import directory_queries
from grantctl.store.bulk_lookups import BulkLookups
from grantctl.store.bulk_writer import USERS, BulkWriter, write_in_bulk
from grantctl.store.connection import Connection
from grantctl.store.database import Database
from grantctl.store.session import connection_of
from grantctl.store.tables import to_microseconds
from grantctl.store.url import SQLITE


def import_users(
    database: Database,
    intent: Intent,
    source: str,
    *,
    format: FlatFormat | None = None,
    may_update: bool = False,
    is_strict: bool = False,
    may_make_admins: bool = True,
    progress: Progress | None = None,
) -> UserImport:
    """Make the users of a file, `-` for stdin, in one transaction.

    Who is here already stays as they are; `may_update` brings them up to date. A row that does not
    fit to who is here is left out; a strict import ends with it. The first user of all becomes
    admin; others only where `may_make_admins`. Raises UsageError, InvalidError with the line of a
    fault, ConflictError in a strict import, UnconfirmedError, GuardError, DatabaseError.
    """
    with open_rows(source) as stream, garbage.searched_rarely():

        def work(change: Change) -> UserImport:
            connection = connection_of(change.session)
            if connection.engine == SQLITE:
                connection.run(queries.LARGER_CACHE_SQLITE)

            def take(writer: BulkWriter) -> UserImport:
                stream.seek(0)
                file = open_flat_file(stream, USER_SHAPE, name=source, format=format)
                taking = _begin(
                    change, connection, writer, may_update=may_update, is_strict=is_strict
                )
                report = _take(change, taking, file, progress)
                if not may_make_admins:
                    _require_no_admins(taking)
                return report

            report = write_in_bulk(connection, USERS, take)
            if report.users.is_changed:
                _record(change, source, report)
            return report

        return perform(database, intent, work)


def _begin(
    change: Change, connection: Connection, writer: BulkWriter, *, may_update: bool, is_strict: bool
) -> UserTaking:
    lookups = BulkLookups(connection)
    return UserTaking(
        connection,
        writer,
        lookups,
        to_microseconds(change.now),
        default_role(change.session).role.value,
        highest=lookups.highest_user(),
        may_update=may_update,
        is_strict=is_strict,
    )


def _require_no_admins(taking: UserTaking) -> None:
    """Raise UnconfirmedError where the file itself hands over admin rights."""
    made = taking.admin_count - (taking.first_admin is not None) + taking.promoted_count
    if made:
        whom = "1 user an admin" if made == 1 else f"{made} users admins"
        raise UnconfirmedError(
            f"the file makes {whom}, who may do everything: not confirmed",
            hint="grantctl users import FILE --yes, or --dry-run to look first",
        )


def _take(
    change: Change, taking: UserTaking, file: FlatFile, progress: Progress | None
) -> UserImport:
    connection = taking.connection
    before = taking.highest
    had_admin = bool(connection.rows(queries.ANY_ADMIN))
    for block in user_blocks(file):
        _update(change, taking, take_block(taking, block))
        if progress is not None:
            progress("written", taking.tally.row_count)
    taking.writer.finish()
    if had_admin and taking.tally.updated and not connection.rows(queries.ANY_ADMIN):
        raise GuardError(
            "the import would leave no admin: the file demotes the last one",
            hint="make another first: grantctl users set-role USER admin",
        )
    group = _join_default_group(change, connection, before) if taking.tally.created else None
    return UserImport(file.format, taking.tally, taking.admin_count, taking.first_admin, group)


def _update(change: Change, taking: UserTaking, changes: Sequence[UserChange]) -> None:
    """Bring users up to date. Another role ends their tokens, as it does where one gives it."""
    if not changes:
        return
    connection, now = taking.connection, to_microseconds(change.now)
    values = [
        {"pk": one.before.pk, "email": one.email, "name": one.name, "role": one.role, "now": now}
        for one in changes
    ]
    connection.run_many(queries.UPDATE_USER, values)
    moved = [one for one in changes if one.role != one.before.role]
    taking.promoted_count += sum(one.role == Role.ADMIN for one in moved)
    ends_any = bool(moved) and settings_of(change).revoke_on_role_change
    ended = []
    for one in moved:
        is_suspended = one.role == Role.PENDING
        if is_suspended or ends_any:
            what = "its user was suspended" if is_suspended else "its user was given another role"
            ended.append(
                {
                    "user": one.before.pk,
                    "now": now,
                    "actor": change.intent.actor,
                    "reason": f"{what} by an import",
                    "api_keys": is_suspended,
                }
            )
    connection.run_many(directory_queries.CUT_TOKENS, ended)
    connection.run_many(directory_queries.END_TOKENS, ended)


def _join_default_group(change: Change, connection: Connection, after: int) -> str | None:
    """Put everybody new into the default group, if there is one; its id. See `default_group`."""
    group_id = read_policy(change.session, DEFAULT_GROUP).value
    if not group_id:
        return None
    values = {
        "actor": change.intent.actor,
        "now": to_microseconds(change.now),
        "after": after,
        "group": group_id,
    }
    return str(group_id) if connection.run(queries.JOIN_GROUP, values) else None


def _record(change: Change, source: str, report: UserImport) -> None:
    tally = report.users
    after = {
        "source": os.fsencode(source).decode("utf-8", "replace"),
        "format": report.format.value,
        "counts": {"created": tally.created, "updated": tally.updated},
        "admins": report.admin_count,
        "first_admin": report.first_admin,
        "default_group": report.default_group,
    }
    change.record("user.import", "user", "import", after=after)
