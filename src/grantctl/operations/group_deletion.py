"""Groups deleted, and all that goes along with them.

Owns saying it before and after. Leaves to the database to take memberships, flags and access grants
away.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, delete, select, update

from grantctl.evaluation.facts import Group
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.chunks import in_chunks
from grantctl.operations.group_records import (
    find_group_row,
    group_facts,
    group_record,
    read_children,
    read_flags,
)
from grantctl.operations.resource_rows import grant_texts
from grantctl.store.database import Database, refuse_attached
from grantctl.store.resource_tables import AccessGrantRow
from grantctl.store.session import read_session
from grantctl.store.tables import GroupPermissionRow, GroupRow, MembershipRow, UserRow


@dataclass(frozen=True, slots=True)
class DeletedGroup:
    """A deleted group and what goes along with it.

    Expired memberships are counted too; `grants` as `model:gpt-4o read`; `children` are the groups
    that become top-level ones.
    """

    id: str
    name: str
    member_count: int
    flag_count: int
    grants: tuple[str, ...]
    children: tuple[Group, ...]


def plan_deletion(database: Database, references: list[str]) -> list[DeletedGroup]:
    """What `delete_groups` would do. Raises NotFoundError, AmbiguousError, GuardError."""
    refuse_attached(database)
    with read_session(database) as session:
        return _deletions(session, _find_rows(session, references))


def delete_groups(database: Database, intent: Intent, references: list[str]) -> list[DeletedGroup]:
    """Delete groups with their memberships, flags and access grants; all of them or none.

    Groups right below become top-level ones. Raises NotFoundError, AmbiguousError.
    """

    def work(change: Change) -> list[DeletedGroup]:
        session = change.session
        rows = _find_rows(session, references)
        deleted = _deletions(session, rows)
        for row, one in zip(rows, deleted, strict=True):
            change.record("group.delete", "group", row.id, before=_last_facts(session, row, one))
        orphans = [child.pk for one in deleted for child in one.children]
        for part in in_chunks(orphans):
            session.exec(
                update(GroupRow)
                .where(col(GroupRow.pk).in_(part))
                .values(parent_pk=None, updated_at=change.now)
            )
        for part in in_chunks([row.pk for row in rows]):
            session.exec(delete(GroupRow).where(col(GroupRow.pk).in_(part)))
        return deleted

    return perform(database, intent, work)


def _find_rows(session: Session, references: list[str]) -> list[GroupRow]:
    rows = [find_group_row(session, reference) for reference in dict.fromkeys(references)]
    return list({row.pk: row for row in rows}.values())


def _deletions(session: Session, rows: list[GroupRow]) -> list[DeletedGroup]:
    doomed = {row.pk for row in rows}
    grants: dict[int, list[str]] = {}
    for pk, text in grant_texts(session, column=AccessGrantRow.group_pk, pks=[*doomed]):
        grants.setdefault(pk, []).append(text)
    return [
        DeletedGroup(
            id=row.id,
            name=row.name,
            member_count=_count(session, MembershipRow, row),
            flag_count=_count(session, GroupPermissionRow, row),
            grants=tuple(grants.get(row.pk, ())),
            children=tuple(
                child for child in read_children(session, row.pk) if child.pk not in doomed
            ),
        )
        for row in rows
    ]


def _count(
    session: Session, table: type[MembershipRow] | type[GroupPermissionRow], row: GroupRow
) -> int:
    return int(session.exec(select(func.count()).where(table.group_pk == row.pk)).one())


def _last_facts(session: Session, row: GroupRow, deleted: DeletedGroup) -> dict[str, object]:
    members = session.exec(
        select(UserRow.id)
        .join(MembershipRow, col(MembershipRow.user_pk) == UserRow.pk)
        .where(MembershipRow.group_pk == row.pk)
        .order_by(col(UserRow.pk))
    )
    return group_facts(group_record(session, row)) | {
        "members": list(members),
        "permissions": read_flags(session, row.pk),
        "grants": [*deleted.grants],
        "children": [child.id for child in deleted.children],
    }
