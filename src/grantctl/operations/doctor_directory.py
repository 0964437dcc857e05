"""What `doctor` finds of users, groups and memberships.

Leaves what breaks the rules of the data to `integrity`. Counts by SQL, and names the first few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from shlex import join

from grantctl.evaluation.command_words import command
from grantctl.model import Role
from grantctl.operations.doctor_findings import (
    DoctorFinding,
    counted,
    listed,
    note,
    ok,
    warning,
)
from grantctl.operations.doctor_visit import Visit
from grantctl.operations.import_state import microseconds
from grantctl.store import doctor_queries as queries
from grantctl.store import integrity_queries
from grantctl.store.connection import Row

LONG = timedelta(days=7)


def admins(visit: Visit) -> Iterator[DoctorFinding]:
    """How many admins there are. That there is none at all among users, `no_admin` tells."""
    counts = {str(role): int(count) for role, count in visit.rows(integrity_queries.ROLES)}
    count, users = counts.get(Role.ADMIN, 0), sum(counts.values())
    if not users:
        yield note("there is no user yet; the first one becomes admin", "", _CREATE)
    elif count == 1 and users > 1:
        message = f"one of {users} users is admin, and nobody could stand in"
        yield warning(message, "", "grantctl users set-role USER admin")
    else:
        yield ok(f"{counted(count, 'admin')} of {counted(users, 'user')}")


_CREATE = "grantctl users create EMAIL"


def pending_users(visit: Visit) -> Iterator[DoctorFinding]:
    """Who has been waiting for approval for long."""
    rows = visit.rows(queries.PENDING_USERS, before=microseconds(visit.clock() - LONG))
    if not rows:
        yield ok(f"nobody has been pending for over {LONG.days} days")
        return
    total = int(rows[0][1])
    who = f"{counted(total, 'user')} pending for over {LONG.days} days: {_names(rows, total)}"
    yield note(who, "", "grantctl users list --role pending")


def users_without_groups(visit: Visit) -> Iterator[DoctorFinding]:
    """Users to whom nothing gives anything: no group, where no default is true either."""
    if int(visit.rows(queries.OPEN_DEFAULTS)[0][0]):
        yield ok("some permissions are true by default, so that nobody needs a group")
        return
    rows = visit.rows(queries.USERS_WITHOUT_GROUPS, now=microseconds(visit.clock()))
    if not rows:
        yield ok("every default is false, and every user is in a group")
        return
    total = int(rows[0][1])
    who = f"{counted(total, 'user')} in no group: {_names(rows, total)}"
    message = f"every default is false, and {who}: no permission is theirs"
    yield warning(message, "", "grantctl groups add GROUP USER")


def groups_without_members(visit: Visit) -> Iterator[DoctorFinding]:
    """Groups in which nobody is, nor in any group below them."""
    rows = visit.rows(queries.GROUPS_WITHOUT_MEMBERS, now=microseconds(visit.clock()))
    if not rows:
        yield ok("every group has a member, or one below it has")
        return
    total = int(rows[0][2])
    message = f"{counted(total, 'group')} without members: {_names(rows, total)}"
    yield warning(message, "", join(command("groups", "add", _group(rows), "USER")))


def groups_without_effect(visit: Visit) -> Iterator[DoctorFinding]:
    """Groups that give their members nothing."""
    rows = visit.rows(queries.GROUPS_WITHOUT_EFFECT)
    if not rows:
        yield ok("every group gives its members something, or holds others together")
        return
    total = int(rows[0][2])
    what = f"{counted(total, 'group')} with no permission true and no access granted"
    show = join(command("groups", "show", _group(rows)))
    yield warning(f"{what}: {_names(rows, total)}", "", show)


def expired_memberships(visit: Visit) -> Iterator[DoctorFinding]:
    """Memberships that count no more."""
    rows = visit.rows(queries.EXPIRED_MEMBERSHIPS, now=microseconds(visit.clock()))
    if not rows:
        yield ok("none has expired")
        return
    total, expired = int(rows[0][2]), int(rows[0][4])
    verb = "has" if expired == 1 else "have"
    message = f"{counted(expired, 'membership')} {verb} expired, in {_names(rows, total)}"
    yield note(message, "", join(command("groups", "members", _group(rows))))


def _names(rows: Sequence[Row], total: int) -> str:
    return listed((str(row[0]) for row in rows), total)


def _group(rows: Sequence[Row]) -> str:
    """The one group's id, which names nothing else; of several, nobody knows which is meant."""
    return str(rows[0][1]) if len(rows) == 1 else "GROUP"
