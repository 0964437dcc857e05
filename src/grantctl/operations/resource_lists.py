"""Resources listed and shown. Changes none of them."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from grantctl.errors import NotFoundError
from grantctl.evaluation.access_decision import AccessState
from grantctl.model import MAX_ID_LENGTH, require_resource_type, require_text
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.operations.resource_rows import (
    ResourceDetail,
    ResourceRecord,
    read_detail,
    record_of,
    record_query,
)
from grantctl.operations.resource_selection import find_resource_row
from grantctl.operations.searching import has_text, require_search
from grantctl.operations.user_rows import find_user_row
from grantctl.store.database import Database
from grantctl.store.resource_tables import AccessGrantRow, ResourceRow
from grantctl.store.session import read_session


def list_resources(
    database: Database,
    request: PageRequest,
    *,
    type: str | None = None,
    owner: str | None = None,
    state: AccessState | None = None,
    text: str | None = None,
) -> Page[ResourceRecord]:
    """Resources in the order of their making.

    `owner` is a user, or the id of an owner who does not exist. `text` is looked for in id and
    name, whatever its case. Raises NotFoundError, AmbiguousError, InvalidError, UsageError,
    DatabaseError.
    """
    with read_session(database) as session:
        conditions: list[ColumnElement[bool]] = []
        if type is not None:
            conditions.append(col(ResourceRow.type) == require_resource_type(type))
        if owner is not None:
            conditions.append(_is_owned_by(session, owner))
        if state is not None:
            conditions += _are_in(state)
        if text is not None:
            columns = (ResourceRow.id, ResourceRow.name)
            part = require_search(text)
            conditions.append(or_(*(has_text(session, column, part) for column in columns)))
        query = record_query().where(col(ResourceRow.pk) > request.after, *conditions)
        query = query.order_by(col(ResourceRow.pk))
        if request.limit is not None:
            query = query.limit(request.limit + 1)
        return cut([(row.pk, record_of(row)) for row in session.exec(query)], request)


def show_resource(database: Database, reference: str) -> ResourceDetail:
    """One resource. Raises NotFoundError, InvalidError, DatabaseError."""
    with read_session(database) as session:
        return read_detail(session, find_resource_row(session, reference).pk)


def _is_owned_by(session: Session, owner: str) -> ColumnElement[bool]:
    try:
        return col(ResourceRow.owner_pk) == find_user_row(session, owner).pk
    except NotFoundError:
        require_text(owner, what="an owner's id", longest=MAX_ID_LENGTH)
        is_missing = col(ResourceRow.missing_owner) == owner
        if session.exec(select(ResourceRow.pk).where(is_missing).limit(1)).first() is None:
            raise
        return is_missing


def _are_in(state: AccessState) -> list[ColumnElement[bool]]:
    is_public = col(ResourceRow.is_public).is_(True)
    if state is AccessState.PUBLIC:
        return [is_public]
    has_grants = select(AccessGrantRow.pk).where(AccessGrantRow.resource_pk == ResourceRow.pk)
    is_restricted = has_grants.exists()
    return [
        ~is_public,
        is_restricted if state is AccessState.RESTRICTED else ~is_restricted,
    ]
