"""Users that were asked about, each with its role and the groups that it is in.

Owns how many are kept, and how they are read. Leaves to `quick` to know for how long they hold.
"""

from __future__ import annotations

from time import time_ns

from grantctl.model import Role
from grantctl.store import quick_queries, references
from grantctl.store.connection import Connection
from grantctl.store.recent import Recent
from grantctl.store.rows import unsound
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import TypeAlias

    from grantctl.store.connection import Row

DEFAULT_USERS = 10_000
_ENDS = "!"
ROLES = frozenset(role.value for role in Role)

# The role, the groups that the user is in directly now, and when the first of these memberships
# ends, in microseconds since 1970, or None for never.
Clock: TypeAlias = "Callable[[], int]"
Member = tuple[str, tuple[int, ...], int | None]


class MemberCache(Recent[Member]):
    """What was read of users through one connection."""

    def find_now(self, reference: str, now: int) -> Member | None:
        """One that is kept, and whose memberships are the same at this moment."""
        member = self.find(reference)
        return None if member is None or (member[2] is not None and member[2] <= now) else member


def read_member(connection: Connection, reference: str, clock: Clock) -> Member | None:
    """The user of that id, or else of that e-mail address; None where there is neither.

    `clock` tells this moment in microseconds since 1970. Raises DatabaseError for a value that
    cannot be.
    """
    rows = references.named_rows(
        connection, quick_queries.MEMBER_BY_ID, {"reference": reference}
    ) or references.named_rows(
        connection, quick_queries.MEMBER_BY_EMAIL, {"reference": references.email_of(reference)}
    )
    return member_of(rows, clock) if rows else None


def member_of(rows: list[Row], clock: Clock) -> Member:
    """From the rows of one user: role, group, end of the membership. Raises DatabaseError."""
    role = rows[0][0]
    if role not in ROLES:
        raise unsound("user")
    groups, first_end = [], None
    for _, group, end in rows:
        if end is not None:
            if type(end) is not int:
                raise unsound("membership")
            if end <= clock():
                continue
            first_end = end if first_end is None or end < first_end else first_end
        if type(group) is int:
            groups.append(group)
        elif group is not None:
            raise unsound("membership")
    return role, tuple(groups), first_end


def read_members(connection: Connection, ids: Collection[str], clock: Clock) -> dict[str, Member]:
    """Those of these ids that there are. Raises DatabaseError as `read_member`."""
    in_order = sorted(filter(references.is_storable, ids))  # near each other in the index
    rows = _rows_of(connection, quick_queries.MEMBERS_BY_IDS, in_order)
    ending: dict[int, list[Row]] = {pk: [] for _, pk, _, groups in rows if _ENDS in (groups or "")}
    for pk, group, end in _rows_of(connection, quick_queries.GROUPS_OF_USERS, sorted(ending)):
        ending[pk].append((None, group, end))
    found: dict[str, Member] = {}
    for role, pk, id_, groups in rows:
        if role not in ROLES:
            raise unsound("user")
        if pk in ending:
            found[id_] = member_of([(role, None, None), *ending[pk]], clock)
        else:
            found[id_] = (role, _numbers(groups) if groups else (), None)
    return found


def _numbers(text: str) -> tuple[int, ...]:
    """The groups that a statement names in one text. Raises DatabaseError."""
    digits = text.replace(",", "")
    if not (digits.isdecimal() and digits.isascii()):
        raise unsound("membership")
    return tuple(map(int, text.split(",")))


def _rows_of(
    connection: Connection, statement: tuple[str, str], values: Sequence[str | int]
) -> list[Row]:
    """The rows of a statement about many values: that for SQLite, or that for Postgres."""
    for_sqlite, for_postgres = statement
    if not values:
        return []
    if connection.engine == SQLITE:
        # Loaded here because a single question needs none of it.
        from json import dumps

        return connection.rows(for_sqlite, {"values": dumps(values)})
    return connection.rows(for_postgres, {"values": list(values)})


def microseconds_now() -> int:
    """This moment as the tables have it."""
    return time_ns() // 1000
