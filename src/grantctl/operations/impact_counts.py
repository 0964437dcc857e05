"""How many users a change reaches, and which: what every measure of an impact has in common.

Owns the counting of a shift. Leaves what a change shifts to `impact` and its like.
"""

from __future__ import annotations

import sys

from grantctl.evaluation.facts import User
from grantctl.evaluation.impact import Audience, Shift
from grantctl.evaluation.impact_tally import Tally
from grantctl.lean import dataclass
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

FIRST = 10


@dataclass(frozen=True, slots=True)
class Impact:
    """Who gains something by a change and who loses it.

    `gained` and `lost` are the first of the users counted, in the order of their making; `shift` is
    by what all of them are found, see `users_gaining` and `users_losing`.
    """

    gained_count: int
    lost_count: int
    gained: tuple[User, ...]
    lost: tuple[User, ...]
    shift: Shift

    @property
    def is_none(self) -> bool:
        return not (self.gained_count or self.lost_count)


@dataclass(frozen=True, slots=True)
class Impacts:
    """Several impacts of one change, and how many users gain and lose by any of them."""

    each: tuple[Impact, ...]
    gaining_count: int
    losing_count: int


NOTHING = Shift((Audience(),), (Audience(),))


def measure(reader: Reader, shift: Shift, *, now: datetime, first: int | None = FIRST) -> Impact:
    """Count whom a shift reaches, inside of the caller's moment; name the first, or all for None.

    Raises DatabaseError.
    """
    gained, lost = shift.gained(), shift.lost()
    count = reader.impacts.count
    gained_count = count(gained, includes_admins=shift.includes_admins, now=now)
    lost_count = count(lost, includes_admins=shift.includes_admins, now=now)
    return Impact(
        gained_count,
        lost_count,
        tuple(_users(reader, shift, now, first, gains=True)) if gained_count and first != 0 else (),
        tuple(_users(reader, shift, now, first, gains=False)) if lost_count and first != 0 else (),
        shift,
    )


def measure_all(
    reader: Reader,
    shifts: Sequence[Shift],
    within: Audience,
    *,
    now: datetime,
    first: int | None = FIRST,
) -> Impacts:
    """Several shifts, all of users who are within one audience.

    One look at their memberships, inside of the caller's moment. Raises DatabaseError.
    """
    tally = Tally(shifts, first=sys.maxsize if first is None else first)
    includes_admins = any(shift.includes_admins for shift in shifts)
    if shifts:
        members = reader.impacts.groups_of_users(within, includes_admins=includes_admins, now=now)
        for user, is_admin, held in members:
            tally.add(user, held, is_admin=is_admin)
    named = {pk for pks in (*tally.first_gained, *tally.first_lost) for pk in pks}
    users = reader.impacts.users_of(named)
    each = tuple(
        Impact(
            tally.gained[at],
            tally.lost[at],
            tuple(users[pk] for pk in tally.first_gained[at]),
            tuple(users[pk] for pk in tally.first_lost[at]),
            shift,
        )
        for at, shift in enumerate(shifts)
    )
    return Impacts(each, tally.gaining, tally.losing)


def users_gaining(reader: Reader, impact: Impact, *, now: datetime) -> Iterator[User]:
    """Every user who gains it, in the order of their making, as the rows come."""
    return _users(reader, impact.shift, now, None, gains=True)


def users_losing(reader: Reader, impact: Impact, *, now: datetime) -> Iterator[User]:
    """Every user who loses it, in the order of their making, as the rows come."""
    return _users(reader, impact.shift, now, None, gains=False)


def _users(
    reader: Reader, shift: Shift, now: datetime, limit: int | None, *, gains: bool
) -> Iterator[User]:
    parts = shift.gained() if gains else shift.lost()
    return reader.impacts.users(parts, includes_admins=shift.includes_admins, now=now, limit=limit)
