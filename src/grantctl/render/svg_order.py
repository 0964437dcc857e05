"""In which order nodes lie within their layers, so that few edges cross.

Owns the sweeps to and fro, in which each node moves to the middle of its neighbours.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

Ends = tuple[int, int]

_SWEEPS = 12


def neighbours(pieces: Sequence[Ends]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """What lies to the left and to the right of each."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for source, target in pieces:
        right.setdefault(source, []).append(target)
        left.setdefault(target, []).append(source)
    return left, right


def ordered(rows: list[list[int]], pieces: Sequence[Ends]) -> list[list[int]]:
    """The rows in the order with the fewest crossings that some sweeps find."""
    left, right = neighbours(pieces)
    best, fewest = [list(row) for row in rows], _crossings(rows, right)
    rows = [list(row) for row in rows]
    for sweep in range(_SWEEPS):
        is_down = sweep % 2 == 0
        beside = left if is_down else right
        at_all = range(1, len(rows)) if is_down else range(len(rows) - 2, -1, -1)
        for at in at_all:
            before = rows[at - 1 if is_down else at + 1]
            position = {one: float(place) for place, one in enumerate(before)}
            own = {one: float(place) for place, one in enumerate(rows[at])}
            rows[at].sort(key=lambda one: _middle(one, beside, position, own))
        crossings = _crossings(rows, right)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _middle(
    one: int,
    beside: Mapping[int, list[int]],
    position: Mapping[int, float],
    own: Mapping[int, float],
) -> float:
    places = [position[other] for other in beside.get(one, ()) if other in position]
    return sum(places) / len(places) if places else own[one]


def _crossings(rows: list[list[int]], right: Mapping[int, list[int]]) -> int:
    count = 0
    for row, following in pairwise(rows):
        position = {one: at for at, one in enumerate(following)}
        seen: list[int] = []
        for one in row:
            ends = sorted(position[other] for other in right.get(one, ()))
            count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return count
