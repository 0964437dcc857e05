"""Resources as plain values: what lists and changes show of one, and what audit entries keep.

Owns the way from rows to records, in one statement for a page of them. Leaves finding rows to
`resource_selection`, and changing them to `resource_changes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from grantctl.evaluation.access_control import GrantKey, access_control_of
from grantctl.evaluation.access_decision import AccessState, access_state
from grantctl.evaluation.facts import AccessGrant
from grantctl.model import EVERYONE_ID, PrincipalType, ResourceRef
from grantctl.operations.chunks import in_chunks
from grantctl.store.resource_tables import AccessGrantRow, ResourceRow
from grantctl.store.tables import GroupRow, UserRow


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """A resource as lists show one; times are aware UTC.

    `owner` is what a person calls the owner: an e-mail address, else the id. `base` is the
    reference of the resource that this one is made of.
    """

    ref: ResourceRef
    name: str
    state: AccessState
    owner_id: str | None
    owner: str | None
    is_owner_missing: bool
    base: str | None
    is_base_missing: bool
    grant_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceDetail:
    """A resource with all that hangs on it.

    `grants`: those of everyone first, then of groups, then of users. `dependents`: what is made of
    it.
    """

    resource: ResourceRecord
    grants: tuple[AccessGrant, ...] = ()
    dependents: tuple[ResourceRef, ...] = ()


_RANKS = (PrincipalType.EVERYONE, PrincipalType.GROUP, PrincipalType.USER)
_OWNER, _BASE = aliased(UserRow), aliased(ResourceRow)
_GRANT_COUNT = (
    select(func.count())
    .where(AccessGrantRow.resource_pk == ResourceRow.pk)
    .correlate(ResourceRow)
    .scalar_subquery()
)
# Columns, for a page of rows as objects takes four times as long. Any: select() names the types of
# four columns at most.
_RECORD_COLUMNS: tuple[Any, ...] = (
    ResourceRow.pk,
    ResourceRow.type,
    ResourceRow.id,
    ResourceRow.name,
    ResourceRow.is_public,
    ResourceRow.missing_owner,
    ResourceRow.missing_base,
    ResourceRow.created_at,
    ResourceRow.updated_at,
    col(_OWNER.id).label("owner_id"),
    col(_OWNER.email).label("owner_email"),
    col(_BASE.type).label("base_type"),
    col(_BASE.id).label("base_id"),
    _GRANT_COUNT.label("grant_count"),
)
_GRANT_COLUMNS: tuple[Any, ...] = (
    AccessGrantRow.pk,
    AccessGrantRow.resource_pk,
    AccessGrantRow.action,
    AccessGrantRow.principal_type,
    AccessGrantRow.missing_id,
    col(UserRow.pk).label("user_pk"),
    col(UserRow.id).label("user_id"),
    col(UserRow.email).label("user_email"),
    col(GroupRow.pk).label("group_pk"),
    col(GroupRow.id).label("group_id"),
    col(GroupRow.name).label("group_name"),
)


def record_query() -> Any:  # a select of more columns than its type can name
    """The query whose rows `record_of` takes; conditions are on `ResourceRow`."""
    return (
        select(*_RECORD_COLUMNS)
        .outerjoin(_OWNER, col(_OWNER.pk) == ResourceRow.owner_pk)
        .outerjoin(_BASE, col(_BASE.pk) == ResourceRow.base_pk)
    )


def record_of(row: Any) -> ResourceRecord:  # a row of `record_query`
    """The plain value of a row."""
    base = row.missing_base
    if row.base_type is not None:
        base = str(ResourceRef(row.base_type, row.base_id))
    return ResourceRecord(
        ref=ResourceRef(row.type, row.id),
        name=row.name,
        state=access_state(row.is_public, row.grant_count),
        owner_id=row.owner_id or row.missing_owner,
        owner=row.owner_email or row.owner_id or row.missing_owner,
        is_owner_missing=row.missing_owner is not None,
        base=base,
        is_base_missing=row.missing_base is not None,
        grant_count=row.grant_count,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def read_records(session: Session, pks: Sequence[int]) -> dict[int, ResourceRecord]:
    """The plain values of these resources, as they are in the database now."""
    found: dict[int, ResourceRecord] = {}
    for part in in_chunks(pks):
        rows = session.exec(record_query().where(col(ResourceRow.pk).in_(part)))
        found |= {row.pk: record_of(row) for row in rows}
    return found


def read_grants(session: Session, pks: Sequence[int]) -> dict[int, dict[AccessGrant, int]]:
    """The grants on these resources, each with the key of its row."""
    found: dict[int, dict[AccessGrant, int]] = {pk: {} for pk in pks}
    for part in in_chunks(pks):
        query = (
            select(*_GRANT_COLUMNS)
            .outerjoin(UserRow, col(UserRow.pk) == AccessGrantRow.user_pk)
            .outerjoin(GroupRow, col(GroupRow.pk) == AccessGrantRow.group_pk)
            .where(col(AccessGrantRow.resource_pk).in_(part))
        )
        for row in session.exec(query):
            found[row.resource_pk][_grant_of(row)] = row.pk
    return found


def read_detail(session: Session, pk: int) -> ResourceDetail:
    """One resource with its grants and dependents."""
    dependents = session.exec(
        select(ResourceRow.type, ResourceRow.id)
        .where(ResourceRow.base_pk == pk)
        .order_by(col(ResourceRow.type), col(ResourceRow.id))
    )
    return ResourceDetail(
        resource=read_records(session, [pk])[pk],
        grants=tuple(sorted(read_grants(session, [pk])[pk], key=_order)),
        dependents=tuple(ResourceRef(type_, id_) for type_, id_ in dependents),
    )


def resource_facts(record: ResourceRecord, grants: Mapping[AccessGrant, int]) -> dict[str, Any]:
    """A resource as audit entries keep it: principals by their ids, everyone as `*`."""
    keys = (GrantKey(one.action, one.principal_type, one.principal_id) for one in grants)
    return {
        "name": record.name,
        "owner": record.owner_id,
        "base": record.base,
        "access_control": access_control_of(record.state is AccessState.PUBLIC, keys),
    }


def grant_texts(session: Session, *, column: Any, pks: Sequence[int]) -> Iterator[tuple[int, str]]:
    """What users or groups are granted, as (pk, `model:gpt-4o read`), in a fixed order.

    `column` is `AccessGrantRow.user_pk` or `AccessGrantRow.group_pk`.
    """
    for part in in_chunks(pks):
        query: Any = (
            select(column, ResourceRow.type, ResourceRow.id, AccessGrantRow.action)
            .where(ResourceRow.pk == AccessGrantRow.resource_pk, column.in_(part))
            .order_by(col(ResourceRow.type), col(ResourceRow.id), col(AccessGrantRow.action))
        )
        for pk, type_, id_, action in session.exec(query):
            yield pk, f"{ResourceRef(type_, id_)} {action}"


def _grant_of(row: Any) -> AccessGrant:
    type_ = PrincipalType(row.principal_type)
    if type_ is PrincipalType.EVERYONE:
        return AccessGrant(row.action, type_, EVERYONE_ID)
    if row.missing_id is not None:
        return AccessGrant(row.action, type_, row.missing_id)
    if type_ is PrincipalType.USER:
        name = row.user_email or row.user_id
        return AccessGrant(row.action, type_, row.user_id, row.user_pk, name)
    return AccessGrant(row.action, type_, row.group_id, row.group_pk, row.group_name)


def _order(grant: AccessGrant) -> tuple[int, str, str, str]:
    rank = _RANKS.index(grant.principal_type)
    return rank, grant.name or grant.principal_id, grant.principal_id, grant.action
