"""Graphs as plain values, for every output that is no drawing.

Owns the names of the JSON contract `grantctl.graph/v1`, and the columns of nodes and edges.
"""

from __future__ import annotations

from grantctl.evaluation.graph import Edge, Graph, Node
from grantctl.render.columns import Column
from grantctl.render.escape import is_encodable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from grantctl.render.decisions import Document

EDGE_COLUMNS = (
    Column("source_label", "From"),
    Column("kind", "Edge"),
    Column("target_label", "To"),
    Column("label", "Label"),
    Column("decides", "Decides"),
    Column("source", "From id", is_extra=True),
    Column("target", "To id", is_extra=True),
)
NODE_COLUMNS = (
    Column("id", "Id", is_name=True),
    Column("kind", "Kind"),
    Column("label", "Label"),
    Column("detail", "Detail"),
    Column("allowed", "Allowed"),
    Column("is_subject", "Subject"),
)


def write_drawing(stream: TextIO, lines: Iterable[str], *, reference: str) -> None:
    """Write a drawing's lines; what the stream cannot encode as the reference of its language.

    `reference`: how that language writes a character by its number, e.g. `&#{};`.
    """
    for line in lines:
        if is_encodable(line, stream):
            stream.write(line + "\n")
        else:
            characters = (
                one if is_encodable(one, stream) else reference.format(ord(one)) for one in line
            )
            stream.write("".join(characters) + "\n")


def graph_document(graph: Graph) -> Document:
    """The whole graph as JSON."""
    return {
        "title": graph.title,
        "allowed": graph.verdict,
        "cause": graph.cause or None,
        "left_out": graph.left_out,
        "nodes": [node_record(node) for node in graph.nodes],
        "edges": [_edge_record(edge) for edge in graph.edges],
    }


def node_record(node: Node) -> dict[str, object]:
    """A node as a row."""
    return {
        "id": node.id,
        "kind": node.kind.value,
        "label": node.label,
        "detail": node.detail,
        "allowed": node.verdict,
        "is_subject": node.is_subject,
    }


def edge_rows(graph: Graph) -> Iterator[dict[str, object]]:
    """A row an edge, with the labels of its ends."""
    labels = {node.id: node.label for node in graph.nodes}
    for edge in graph.edges:
        yield {
            "source_label": labels[edge.source],
            "kind": edge.kind.value,
            "target_label": labels[edge.target],
            "label": edge.label,
            "decides": edge.decides,
            "source": edge.source,
            "target": edge.target,
        }


def _edge_record(edge: Edge) -> dict[str, object]:
    return {
        "source": edge.source,
        "kind": edge.kind.value,
        "target": edge.target,
        "label": edge.label,
        "decides": edge.decides,
    }
