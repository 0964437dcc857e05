"""Groups: made, renamed, moved below one another, deleted.

Owns the guards: a new name is no other group's name or id, and no group comes to lie below itself.
Both are decided inside the transaction, under the writers' lock. Leaves members to `memberships`,
flags to `flags`, and deleting to `group_deletion`, whose names it offers too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from grantctl.errors import ConflictError, GroupCycleError, InvalidError
from grantctl.model import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, require_text
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.group_deletion import DeletedGroup, delete_groups, plan_deletion
from grantctl.operations.group_records import (
    GroupDetail,
    GroupRecord,
    ListedGroup,
    find_group_row,
    group_facts,
    group_record,
    read_children,
    read_flags,
    record_of,
)
from grantctl.operations.group_tree import Path, count_members, counts_at, read_upward
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.store.database import Database
from grantctl.store.session import read_session
from grantctl.store.tables import GroupRow, MembershipRow

__all__ = [
    "DeletedGroup",
    "GroupChange",
    "GroupDetail",
    "GroupRecord",
    "ListedGroup",
    "Outcome",
    "create_group",
    "delete_groups",
    "list_groups",
    "move_group",
    "plan_deletion",
    "show_group",
    "update_group",
]


class Outcome(StrEnum):
    """What became of a group."""

    CREATED = "created"
    UPDATED = "updated"
    MOVED = "moved"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a change did to a group, and where it was before."""

    outcome: Outcome
    group: GroupRecord
    former_path: Path


def list_groups(
    database: Database, request: PageRequest, *, now: datetime, text: str | None = None
) -> Page[ListedGroup]:
    """Groups in the order of their making.

    `text` is looked for in name and description, whatever its case. Raises UsageError,
    DatabaseError.
    """
    with read_session(database) as session:
        query = select(GroupRow).where(col(GroupRow.pk) > request.after).order_by(col(GroupRow.pk))
        if request.limit is not None and not text:
            query = query.limit(request.limit + 1)
        # Compared here, not by the database: with our collation, Postgres lowers ASCII only.
        matching = (row for row in session.exec(query) if _has_text(row, text))
        rows = list(islice(matching, None if request.limit is None else request.limit + 1))
        pks = [row.pk for row in rows]
        groups, members = read_upward(session, pks), count_members(session, pks, now)
        return cut(
            [(row.pk, ListedGroup(record_of(row, groups), members[row.pk])) for row in rows],
            request,
        )


def show_group(database: Database, reference: str, *, now: datetime) -> GroupDetail:
    """One group. Raises NotFoundError, AmbiguousError, DatabaseError."""
    with read_session(database) as session:
        row = find_group_row(session, reference)
        expired = select(func.count()).where(MembershipRow.group_pk == row.pk, ~counts_at(now))
        return GroupDetail(
            group=group_record(session, row),
            members=count_members(session, [row.pk], now)[row.pk],
            expired_count=int(session.exec(expired).one()),
            children=read_children(session, row.pk),
            flags=read_flags(session, row.pk),
        )


def create_group(
    database: Database,
    intent: Intent,
    *,
    name: str,
    description: str = "",
    parent: str | None = None,
) -> GroupChange:
    """Make a group, below `parent` if one is named.

    Raises InvalidError, ConflictError where the name is another group's name or id, NotFoundError,
    AmbiguousError.
    """
    _require_texts(name, description)

    def work(change: Change) -> GroupChange:
        session = change.session
        _require_free_name(session, name, None)
        row = GroupRow(
            id=str(uuid4()),
            name=name,
            description=description,
            parent_pk=None if parent is None else find_group_row(session, parent).pk,
            created_at=change.now,
            updated_at=change.now,
        )
        session.add(row)
        session.flush()
        group = group_record(session, row)
        change.record("group.create", "group", row.id, after=group_facts(group))
        return GroupChange(Outcome.CREATED, group, ())

    return perform(database, intent, work)


def update_group(
    database: Database,
    intent: Intent,
    reference: str,
    *,
    name: str | None = None,
    description: str | None = None,
) -> GroupChange:
    """Change a group's name or description.

    Raises InvalidError, ConflictError where the name is another group's name or id, NotFoundError,
    AmbiguousError.
    """
    if name is None and description is None:
        raise InvalidError("nothing to change", hint="--name NAME or --description TEXT")
    _require_texts(name, description)

    def work(change: Change) -> GroupChange:
        row = find_group_row(change.session, reference)
        before = group_record(change.session, row)
        if name is not None and name != row.name:
            _require_free_name(change.session, name, row.pk)
            row.name = name
        if description is not None:
            row.description = description
        return _save(change, row, before, Outcome.UPDATED)

    return perform(database, intent, work)


def move_group(
    database: Database, intent: Intent, reference: str, parent: str | None
) -> GroupChange:
    """Put a group below another one, or for None to the top level.

    Raises GroupCycleError where the parent is the group itself or lies below it, NotFoundError,
    AmbiguousError.
    """

    def work(change: Change) -> GroupChange:
        session = change.session
        row = find_group_row(session, reference)
        before = group_record(session, row)
        above = (
            () if parent is None else group_record(session, find_group_row(session, parent)).path
        )
        _require_no_cycle(row, above)
        row.parent_pk = above[-1].pk if above else None
        return _save(change, row, before, Outcome.MOVED)

    return perform(database, intent, work)


def _has_text(row: GroupRow, text: str | None) -> bool:
    part = (text or "").casefold()
    return part in row.name.casefold() or part in row.description.casefold()


def _require_texts(name: str | None, description: str | None) -> None:
    if name is not None:
        require_text(name, what="a group's name", longest=MAX_NAME_LENGTH)
    if description is not None:
        require_text(description, what="a description", longest=MAX_DESCRIPTION_LENGTH, empty=True)


def _require_free_name(session: Session, name: str, own_pk: int | None) -> None:
    taken = select(GroupRow).where(or_(GroupRow.name == name, GroupRow.id == name))
    for holder in session.exec(taken.limit(2)):
        if holder.pk == own_pk:
            continue
        what = "name" if holder.name == name else "id"
        raise ConflictError(
            f"`{name}` is the {what} of another group", hint=f"grantctl groups show {holder.id}"
        )


def _require_no_cycle(row: GroupRow, above: Path) -> None:
    pks = [group.pk for group in above]
    if row.pk not in pks:
        return
    chain = [group.name for group in above[pks.index(row.pk) :]]
    if len(chain) == 1:
        raise GroupCycleError(f"`{row.name}` cannot be below itself")
    raise GroupCycleError(
        f"`{row.name}` cannot be below `{chain[-1]}`: {' → '.join(chain)} would meet itself",
        hint=f"move `{chain[-1]}` elsewhere first: grantctl groups move {above[-1].id} --root",
    )


def _save(change: Change, row: GroupRow, before: GroupRecord, outcome: Outcome) -> GroupChange:
    """Write a row that differs from what it was, with its audit entry; others stay untouched."""
    after = group_record(change.session, row)
    if group_facts(after) == group_facts(before):
        return GroupChange(Outcome.UNCHANGED, before, before.path)
    row.updated_at = change.now
    change.session.add(row)
    change.session.flush()
    action = "group.move" if outcome is Outcome.MOVED else "group.update"
    change.record(action, "group", row.id, before=group_facts(before), after=group_facts(after))
    return GroupChange(outcome, group_record(change.session, row), before.path)
