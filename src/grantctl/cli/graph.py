"""`grantctl graph`: the part of the directory that decides, to look at."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.asking import parse_asked
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_graphed
from grantctl.cli.questions import (
    ALL,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_ASKED,
    RESOURCE,
)
from grantctl.config import choices_hint
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.graph import Graph
from grantctl.lean import dataclass
from grantctl.render.dot import dot_lines
from grantctl.render.graphs import (
    EDGE_COLUMNS,
    NODE_COLUMNS,
    edge_rows,
    graph_document,
    node_record,
    write_drawing,
)
from grantctl.render.mermaid import mermaid_lines
from grantctl.render.style import Format
from grantctl.render.svg import svg_lines

if TYPE_CHECKING:
    from grantctl.cli.asking import Asked
    from grantctl.operations.graphs import Subject, SubjectKind
    from grantctl.store.reader import Reader

app = new_app("The part of the directory that decides, to look at.")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a graph is drawn, and how that language writes a character by its number."""

    lines: Callable[[Graph], Iterator[str]]
    reference: str


DRAWINGS = {
    "mermaid": Drawing(mermaid_lines, "#{};"),
    "dot": Drawing(dot_lines, "&#{};"),
    "svg": Drawing(svg_lines, "&#{};"),
}
REF = Annotated[
    str,
    typer.Argument(
        metavar="USER|GROUP|KEY|TYPE:ID",
        help="a user, a group, a permission or category, or a resource",
        autocompletion=complete_graphed,
        show_default=False,
    ),
]


def complete_kind(incomplete: str) -> list[str]:
    """Kinds of what a graph is about that begin so."""
    return [kind for kind in operations.graphs.SubjectKind if kind.startswith(incomplete)]


def complete_drawing(incomplete: str) -> list[str]:
    """Formats of drawings that begin so."""
    return [drawing for drawing in DRAWINGS if drawing.startswith(incomplete)]


AS = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="KIND",
        help="what the first word names: user, group, key or resource",
        autocompletion=complete_kind,
        show_default=False,
    ),
]
DRAWING = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="mermaid (as it is without), dot or svg",
        autocompletion=complete_drawing,
        show_default=False,
    ),
]
LIMIT = Annotated[
    int,
    typer.Option(
        "--limit", metavar="N", min=1, max=1000, help="at most so many of each kind of neighbour"
    ),
]


@command(app, "graph")
def graph(
    call: Call,
    ref: REF,
    asked: OPTIONAL_ASKED = None,
    resource: RESOURCE = None,
    as_: AS = None,
    drawing: DRAWING = None,
    limit: LIMIT = 20,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
) -> ExitCode:
    """Draw what lies around a user, a group, a permission or a resource; or, with KEY or with
    ACTION TYPE:ID behind a user, what was looked at to decide. As Mermaid, DOT or SVG, with -o as
    data: json and yaml hold nodes and edges, name the nodes, the others a row an edge."""
    draw, kind = _drawing(call, drawing), None if as_ is None else _kind(as_)
    question = None
    if asked is not None:
        if kind not in (None, operations.graphs.SubjectKind.USER):
            raise UsageError("a question is about a user", hint="grantctl graph USER KEY")
        ignored = {"ignore_owner": ignore_owner, "ignore_base": ignore_base}
        question = parse_asked(
            asked, resource, ignore_role=ignore_role, require_all=every, **ignored
        )
    elif every or ignore_owner or ignore_base:
        raise UsageError(
            "`--all`, `--ignore-owner` and `--ignore-base` go with a question",
            hint="grantctl graph USER KEY, or grantctl graph USER ACTION TYPE:ID",
        )
    now = datetime.now(UTC)
    with call.database.reader() as reader:
        meant = operations.graphs.SubjectKind.USER if question is not None else kind
        subject = operations.graphs.find_subject(reader, ref, meant)
        if question is None:
            found = operations.graphs.draw_subject(
                reader, subject, now=now, limit=limit, ignore_role=ignore_role
            )
        else:
            found = _decided(reader, subject, question, now=now, limit=limit)
    _show(call, found, draw)
    return ExitCode.OK


def _decided(
    reader: Reader, subject: Subject, question: Asked, *, now: datetime, limit: int
) -> Graph:
    user = subject.reference
    if question.ref is not None and question.access is not None:
        return operations.graphs.draw_access(
            reader, user, question.ref, question.access, now=now, limit=limit
        )
    assert question.key is not None
    assert question.permission is not None
    return operations.graphs.draw_decision(
        reader, user, question.key, question.permission, now=now, limit=limit
    )


def _drawing(call: Call, name: str | None) -> Drawing | None:
    """How to draw it; None where it is asked for as data. Raises UsageError."""
    is_data = (
        call.style.format is not Format.TABLE
        or bool(call.style.fields)
        or call.flags.get("output") is not None
    )
    if name is None:
        return None if is_data else DRAWINGS["mermaid"]
    if name not in DRAWINGS:
        raise UsageError(f"no drawing `{name[:60]}`", hint=choices_hint(name, tuple(DRAWINGS)))
    if is_data:
        raise UsageError("`--format` draws, `-o` and `--fields` list: not both")
    return DRAWINGS[name]


def _kind(text: str) -> SubjectKind:
    try:
        return operations.graphs.SubjectKind(text)
    except ValueError:
        hint = choices_hint(text, tuple(operations.graphs.SubjectKind))
        raise UsageError(f"no kind `{text[:60]}`", hint=hint) from None


def _show(call: Call, graph: Graph, draw: Drawing | None) -> None:
    left_out = f"{graph.left_out:,} left out: a higher --limit shows more"
    warnings = [left_out] if graph.left_out else []
    if draw is not None:
        write_drawing(sys.stdout, draw.lines(graph), reference=draw.reference)
        for warning in warnings:
            call.warn(warning)
    elif call.style.format in (Format.JSON, Format.YAML):
        document = graph_document(graph)
        call.show_record("graph", document, name_key="title", warnings=warnings)
    elif call.style.format is Format.NAME:
        rows = map(node_record, graph.nodes)
        call.show_rows("graph-nodes", rows, NODE_COLUMNS, warnings=warnings)
    else:
        call.show_rows("graph-edges", edge_rows(graph), EDGE_COLUMNS, warnings=warnings)
