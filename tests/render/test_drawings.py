"""Graphs drawn: whatever a name holds is text there, and nothing of it is the drawing's own."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.evaluation.graph import EdgeKind, Graph, Node, NodeKind, Sketch
from grantctl.render.dot import dot_lines
from grantctl.render.escape import escape
from grantctl.render.graphs import write_drawing
from grantctl.render.markup import xml_text
from grantctl.render.mermaid import mermaid_lines
from grantctl.render.svg import svg_lines

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    '"]; evil [label="',
    "\\",
    '\\"',
    "<script>alert(1)</script>",
    "]]> --> <b>",
    "&lt;&#60;",
    "a#35;b",
    '"`**x**`"',
    "%%{init: {}}%%",
    "javascript:alert(1)",
    "1. one",
    "- item",
    "www.example.com",
    "http://example.com/x",
    "fa:fa-car",
    "a\u202eb\x1b[31m",
    "\ufffe\uffff",
    "日本語 ✓",
    "x" * 300,
    " ",
)
LABELS = st.sampled_from(HOSTILE) | st.text()


def graph_of(*labels: str) -> Graph:
    """Nodes of every kind with these labels, each joined to the first by an edge of a kind."""
    sketch = Sketch(10)
    kinds, edges = list(NodeKind), list(EdgeKind)
    for at, label in enumerate(labels):
        kind = kinds[at % len(kinds)]
        verdict = (None, True, False)[at % 3]
        sketch.add(Node(f"{at}:{label}", kind, label, label, verdict, is_subject=at == 0))
        ends = (f"0:{labels[0]}", f"{at}:{label}")
        sketch.join(*ends, edges[at % len(edges)], label, decides=at % 2 == 0)
    return sketch.finish(labels[0], verdict=True, cause=labels[-1])


def unquoted(line: str) -> str:
    """What of a line of DOT stands outside of quotes."""
    return re.sub(r'"(\\.|[^"\\])*"', "", line)


def read_dot(text: str) -> str:
    """A DOT string as Graphviz shows it."""
    return text.replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\").replace("&amp;", "&")


def read_mermaid(text: str) -> str:
    """A Mermaid label as it is shown."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


@given(st.lists(LABELS, min_size=1, max_size=12))
def test_dot_quotes_whatever_a_name_holds(labels: list[str]) -> None:
    lines = list(dot_lines(graph_of(*labels)))
    assert lines[-1] == "}"
    for line in lines[1:-1]:
        bare = unquoted(line)
        assert re.fullmatch(r"  \w+( -> \w+)? \[[\w =,.]*\];", bare), line
    found = [re.search(r'\[label="((\\.|[^"\\])*)", tooltip', line) for line in lines]
    shown = [
        read_dot(one[1].split("\\n")[0])
        for one in found
        if one is not None and "\\\\n" not in one[1]
    ]
    assert all(any(one == escape(label) for label in labels) for one in shown)


@given(st.lists(LABELS, min_size=1, max_size=12))
def test_mermaid_escapes_whatever_a_name_holds(labels: list[str]) -> None:
    lines = list(mermaid_lines(graph_of(*labels)))
    assert lines[0] == "flowchart LR"
    assert not [line for line in lines if "%%{" in line]
    texts = [text for line in lines[2:] for text in re.findall(r'"([^"]*)"', line)]
    for text in texts:
        first, _, second = text.partition("<br/>")
        assert not re.search(r"[<>`*_~\[\](){}|\\@:\"$]", first + second)
        assert not re.search(r"&|#(?!\d+;)", first + second)
    shown = {read_mermaid(text.partition("<br/>")[0]) for text in texts}
    assert shown <= {*map(escape, labels), "true", "false"}


@given(st.lists(LABELS, min_size=1, max_size=12))
def test_svg_is_sound_xml_that_holds_text_and_fetches_nothing(labels: list[str]) -> None:
    graph = graph_of(*labels)
    root = ET.fromstring("\n".join(svg_lines(graph)))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "defs", "marker", "path", "text", "g"}
    assert not [
        name
        for element in root.iter()
        for name in element.attrib
        if name.startswith("on") or "href" in name
    ]
    titles = [one.text or "" for one in root.iter(f"{SVG}title")]
    for node in graph.nodes:
        readable = xml_text(node.label)
        assert any(readable in xml_text(title) for title in titles)


def test_a_drawing_says_who_what_and_by_which_way() -> None:
    sketch = Sketch(5)
    sketch.add(Node("user:u1", NodeKind.USER, "ada@example.com", "Ada", is_subject=True))
    sketch.add(Node("permission:chat", NodeKind.PERMISSION, "chat", "allowed", True))
    sketch.join("user:u1", "permission:chat", EdgeKind.ALLOWS, decides=True)
    graph = sketch.finish("ada@example.com: chat", verdict=True, cause="because")
    root = ET.fromstring("\n".join(svg_lines(graph)))
    classes = [one.attrib["class"] for one in root.iter(f"{SVG}g")]
    assert classes == ["edge allows decides", "node user subject", "node permission allowed"]
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert texts == [
        "ada@example.com: chat",
        "allowed: because",
        "true",
        "ada@example.com",
        "Ada",
        "✓ chat",
        "allowed",
    ]


@pytest.mark.parametrize(
    ("lines", "reference", "shown"),
    [
        (svg_lines, "&#{};", "&#233;"),
        (dot_lines, "&#{};", "&#233;"),
        (mermaid_lines, "#{};", "#233;"),
    ],
)
def test_what_a_stream_cannot_encode_is_written_by_its_number(
    lines: object, reference: str, shown: str
) -> None:
    assert callable(lines)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    write_drawing(stream, lines(graph_of("é")), reference=reference)
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    assert shown in stream.buffer.getvalue().decode("ascii")
