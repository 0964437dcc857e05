"""Which of several fixes are shown, and in which order: the least privilege first.

Owns the order. INVARIANT: what makes somebody an admin comes last, however little is counted.
"""

from __future__ import annotations

from grantctl.evaluation.fixes import Fix, FixKind
from grantctl.lean import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_OF_A_KIND = 3

_ORDER = {kind: at for at, kind in enumerate(FixKind)}


@dataclass(frozen=True, slots=True)
class RatedFix:
    """A fix with what it hands over besides allowing what was asked.

    `users_gaining`: how many users gain what was asked; of several permissions, the one that most
    gain. `permissions_besides`: what the user of the question gains besides; `restricting`: what it
    gains by which it may do less. `resources_besides`: how many actions on resources the user gains
    besides; None for an admin, who may do everything. `closed_gates`: permissions that the user
    still lacks, and without which the interface offers nothing of what was asked. `privileges`: all
    of this counted, over all users.
    """

    fix: Fix
    users_gaining: int
    privileges: int
    permissions_besides: tuple[str, ...] = ()
    resources_besides: int | None = 0
    restricting: tuple[str, ...] = ()
    closed_gates: tuple[str, ...] = ()


def ranked(fixes: Iterable[RatedFix]) -> tuple[RatedFix, ...]:
    """The fixes that hand over least, at most three of a kind, those that make an admin last."""
    shown: dict[FixKind, int] = {}
    found = []
    for one in sorted(fixes, key=_rank):
        kind = one.fix.kind
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] <= MAX_OF_A_KIND:
            found.append(one)
    return tuple(found)


def _rank(one: RatedFix) -> tuple[bool, int, int, int, tuple[tuple[str, ...], ...]]:
    fix = one.fix
    return (
        fix.hands_over_admin,
        one.privileges,
        len(fix.commands),
        _ORDER[fix.kind],
        fix.commands,
    )
