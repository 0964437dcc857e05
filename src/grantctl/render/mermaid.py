"""Graphs in Mermaid, which chats, wikis and code hosts draw.

Owns the shapes and the escaping. Labels are data: whatever Mermaid, its Markdown or HTML would read
as their own is written as a numeric entity, e-mail addresses and lists included.
"""

from __future__ import annotations

from grantctl.evaluation.graph import GIVES_NOTHING, Edge, Graph, Node, NodeKind
from grantctl.render.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHAPES: Mapping[NodeKind, tuple[str, str]] = {
    NodeKind.USER: ("([", "])"),
    NodeKind.ROLE: ("{{", "}}"),
    NodeKind.GROUP: ("[", "]"),
    NodeKind.EVERYONE: ("([", "])"),
    NodeKind.DEFAULT: ("{{", "}}"),
    NodeKind.PERMISSION: ("(", ")"),
    NodeKind.CATEGORY: ("[[", "]]"),
    NodeKind.RESOURCE: ("[(", ")]"),
    NodeKind.MISSING: ("[", "]"),
    NodeKind.MORE: ("[", "]"),
}
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ,")
_CLASSES = (
    "classDef allowed stroke:#0072B2,stroke-width:3px",
    "classDef denied stroke:#D55E00,stroke-width:3px,stroke-dasharray:6 3",
    "classDef subject stroke-width:3px",
    "classDef missing stroke-dasharray:2 3",
)


def mermaid_lines(graph: Graph) -> Iterator[str]:
    """The lines of the flowchart, from left to right, without their ends."""
    names = {node.id: f"n{at}" for at, node in enumerate(graph.nodes)}
    yield "flowchart LR"
    title = f"{graph.title}: {graph.decided}" if graph.decided else graph.title
    yield f"  %% {_comment(title)}"
    for node in graph.nodes:
        yield f"  {names[node.id]}{_of_node(node)}"
    for edge in graph.edges:
        yield f"  {names[edge.source]} {_arrow(edge)} {names[edge.target]}"
    used = {_class_of(node) for node in graph.nodes}
    yield from (f"  {line}" for line in _CLASSES if line.split()[1] in used)


def _of_node(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    label = _escaped(node.label) + (f"<br/>{_escaped(node.detail)}" if node.detail else "")
    name = _class_of(node)
    return f'{opening}"{label}"{closing}' + (f":::{name}" if name else "")


def _class_of(node: Node) -> str:
    if node.verdict is not None:
        return "allowed" if node.verdict else "denied"
    if node.is_subject:
        return "subject"
    return "missing" if node.kind in (NodeKind.MISSING, NodeKind.MORE) else ""


def _arrow(edge: Edge) -> str:
    arrow = "==>" if edge.decides else "-.->" if edge.kind in GIVES_NOTHING else "-->"
    return f'{arrow}|"{_escaped(edge.label)}"|' if edge.label else arrow


def _escaped(text: str) -> str:
    """The text with what may be markup as `#NNN;`: dots and dashes within words are none.

    Only that of `www.` is, since Markdown makes a link of what follows.
    """
    safe = escape(text)
    return "".join(
        one if one in _PLAIN or not one.isascii() or _is_within_word(safe, at) else f"#{ord(one)};"
        for at, one in enumerate(safe)
    )


def _is_within_word(text: str, at: int) -> bool:
    around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    is_link = text[:at].lower().endswith("www")
    return text[at] in ".-" and len(around) == 2 and around.isalnum() and not is_link


def _comment(text: str) -> str:
    """The text for a comment, where braces would be read as a directive."""
    return escape(text).replace("{", "(").replace("}", ")")
