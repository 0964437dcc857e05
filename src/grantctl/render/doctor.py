"""What `doctor` found, as a tree for a terminal and as a document.

Owns the words around the rows: the verdict in the first line, a section in one line where all of it
was skipped, and advice on lines of its own to be copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TextIO

from grantctl.render.columns import Column, select
from grantctl.render.document import write_document
from grantctl.render.style import Style
from grantctl.render.tree import Node, Tone, write_tree
from grantctl.render.values import plain

Row = Mapping[str, str]  # the columns below, all of them

COLUMNS = (
    Column("status", "Status"),
    Column("check", "Check", is_name=True),
    Column("subject", "Subject"),
    Column("message", "What was found"),
    Column("advice", "What helps"),
    Column("section", "Section", is_extra=True),
)
SCHEMA = "grantctl.doctor/v1"

_TONES = {
    "ok": Tone.YES,
    "note": Tone.ASIDE,
    "warning": Tone.WARNING,
    "failure": Tone.NO,
    "skipped": Tone.SKIPPED,
}
_WORST_FIRST = ("failure", "warning", "skipped", "note", "ok")
_NOUNS = {"failure": "failure", "warning": "warning", "note": "note"}


def write_findings(stream: TextIO, rows: Sequence[Row], style: Style) -> None:
    """Write the tree: a section a branch, a row a line, its advice below it."""
    sections = [list(group) for _, group in groupby(rows, key=lambda row: row["section"])]
    root = Node(_verdict(rows), _worst(rows), tuple(map(_section, sections)))
    write_tree(stream, root, style)


def write_findings_document(
    stream: TextIO, rows: Iterable[Row], counts: Mapping[str, int], style: Style
) -> None:
    """Write JSON or YAML; `--fields` chooses those of the rows. Raises UsageError."""
    keys = select([column.key for column in COLUMNS], style)
    checks = [{key: plain(row[key]) for key in keys} for row in rows]
    data = {"checks": plain(checks), "counts": plain(counts)}
    write_document(stream, data, schema=SCHEMA, format=style.format)


def _verdict(rows: Sequence[Row]) -> str:
    parts = [*_counted(rows)]
    skipped = sum(row["status"] == "skipped" for row in rows)
    parts += [f"{skipped} skipped"] if skipped else []
    return ", ".join(parts) if parts else "all is well"


def _counted(rows: Sequence[Row]) -> Iterator[str]:
    for status, noun in _NOUNS.items():
        count = sum(row["status"] == status for row in rows)
        if count:
            yield f"{count} {noun}{'' if count == 1 else 's'}"


def _worst(rows: Sequence[Row]) -> Tone:
    found = {row["status"] for row in rows}
    return _TONES[next(status for status in _WORST_FIRST if status in found)]


def _section(rows: Sequence[Row]) -> Node:
    name = rows[0]["section"]
    reasons = {row["message"] for row in rows}
    if all(row["status"] == "skipped" for row in rows) and len(reasons) == 1:
        return Node(f"{name}: skipped, {reasons.pop()}", Tone.SKIPPED)
    return Node(name, _worst(rows), tuple(map(_row, rows)))


def _row(row: Row) -> Node:
    about = f" {row['subject']}" if row["subject"] else ""
    children = (Node(row["advice"], Tone.TITLE),) if row["advice"] else ()
    return Node(f"{row['check']}{about}: {row['message']}", _TONES[row["status"]], children)
