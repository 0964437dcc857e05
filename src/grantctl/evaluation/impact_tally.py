"""Many shifts counted at once, from each user's groups: for changes that touch much at a time.

Owns the counting where asking the database once for each shift would read the same memberships
again and again. Leaves what a shift is to `impact`, and the reading to whoever calls.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grantctl.evaluation.impact import Audience, Shift


class Tally:
    """Counts users for each of some shifts, and keeps the first of them.

    Every audience of a shift is a bit, those of `after` as far above those of `before` as there are
    bits in one of the two; a user's groups together have the bits of all that lets the user in.
    """

    def __init__(self, shifts: Sequence[Shift], *, first: int) -> None:
        self._first = first
        self._ranges: list[tuple[int, int]] = []  # of each shift: its lowest bit, and all its bits
        width = 0
        for shift in shifts:
            size = len(shift.before)
            self._ranges.append((1 << width, ((1 << size) - 1) << width))
            width += size
        self._width = width
        self._of_everyone = 0
        self._of_groups: dict[int, int] = {}
        self._of_users: dict[int, int] = {}
        at = 0
        for shift in shifts:
            for before, after in zip(shift.before, shift.after, strict=True):
                self._spread(before, 1 << at)
                self._spread(after, 1 << (at + width))
                at += 1
        lows = [low for low, _ in self._ranges]
        self._at = {low: at for at, low in enumerate(lows)}
        self._of_admins = sum(lows[at] for at, one in enumerate(shifts) if one.includes_admins)
        self._changes: dict[int, tuple[int, int]] = {}
        self.gaining = self.losing = 0  # users who gain something, and who lose something
        self.gained = [0] * len(shifts)
        self.lost = [0] * len(shifts)
        self.first_gained: list[list[int]] = [[] for _ in shifts]
        self.first_lost: list[list[int]] = [[] for _ in shifts]

    def add(self, user: int, groups: Iterable[int], *, is_admin: bool) -> None:
        """Count a user of these direct groups; users come in the order of their making."""
        bits = self._of_everyone | self._of_users.get(user, 0)
        for group in groups:
            bits |= self._of_groups.get(group, 0)
        change = self._changes.get(bits)
        if change is None:
            change = self._changes[bits] = self._change(bits)
        gained, lost = change
        if is_admin:
            gained, lost = gained & self._of_admins, lost & self._of_admins
        if gained:
            self.gaining += 1
            self._note(user, gained, self.gained, self.first_gained)
        if lost:
            self.losing += 1
            self._note(user, lost, self.lost, self.first_lost)

    def _spread(self, audience: Audience, bit: int) -> None:
        if audience.is_everyone:
            self._of_everyone |= bit
            return
        for found, pks in ((self._of_groups, audience.groups), (self._of_users, audience.users)):
            for pk in pks:
                found[pk] = found.get(pk, 0) | bit

    def _change(self, bits: int) -> tuple[int, int]:
        """What is gained and what is lost, by the lowest bit of each shift."""
        had = has = 0
        for low, needed in self._ranges:
            had |= low if bits & needed == needed else 0
            has |= low if (bits >> self._width) & needed == needed else 0
        return has & ~had, had & ~has

    def _note(self, user: int, bits: int, counts: list[int], firsts: list[list[int]]) -> None:
        while bits:
            low = bits & -bits
            at = self._at[low]
            counts[at] += 1
            if len(firsts[at]) < self._first:
                firsts[at].append(user)
            bits ^= low
