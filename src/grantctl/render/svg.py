"""Graphs as SVG: one text without anything from elsewhere, to be opened as it is.

Owns the look. Leaves places to `svg_layout`, and widths and escaping to `svg_text`. What decides
and what denies is told by words, marks and dashes too, not by colour alone; the colours keep apart
for the colour-blind (Okabe and Ito), and follow a dark scheme where the reader prefers one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from grantctl.evaluation.graph import GIVES_NOTHING, Edge, Graph, Node, NodeKind, is_denying
from grantctl.render.markup import xml_text
from grantctl.render.svg_layout import Place, Size, lay_out
from grantctl.render.svg_text import cut_text, text_width

LABEL_SIZE, DETAIL_SIZE, WORDS_SIZE = 13, 11, 11
MAX_LABEL, MAX_TITLE = 44, 110
MARGIN, HEAD = 24.0, 46.0
_PAD = 14.0
_PORT_GAP = 9.0
_WORDS_GAP = 16.0

_MARKS = {True: "✓ ", False: "✗ ", None: ""}
STYLE = """
svg{background:#fff;font-family:Helvetica,Arial,"Liberation Sans",sans-serif}
.node path{fill:#f4f4f4;stroke:#767676;stroke-width:1.2}
.user path{fill:#e3f0fa}.group path{fill:#e5f4ee}.resource path{fill:#f7eaf2}
.permission path,.category path{fill:#fdf4dc}.missing path{fill:#fff;stroke-dasharray:3 3}
.more path{fill:none;stroke:none}.subject path{stroke:#222;stroke-width:2.4}
.allowed path{stroke:#0072b2;stroke-width:2.4}
.denied path{stroke:#b84300;stroke-width:2.4;stroke-dasharray:7 3}
text{fill:#1a1a1a}.detail,.words,.key{fill:#4d4d4d}.title{font-weight:bold}
.edge path{fill:none;stroke:#8a8a8a;stroke-width:1.3}.dashed path{stroke-dasharray:5 4}
.decides path{stroke:#0072b2;stroke-width:3}.decides.against path{stroke:#b84300}
.words{paint-order:stroke;stroke:#fff;stroke-width:4px}
#end path{fill:#8a8a8a}#yes path{fill:#0072b2}#no path{fill:#b84300}
@media(prefers-color-scheme:dark){svg{background:#16181c}text{fill:#eee}
.detail,.words,.key{fill:#bbb}.words{stroke:#16181c}.node path{fill:#2a2d33;stroke:#888}
.user path{fill:#1d3446}.group path{fill:#1d3a2f}.resource path{fill:#3d2836}
.permission path,.category path{fill:#3b331c}.missing path{fill:#16181c}
.more path{fill:none;stroke:none}
.subject path{stroke:#eee}.allowed path,.decides path{stroke:#56b4e9}
.denied path,.decides.against path{stroke:#ff8a3d}#yes path{fill:#56b4e9}#no path{fill:#ff8a3d}}
""".strip()


def svg_lines(graph: Graph) -> Iterator[str]:
    """The lines of the drawing, without their ends."""
    numbers = {node.id: at for at, node in enumerate(graph.nodes)}
    ends = [(numbers[edge.source], numbers[edge.target]) for edge in graph.edges]
    sizes = [_size(node) for node in graph.nodes]
    words = [text_width(cut_text(edge.label, MAX_LABEL), WORDS_SIZE) for edge in graph.edges]
    layout = lay_out(sizes, ends, words)
    places = [(x + MARGIN, y + MARGIN + HEAD) for x, y in layout.places]
    ways = [tuple((x + MARGIN, y + MARGIN + HEAD) for x, y in way) for way in layout.ways]
    title = cut_text(graph.title, MAX_TITLE)
    cause = cut_text(_cause(graph), MAX_TITLE)
    head = max(text_width(title, 16) * 1.1, text_width(cause, 12))
    width = max(layout.size.width, head) + 2 * MARGIN
    height = layout.size.height + 2 * MARGIN + HEAD
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="t d">'
    )
    yield f'<title id="t">{xml_text(graph.title)}</title>'
    yield f'<desc id="d">{xml_text(_cause(graph))}</desc>'
    yield f"<style>{STYLE}</style>"
    yield "<defs>" + "".join(map(_arrow_head, ("end", "yes", "no"))) + "</defs>"
    yield f'<text class="title" x="{MARGIN}" y="34" font-size="16">{xml_text(title)}</text>'
    yield f'<text class="key" x="{MARGIN}" y="53" font-size="12">{xml_text(cause)}</text>'
    yield from _edges(graph, ends, places, ways, sizes)
    for node, place, size in zip(graph.nodes, places, sizes, strict=True):
        yield from _node(node, place, size)
    yield "</svg>"


def _cause(graph: Graph) -> str:
    if graph.decided:
        return graph.decided
    [subject] = [node for node in graph.nodes if node.is_subject]
    return ", ".join(filter(None, (subject.kind.value, subject.detail)))


def _label(node: Node) -> str:
    return _MARKS[node.verdict] + cut_text(node.label, MAX_LABEL)


def _size(node: Node) -> Size:
    detail = cut_text(node.detail, MAX_LABEL)
    width = max(text_width(_label(node), LABEL_SIZE), text_width(detail, DETAIL_SIZE)) + 2 * _PAD
    return Size(max(width, 56.0), 44.0 if detail else 32.0)


def _node(node: Node, place: Place, size: Size) -> Iterator[str]:
    (x, y), told = place, f"{node.kind.value}: {node.label}"
    classes = ["node", node.kind.value]
    classes += ["subject"] if node.is_subject else []
    classes += [] if node.verdict is None else ["allowed" if node.verdict else "denied"]
    detail = f" ({node.detail})" if node.detail else ""
    yield f'<g class="{" ".join(classes)}"><title>{xml_text(f"{told}{detail} — {node.id}")}</title>'
    yield f'<path d="{_outline(node.kind, x, y, size)}"/>'
    line = y - 3 if node.detail else y + 4.5
    yield _text(x, line, LABEL_SIZE, _label(node))
    if node.detail:
        yield _text(x, y + 13, DETAIL_SIZE, cut_text(node.detail, MAX_LABEL), name="detail")
    yield "</g>"


def _text(x: float, y: float, size: int, text: str, *, name: str = "") -> str:
    class_ = f' class="{name}"' if name else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="middle"'
    return f"<text{class_} {place}>{xml_text(text)}</text>"


def _outline(kind: NodeKind, x: float, y: float, size: Size) -> str:
    """The shape of a node: users round, roles and defaults pointed, resources with a corner cut."""
    left, right = x - size.width / 2, x + size.width / 2
    top, bottom = y - size.height / 2, y + size.height / 2
    if kind in (NodeKind.ROLE, NodeKind.DEFAULT, NodeKind.EVERYONE):
        corners = [(left + 9, top), (right - 9, top), (right, y)]
        corners += [(right - 9, bottom), (left + 9, bottom), (left, y)]
        return _polygon(corners)
    if kind is NodeKind.RESOURCE:
        corners = [(left, top), (right - 9, top), (right, top + 9), (right, bottom)]
        return _polygon([*corners, (left, bottom)])
    r = size.height / 2 if kind is NodeKind.USER else 5.0
    return (
        f"M{left + r:.1f} {top:.1f}H{right - r:.1f}A{r} {r} 0 0 1 {right:.1f} {top + r:.1f}"
        f"V{bottom - r:.1f}A{r} {r} 0 0 1 {right - r:.1f} {bottom:.1f}H{left + r:.1f}"
        f"A{r} {r} 0 0 1 {left:.1f} {bottom - r:.1f}V{top + r:.1f}"
        f"A{r} {r} 0 0 1 {left + r:.1f} {top:.1f}Z"
    )


def _polygon(corners: Sequence[Place]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"


def _edges(
    graph: Graph,
    ends: Sequence[tuple[int, int]],
    places: Sequence[Place],
    ways: Sequence[tuple[Place, ...]],
    sizes: Sequence[Size],
) -> Iterator[str]:
    """The edges, those that decide last and so above the others."""
    ports = _ports(ends, places, ways, sizes)
    out = [0] * len(places)
    into = [0] * len(places)
    for source, target in ends:
        out[source] += 1
        into[target] += 1
    order = sorted(range(len(ends)), key=lambda at: graph.edges[at].decides)
    for at in order:
        source, target = ends[at]
        points = [ports[at, 0], *ways[at], ports[at, 1]]
        # Where many leave one node the words stand at their ends, where many meet at their begin.
        edge, is_late = graph.edges[at], out[source] > into[target]
        yield from _edge(edge, points, is_late=is_late, is_against=is_denying(graph, edge))


def _ports(
    ends: Sequence[tuple[int, int]],
    places: Sequence[Place],
    ways: Sequence[tuple[Place, ...]],
    sizes: Sequence[Size],
) -> dict[tuple[int, int], Place]:
    """Where each edge leaves its source (0) and meets its target (1): side by side, in order."""
    sides: dict[tuple[int, bool], list[tuple[float, int, int]]] = {}
    for at, (source, target) in enumerate(ends):
        points = [places[source], *ways[at], places[target]]
        sides.setdefault((source, points[1][0] >= points[0][0]), []).append((points[1][1], at, 0))
        sides.setdefault((target, points[-2][0] > points[-1][0]), []).append((points[-2][1], at, 1))
    found: dict[tuple[int, int], Place] = {}
    for (node, is_right), meeting in sides.items():
        (x, y), size = places[node], sizes[node]
        gap = min(_PORT_GAP, (size.height - 10) / len(meeting))
        for turn, (_, at, end) in enumerate(sorted(meeting)):
            shift = (turn - (len(meeting) - 1) / 2) * gap
            found[at, end] = (x + size.width / 2 * (1 if is_right else -1), y + shift)
    return found


def _edge(edge: Edge, points: Sequence[Place], *, is_late: bool, is_against: bool) -> Iterator[str]:
    classes = ["edge", edge.kind.value]
    classes += ["dashed"] if edge.kind in GIVES_NOTHING else []
    head = "end"
    if edge.decides:
        classes += ["decides", "against"] if is_against else ["decides"]
        head = "no" if is_against else "yes"
    told = f"{edge.source} → {edge.target}: {edge.kind.value}"
    told += f" ({edge.label})" if edge.label else ""
    told += ", decides" if edge.decides else ""
    yield f'<g class="{" ".join(classes)}"><title>{xml_text(told)}</title>'
    yield f'<path d="{_curve(points)}" marker-end="url(#{head})"/>'
    if edge.label:
        words = cut_text(edge.label, MAX_LABEL)
        x, y = _beside(points, text_width(words, WORDS_SIZE), is_late=is_late)
        yield _text(x, y + 3.5, WORDS_SIZE, words, name="words")
    yield "</g>"


def _curve(points: Sequence[Place]) -> str:
    drawn = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        bend = _bend(x, to_x)
        drawn.append(f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
    return "".join(drawn)


def _bend(x: float, to_x: float) -> float:
    """How far a curve goes on straight at its ends."""
    return (to_x - x) / 2


def _beside(points: Sequence[Place], width: float, *, is_late: bool) -> Place:
    """Where words of a width stand on a curve: next to its begin, or to its end."""
    start, end = (points[-2], points[-1]) if is_late else (points[0], points[1])
    way, room = end[0] - start[0], width / 2 + _WORDS_GAP
    if not abs(way) > 2 * room:
        return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    wanted = way - room if way > 0 else way + room
    share = (wanted if is_late else way - wanted) / way
    return start[0] + share * way, start[1] + _rise(share) * (end[1] - start[1])


def _rise(share: float) -> float:
    """How much of its height a curve has gained at a share of its width."""
    low, high = 0.0, 1.0
    for _ in range(20):
        at = (low + high) / 2
        # Along x the controls lie at 0, 1/2, 1/2 and 1; along y at 0, 0, 1 and 1.
        along = 1.5 * at * (1 - at) + at**3
        low, high = (at, high) if along < share else (low, at)
    return low**2 * (3 - 2 * low)


def _arrow_head(name: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" '
        'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 1L10 5L0 9Z"/></marker>'
    )
