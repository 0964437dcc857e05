"""The groups of a database, and how they are nested.

Owns how a group becomes ours, its permissions and members apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from grantctl.interop.directory import ForeignGroup
from grantctl.interop.openwebui.findings import Findings, quoted
from grantctl.interop.openwebui.layout import Layout
from grantctl.interop.openwebui.users import MAX_FOREIGN_NAME_LENGTH
from grantctl.interop.openwebui.values import (
    as_text,
    created_at,
    fitted,
    is_known,
    principal_problem,
)
from grantctl.model import MAX_DESCRIPTION_LENGTH
from grantctl.store.connection import Connection, Row

_MAX_SHOWN_CYCLE = 8


class GroupRow(NamedTuple):
    """A group as the source has it; `permissions` and `members` are JSON texts."""

    created_at: datetime
    id: str
    name: str | None
    description: str | None
    parent: str | None
    permissions: str | None
    members: str | None


def read_group_rows(
    connection: Connection, layout: Layout, findings: Findings
) -> tuple[GroupRow, ...]:
    """Every group whose id may be one of ours, those created first at the head."""
    rows: dict[str, GroupRow] = {}
    for columns in connection.stream(layout.groups_query, size=100):
        row = _row(columns, rows.keys(), findings)
        if row is not None:
            rows[row.id] = row
    return tuple(sorted(rows.values(), key=lambda row: (row.created_at, row.id)))


def _row(columns: Row, known: Collection[str], findings: Findings) -> GroupRow | None:
    group_id, name, description, moment, permissions, parent, members = columns
    id_text = as_text(group_id)
    subject = findings.about("group", id_text)
    problem = "another group has its id" if id_text in known else principal_problem(id_text)
    if problem or not id_text:
        subject.rejected(f"{problem}: left out, with its memberships and permissions")
        return None
    return GroupRow(
        created_at=created_at(moment, subject),
        id=id_text,
        name=as_text(name),
        description=as_text(description),
        parent=as_text(parent),
        permissions=as_text(permissions),
        members=as_text(members),
    )


def groups_of(rows: Sequence[GroupRow], findings: Findings) -> tuple[ForeignGroup, ...]:
    """The groups in our words, in the order of the rows."""
    parents = _parents(rows, findings)
    groups = tuple(_group(row, parents[row.id], findings) for row in rows)
    _tell_of_cycles(groups, findings)
    return groups


def _group(row: GroupRow, parent: str | None, findings: Findings) -> ForeignGroup:
    subject = findings.about("group", row.id)
    name = row.name or ""
    if not name.strip():
        subject.adapted("it has no name: its id is taken")
        name = row.id
    return ForeignGroup(
        id=row.id,
        name=fitted(name, what="name", longest=MAX_FOREIGN_NAME_LENGTH, subject=subject),
        description=fitted(
            row.description or "",
            what="description",
            longest=MAX_DESCRIPTION_LENGTH,
            subject=subject,
        ),
        parent_id=parent,
        created_at=row.created_at,
    )


def _parents(rows: Sequence[GroupRow], findings: Findings) -> dict[str, str | None]:
    known = {row.id for row in rows}
    parents: dict[str, str | None] = {}
    for row in rows:
        subject = findings.about("group", row.id)
        parents[row.id] = None
        if row.parent == row.id:
            subject.adapted("it is its own parent: kept without")
        elif row.parent is not None and not is_known(row.parent, known):
            subject.adapted(f"its parent {quoted(row.parent)} does not exist: kept without")
        else:
            parents[row.id] = row.parent
    return parents


def _tell_of_cycles(groups: Sequence[ForeignGroup], findings: Findings) -> None:
    """One finding for each cycle, about that group of it which was created first."""
    by_id = {group.id: group for group in groups}
    rank = {group.id: at for at, group in enumerate(groups)}
    done: set[str] = set()
    for group in groups:
        way: dict[str, int] = {}
        at: str | None = group.id
        while at is not None and at not in done and at not in way:
            way[at] = len(way)
            at = by_id[at].parent_id
        if at is not None and at in way:
            cycle = list(way)[way[at] :]
            first = cycle.index(min(cycle, key=rank.__getitem__))
            _tell_of_cycle([*cycle[first:], *cycle[:first]], by_id, findings)
        done.update(way)


def _tell_of_cycle(
    cycle: list[str], groups: Mapping[str, ForeignGroup], findings: Findings
) -> None:
    shown = [quoted(groups[one].name) for one in cycle[:_MAX_SHOWN_CYCLE]]
    if len(cycle) > _MAX_SHOWN_CYCLE:
        shown.append(f"{len(cycle) - _MAX_SHOWN_CYCLE} more")
    way = " → ".join([*shown, shown[0]])
    findings.about("group", cycle[0]).adapted(f"its parents form a cycle: {way}; kept as it is")
