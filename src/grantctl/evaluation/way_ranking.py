"""In which order ways to take something away are shown: the fewest edits, then the least loss.

Owns the order, and what a way costs: whoever loses what besides.
"""

from __future__ import annotations

from grantctl.evaluation.revocation import Way, WayKind
from grantctl.lean import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_ORDER = {kind: at for at, kind in enumerate(WayKind)}


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that others than the user of the plan lose: a permission, or `read model:x`."""

    what: str
    users: int


@dataclass(frozen=True, slots=True)
class RatedWay:
    """A way with what it takes away besides what is revoked.

    `permissions_besides` and `resources_besides`: what the user itself loses besides, the latter as
    `read model:x`. `others`: what others lose, and how many of them.
    """

    way: Way
    permissions_besides: tuple[str, ...] = ()
    resources_besides: tuple[str, ...] = ()
    others: tuple[Loss, ...] = ()

    @property
    def others_losing(self) -> int:
        """How many others lose something; of several things, the one that most of them lose."""
        return max((loss.users for loss in self.others), default=0)

    @property
    def privileges(self) -> int:
        """Everything that is lost besides, counted over all users."""
        others = sum(loss.users for loss in self.others)
        return len(self.permissions_besides) + len(self.resources_besides) + others


def ranked_ways(ways: Iterable[RatedWay]) -> tuple[RatedWay, ...]:
    """The ways, those of the fewest edits first, among these those that take least besides."""
    return tuple(sorted(ways, key=_rank))


def _rank(one: RatedWay) -> tuple[int, int, int, tuple[tuple[str, ...], ...]]:
    way = one.way
    return len(way.commands), one.privileges, _ORDER[way.kind], way.commands
