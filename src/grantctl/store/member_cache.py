"""Users that were asked about, each with its role and the groups that it is in.

Owns how many are kept, and how they are read. Leaves to `quick` to know for how long they hold.
"""

from __future__ import annotations

from time import time_ns

from grantctl.model import Role
from grantctl.store import quick_queries, references
from grantctl.store.connection import Connection
from grantctl.store.rows import unsound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from grantctl.store.connection import Row

DEFAULT_USERS = 10_000
ROLES = frozenset(role.value for role in Role)

# The role, the groups that the user is in directly now, and when the first of these memberships
# ends, in microseconds since 1970, or None for never.
Clock: TypeAlias = "Callable[[], int]"
Member: TypeAlias = "tuple[str, tuple[int, ...], int | None]"


class MemberCache:
    """What was read of users through one connection; `size` of them are kept, about.

    Two halves: a full young one becomes the old one, and what is asked for again returns to the
    young one. So a hit costs a look into a dictionary, and nothing has to be kept in order.
    """

    def __init__(self, size: int) -> None:
        self.young: dict[str, Member] = {}
        self._old: dict[str, Member] = {}
        self._half = -(-size // 2)

    def find(self, reference: str, now: int) -> Member | None:
        """One that is kept, and whose memberships are the same at this moment."""
        member = self.young.get(reference)
        if member is None:
            member = self._old.get(reference)
            if member is not None:
                self.keep(reference, member)
        return None if member is None or (member[2] is not None and member[2] <= now) else member

    def keep(self, reference: str, member: Member) -> None:
        """Keep one that was read."""
        if not self._half:
            return
        if len(self.young) >= self._half and reference not in self.young:
            self._old, self.young = self.young, {}
        self.young[reference] = member

    def forget(self) -> None:
        """Read everybody anew."""
        self.young, self._old = {}, {}


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


def microseconds_now() -> int:
    """This moment as the tables have it."""
    return time_ns() // 1000
