"""How many users a change reaches, and which: what every measure of an impact has in common.

Owns the counting of a shift. Leaves what a change shifts to `impact` and its like.
"""

from __future__ import annotations

from grantctl.evaluation.facts import User
from grantctl.evaluation.impact import Audience, Shift
from grantctl.lean import dataclass
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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
