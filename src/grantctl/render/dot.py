"""Graphs in DOT, the language of Graphviz.

Owns the shapes and the escaping. Labels are data: no quote, backslash or entity in one is read as
DOT's own.
"""

from __future__ import annotations

from grantctl.evaluation.graph import GIVES_NOTHING, Edge, Graph, Node, NodeKind, is_denying
from grantctl.render.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHAPES: Mapping[NodeKind, str] = {
    NodeKind.USER: "ellipse",
    NodeKind.ROLE: "hexagon",
    NodeKind.GROUP: "box",
    NodeKind.EVERYONE: "doubleoctagon",
    NodeKind.DEFAULT: "octagon",
    NodeKind.PERMISSION: "note",
    NodeKind.CATEGORY: "folder",
    NodeKind.RESOURCE: "component",
    NodeKind.MISSING: "box",
    NodeKind.MORE: "plaintext",
}
_ALLOWED, _DENIED, _PLAIN = "#0072B2", "#D55E00", "#555555"  # apart for the colour-blind, too


def dot_lines(graph: Graph) -> Iterator[str]:
    """The lines of the graph, from left to right, without their ends."""
    names = {node.id: f"n{at}" for at, node in enumerate(graph.nodes)}
    title = f"{graph.title}: {graph.decided}" if graph.decided else graph.title
    yield "digraph grantctl {"
    yield f"  graph [rankdir=LR, label={_quoted(title)}, labelloc=t, fontname=Helvetica];"
    yield "  node [fontname=Helvetica, fontsize=11];"
    yield "  edge [fontname=Helvetica, fontsize=9];"
    for node in graph.nodes:
        yield f"  {names[node.id]} [{_attributes(_of_node(node))}];"
    for edge in graph.edges:
        ends = f"{names[edge.source]} -> {names[edge.target]}"
        yield f"  {ends} [{_attributes(_of_edge(graph, edge))}];"
    yield "}"


def _of_node(node: Node) -> dict[str, str]:
    label = _escaped(node.label) + (rf"\n{_escaped(node.detail)}" if node.detail else "")
    found = {"label": f'"{label}"', "tooltip": _quoted(node.id), "shape": _SHAPES[node.kind]}
    if node.verdict is not None:
        found["color"] = f'"{_ALLOWED if node.verdict else _DENIED}"'
    if node.kind is NodeKind.MISSING:
        found["style"] = "dashed"
    if node.is_subject:
        found["penwidth"] = "2"
    return found


def _of_edge(graph: Graph, edge: Edge) -> dict[str, str]:
    found = {"label": _quoted(edge.label)} if edge.label else {}
    color = _PLAIN
    if edge.decides:
        color = _DENIED if is_denying(graph, edge) else _ALLOWED
        found["penwidth"] = "2.5"
    found["color"] = f'"{color}"'
    if edge.kind in GIVES_NOTHING:
        found["style"] = "dashed"
    return found


def _attributes(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    r"""Text as DOT reads it back: `\N`, `\"` and `&lt;` in a label would be its own escapes."""
    safe = escape(text).replace("\\", "\\\\").replace('"', '\\"')
    return safe.replace("&", "&amp;")
