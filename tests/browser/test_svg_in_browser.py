"""Drawings in a real browser: every word lies within its node, and what decides is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.graph import EdgeKind, Graph, Node, NodeKind, Sketch
from grantctl.evaluation.graph_of_user import graph_of_decision, graph_of_user
from grantctl.render.svg import svg_lines
from tests.browser.chromium import Page
from tests.cli.office import OFFICE, USERS
from tests.contract.worlds import NOW

BLUE, SKY = "#0072b2", "#56b4e9"
NODES = """
[...document.querySelectorAll("g.node")].map(node => {
  const outline = node.querySelector("path").getBoundingClientRect();
  return [...node.querySelectorAll("text")].map(text => {
    const box = text.getBoundingClientRect();
    return [text.textContent, Math.min(box.left - outline.left, outline.right - box.right,
      box.top - outline.top, outline.bottom - box.bottom)];
  });
}).flat()
"""
OUTLINES = """
[...document.querySelectorAll("g.node > path")].map(path => {
  const box = path.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom];
})
"""
ON_EDGE = """
(path => { const at = path.getPointAtLength(path.getTotalLength() / 4); return [at.x, at.y]; })
(document.querySelector("g.edge.parent > path"))
"""


def show(page: Page, graph: Graph, folder: Path) -> None:
    path = folder / "graph.svg"
    path.write_text("\n".join(svg_lines(graph)), encoding="utf-8")
    page.open(path)


def names_of_all_kinds() -> Graph:
    """Wide, long, odd and short names, on every kind of node."""
    sketch = Sketch(100)
    names = ("W" * 40, "i", "漢字かな交じり文", "x" * 400, "ada@example.com", "<b>&amp;</b>", "✓✗é")
    for kind in NodeKind:
        for name in names:
            node = Node(f"{kind}:{name}", kind, name, name[::-1], True, is_subject=True)
            sketch.add(node)
            if node.id != sketch.root:
                sketch.join(sketch.root, node.id, EdgeKind.GRANT, name)
    return sketch.finish("names", verdict=True, cause="so it is")


@pytest.mark.parametrize("name", ["names", "chen", "eli"])
def test_every_word_lies_within_its_node_and_no_node_on_another(
    page: Page, tmp_path: Path, name: str
) -> None:
    graph = {
        "names": names_of_all_kinds(),
        "chen": graph_of_user(OFFICE.facts(USERS[2]), now=NOW, limit=20),
        "eli": graph_of_user(OFFICE.facts(USERS[4]), now=NOW, limit=20),
    }[name]
    show(page, graph, tmp_path)
    words = page.value(NODES)
    assert len(words) >= len(graph.nodes)
    assert [(text, room) for text, room in words if room < 0] == []
    boxes = page.value(OUTLINES)
    for at, (left, top, right, bottom) in enumerate(boxes):
        for one_left, one_top, one_right, one_bottom in boxes[:at]:
            assert one_right < left or right < one_left or one_bottom < top or bottom < one_top


def test_what_decides_is_seen_in_its_colour_in_both_schemes(page: Page, tmp_path: Path) -> None:
    facts = OFFICE.facts(USERS[2])
    decision = decide(facts, "chat.controls", now=NOW)
    show(page, graph_of_decision(facts, decision, limit=20), tmp_path)
    x, y = page.value(ON_EDGE)
    assert BLUE in page.picture().colors(x - 1, y - 1, 3, 3)
    page.call(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    picture = page.picture()
    assert SKY in picture.colors(x - 1, y - 1, 3, 3)
    assert picture.color(3, 3) == "#16181c"


def test_a_denial_by_the_role_is_seen_in_its_own_colour(page: Page, tmp_path: Path) -> None:
    facts = OFFICE.facts(USERS[4])
    decision = decide(facts, "notes", now=NOW)
    show(page, graph_of_decision(facts, decision, limit=20), tmp_path)
    for kind in ("denies", "role"):
        style = f"getComputedStyle(document.querySelector('g.edge.{kind}.decides > path'))"
        assert page.value(f"{style}.stroke") == "rgb(184, 67, 0)"
    style = "getComputedStyle(document.querySelector('g.edge.denies > path'))"
    assert page.value(f"{style}.strokeDasharray") != "none"


def test_a_hostile_name_in_a_drawing_runs_nothing(page: Page, tmp_path: Path) -> None:
    sketch = Sketch(5)
    evil = "</text><script>document.documentElement.id='evil'</script>"
    sketch.add(Node("user:x", NodeKind.USER, evil, evil, is_subject=True))
    show(page, sketch.finish(evil), tmp_path)
    assert page.value("document.querySelectorAll('script').length") == 0
    assert page.value("document.documentElement.id") == ""
    assert page.value("document.title") == evil
