"""Where nodes lie: beside one another and never over one another, whatever the edges are."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from grantctl.render.svg_layout import Layout, Size, lay_out

SIZES = st.builds(Size, st.sampled_from([40.0, 90.5, 200.0]), st.sampled_from([20.0, 44.0]))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[tuple[int, int]]]:
    """Sizes and edges: cycles, loops and twins among them."""
    sizes = draw(st.lists(SIZES, min_size=1, max_size=12))
    numbers = st.integers(0, len(sizes) - 1)
    return sizes, draw(st.lists(st.tuples(numbers, numbers), max_size=20))


def laid_out(sizes: list[Size], edges: list[tuple[int, int]]) -> Layout:
    return lay_out(sizes, edges, [10.0] * len(edges))


@given(graphs())
def test_no_two_nodes_overlap_and_all_lie_within_the_size(
    graph: tuple[list[Size], list[tuple[int, int]]],
) -> None:
    sizes, edges = graph
    layout = laid_out(sizes, edges)
    boxes = [
        (x - size.width / 2, y - size.height / 2, x + size.width / 2, y + size.height / 2)
        for (x, y), size in zip(layout.places, sizes, strict=True)
    ]
    for box in boxes:
        assert min(box) >= -0.01
        assert box[2] <= layout.size.width + 0.01
        assert box[3] <= layout.size.height + 0.01
    for one, other in combinations(boxes, 2):
        is_beside = one[2] < other[0] or other[2] < one[0]
        is_above = one[3] <= other[1] + 0.01 or other[3] <= one[1] + 0.01
        assert is_beside or is_above


@given(graphs())
def test_edges_lead_to_the_right_unless_they_close_a_circle(
    graph: tuple[list[Size], list[tuple[int, int]]],
) -> None:
    sizes, edges = graph
    forward = [(source, target) for source, target in edges if source < target]  # no circle
    layout = laid_out(sizes, forward)
    for (source, target), way in zip(forward, layout.ways, strict=True):
        along = [layout.places[source][0], *(x for x, _ in way), layout.places[target][0]]
        assert along == sorted(along)
        assert along[0] < along[-1]
    assert laid_out(sizes, forward) == layout


def test_a_circle_is_drawn_too() -> None:
    layout = laid_out([Size(40, 20)] * 3, [(0, 1), (1, 2), (2, 0), (1, 1)])
    assert [x for x, _ in layout.places] == sorted(x for x, _ in layout.places)
    assert len(layout.ways) == 4


def test_two_chains_beside_each_other_do_not_cross() -> None:
    """Given crossed, they are put in order."""
    layout = laid_out([Size(40, 20)] * 4, [(0, 3), (1, 2)])
    (_, first), (_, second), (_, third), (_, fourth) = layout.places
    assert (first < second) is (fourth < third)
