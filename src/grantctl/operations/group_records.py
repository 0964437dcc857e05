"""Groups as plain values: what lists and changes show of one, and what audit entries keep.

Owns the way from rows to records. Leaves every change to `groups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from grantctl.errors import NotFoundError
from grantctl.evaluation.facts import Group
from grantctl.operations.group_tree import MemberCount, Path, path_to, read_upward
from grantctl.store.session import reader_of
from grantctl.store.tables import GroupPermissionRow, GroupRow, PermissionRow


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A group; times are aware UTC.

    `path` leads from the top-level group down to this one, both included.
    """

    id: str
    name: str
    description: str
    parent: Group | None
    path: Path
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group as lists show one."""

    group: GroupRecord
    members: MemberCount


@dataclass(frozen=True, slots=True)
class GroupDetail:
    """A group with all that hangs on it. `flags`: key → what the group sets."""

    group: GroupRecord
    members: MemberCount
    expired_count: int
    children: tuple[Group, ...]
    flags: Mapping[str, bool]


def find_group_row(session: Session, reference: str) -> GroupRow:
    """The group of that id or unique name. Raises NotFoundError, AmbiguousError."""
    row = session.get(GroupRow, reader_of(session).find_group(reference).pk)
    if row is None:
        raise NotFoundError(f"no group `{reference}`", hint="grantctl groups list")
    return row


def group_record(session: Session, row: GroupRow) -> GroupRecord:
    """The plain value of a row."""
    session.flush()
    return record_of(row, read_upward(session, [row.pk]))


def group_facts(group: GroupRecord) -> dict[str, Any]:
    """A group as audit entries keep it; the parent by its id."""
    parent = None if group.parent is None else group.parent.id
    return {"name": group.name, "description": group.description, "parent": parent}


def read_children(session: Session, pk: int) -> tuple[Group, ...]:
    """The groups right below this one, by name."""
    rows = session.exec(
        select(GroupRow.pk, GroupRow.id, GroupRow.name)
        .where(GroupRow.parent_pk == pk)
        .order_by(col(GroupRow.name), col(GroupRow.id))
    )
    return tuple(Group(child, id, name, pk) for child, id, name in rows)


def read_flags(session: Session, pk: int) -> dict[str, bool]:
    """What the group sets, by key."""
    rows = session.exec(
        select(PermissionRow.key, GroupPermissionRow.allowed)
        .where(
            GroupPermissionRow.group_pk == pk,
            PermissionRow.pk == GroupPermissionRow.permission_pk,
        )
        .order_by(col(PermissionRow.key))
    )
    return {key: bool(allowed) for key, allowed in rows}


def record_of(row: GroupRow, groups: Mapping[int, Group]) -> GroupRecord:
    return GroupRecord(
        id=row.id,
        name=row.name,
        description=row.description,
        parent=None if row.parent_pk is None else groups.get(row.parent_pk),
        path=path_to(groups, row.pk),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
