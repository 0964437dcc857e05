"""Where the nodes of a drawing lie: in layers from left to right, with few crossings.

Owns the layout (after Sugiyama): cycles are broken, nodes put into layers by their longest way,
edges over several layers given a point in each, and heights chosen by the least squares that keep
the order within a layer, which is that of `svg_order`. Knows sizes and ends only: what is drawn
there is left to `svg`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from grantctl.lean import dataclass
from grantctl.render.svg_order import Ends, neighbours, ordered

Place = tuple[float, float]

ROW_GAP, POINT_GAP = 18.0, 10.0
LAYER_GAP = 64.0
_HEIGHT_SWEEPS = 10


@dataclass(frozen=True, slots=True)
class Size:
    """How much room a node takes, in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each node's middle lies, the points of each edge between its ends, and the whole."""

    places: tuple[Place, ...]
    ways: tuple[tuple[Place, ...], ...]
    size: Size


def lay_out(sizes: Sequence[Size], edges: Sequence[Ends], labels: Sequence[float]) -> Layout:
    """The places of the nodes, by their number; `labels`: how wide the words at each edge are."""
    forward = _without_cycles(len(sizes), edges)
    layers_of = _layers(len(sizes), forward)
    rows, pieces, ways = _rows(layers_of, forward)
    rows = ordered(rows, pieces)
    room = dict(enumerate(sizes))
    widths = [max((room[one].width for one in row if one in room), default=0.0) for row in rows]
    columns = _columns(widths, _label_room(forward, layers_of, labels))
    heights = _heights(rows, pieces, room)
    place = {one: (columns[at], heights[one]) for at, row in enumerate(rows) for one in row}
    half = {one: widths[at] / 2 for at, row in enumerate(rows) for one in row}
    bends = tuple(
        _bends(way, place, half)[:: 1 if ends == turned else -1]
        for ends, turned, way in zip(edges, forward, ways, strict=True)
    )
    width = max((place[at][0] + sizes[at].width / 2 for at in room), default=0.0)
    height = max((heights[at] + sizes[at].height / 2 for at in room), default=0.0)
    return Layout(tuple(place[at] for at in room), bends, Size(width, height))


def _bends(
    way: Sequence[int], place: Mapping[int, Place], half: Mapping[int, float]
) -> tuple[Place, ...]:
    """Where an edge bends: it crosses a layer on one height, beside the nodes there."""
    return tuple(
        (place[one][0] + side * half[one], place[one][1]) for one in way for side in (-1, 1)
    )


def _without_cycles(count: int, edges: Sequence[Ends]) -> list[Ends]:
    """The edges, those turned around that lead back to where a walk came from."""
    onward: dict[int, list[int]] = {at: [] for at in range(count)}
    for source, target in edges:
        onward[source].append(target)
    state = [0] * count  # 1 while on the way, 2 when done
    back: set[Ends] = set()
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(onward[start]))]
        while stack:
            at, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[at] = 2
                stack.pop()
            elif state[following] == 1:
                back.add((at, following))
            elif not state[following]:
                state[following] = 1
                stack.append((following, iter(onward[following])))
    return [ends[::-1] if ends in back else ends for ends in edges]


def _layers(count: int, edges: Sequence[Ends]) -> list[int]:
    """The layer of each node: by its longest way, sources next to what they lead to."""
    onward: dict[int, list[int]] = {at: [] for at in range(count)}
    waiting = [0] * count
    for source, target in edges:
        if source != target:
            onward[source].append(target)
            waiting[target] += 1
    layer = [0] * count
    ready = [at for at in range(count) if not waiting[at]]
    sources = list(ready)
    for at in ready:  # which grows meanwhile
        for target in onward[at]:
            layer[target] = max(layer[target], layer[at] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for at in sources:
        if onward[at]:
            layer[at] = min(layer[target] for target in onward[at]) - 1
    return layer


def _rows(
    layers_of: Sequence[int], edges: Sequence[Ends]
) -> tuple[list[list[int]], list[Ends], list[list[int]]]:
    """The nodes and the edges' points of each layer, the short pieces, and each edge's points."""
    rows: list[list[int]] = [[] for _ in range(max(layers_of, default=0) + 1)]
    for at, layer in enumerate(layers_of):
        rows[layer].append(at)
    pieces, ways, fresh = list[Ends](), list[list[int]](), len(layers_of)
    for source, target in edges:
        way: list[int] = []
        for layer in range(layers_of[source] + 1, layers_of[target]):
            rows[layer].append(fresh)
            way.append(fresh)
            fresh += 1
        if source != target:
            chain = [source, *way, target]
            pieces += list(pairwise(chain))
        ways.append(way)
    return rows, pieces, ways


def _label_room(
    edges: Sequence[Ends], layers_of: Sequence[int], labels: Sequence[float]
) -> dict[int, float]:
    """How much room the words at edges need behind each layer, at either end of an edge."""
    room: dict[int, float] = {}
    for (source, target), width in zip(edges, labels, strict=True):
        for layer in {layers_of[source], layers_of[target] - 1}:
            room[layer] = max(room.get(layer, 0.0), width)
    return room


def _columns(widths: Sequence[float], labels: Mapping[int, float]) -> list[float]:
    """The middle of each layer."""
    found: list[float] = []
    at = 0.0
    for layer, width in enumerate(widths):
        found.append(at + width / 2)
        at += width + LAYER_GAP + labels.get(layer, 0.0)
    return found


def _heights(
    rows: list[list[int]], pieces: Sequence[Ends], sizes: Mapping[int, Size]
) -> dict[int, float]:
    """The middle of each, near its neighbours' and in the row's order, the highest at its room."""
    left, right = neighbours(pieces)
    height: dict[int, float] = {}
    gaps = [_gaps(row, sizes) for row in rows]
    for row, offsets in zip(rows, gaps, strict=True):
        height |= dict(zip(row, offsets, strict=True))
    for sweep in range(_HEIGHT_SWEEPS):
        is_last = sweep == _HEIGHT_SWEEPS - 1
        order = range(len(rows)) if sweep % 2 == 0 else range(len(rows) - 1, -1, -1)
        for at in order:
            sides = (left, right) if is_last or sweep > 1 else (left,) if sweep == 0 else (right,)
            wanted = [
                _wanted(one, [other for side in sides for other in side.get(one, ())], height)
                for one in rows[at]
            ]
            height |= dict(zip(rows[at], _spread(wanted, gaps[at]), strict=True))
    top = min((height[one] - sizes[one].height / 2 for one in sizes), default=0.0)
    return {one: at - top for one, at in height.items()}


def _wanted(one: int, others: Sequence[int], height: Mapping[int, float]) -> float:
    return sum(height[other] for other in others) / len(others) if others else height[one]


def _gaps(row: Sequence[int], sizes: Mapping[int, Size]) -> list[float]:
    """The middles of a row that is packed as tightly as it may be."""
    found: list[float] = []
    at, before = 0.0, 0.0
    for place, one in enumerate(row):
        half = sizes[one].height / 2 if one in sizes else 0.0
        gap = ROW_GAP if one in sizes else POINT_GAP
        at += before + half + (gap if place else 0.0)
        found.append(at)
        before = half
    return found


def _spread(wanted: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """The heights nearest to the wanted ones, by least squares, that keep order and gaps."""
    blocks: list[tuple[float, int]] = []  # the sum of a block that moves as one, and its length
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, length = blocks.pop()
            total, count = total + before, count + length
        blocks.append((total, count))
    shifts = [total / count for total, count in blocks for _ in range(count)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]
