"""Resources deleted, with their grants.

Owns the guard that nothing is left without its base unasked, decided inside the transaction. Leaves
to the database to take the grants away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, delete, select, update

from grantctl.errors import GuardError
from grantctl.model import ResourceRef
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.chunks import in_chunks
from grantctl.operations.resource_changes import ResourceState, read_states
from grantctl.operations.resource_rows import ResourceRecord
from grantctl.operations.resource_selection import Wanted, select_resources
from grantctl.store.database import Database
from grantctl.store.resource_tables import ResourceRow

MAX_NAMED = 3

Dependents = dict[int, list[ResourceRow]]


@dataclass(frozen=True, slots=True)
class DeletedResource:
    """A deleted resource; `dependents` are those that were made of it and stay without a base."""

    resource: ResourceRecord
    dependents: tuple[ResourceRef, ...]


def delete_resources(
    database: Database, intent: Intent, wanted: Sequence[Wanted], *, leave_missing: bool = False
) -> list[DeletedResource]:
    """Delete resources with their grants; all of them or none.

    `leave_missing`: resources made of them that are not deleted too keep the name of their base,
    which denies them to everybody but admins. Raises GuardError where there are such resources and
    it is false, NotFoundError, InvalidError.
    """

    def work(change: Change) -> list[DeletedResource]:
        session = change.session
        states = read_states(session, select_resources(session, wanted))
        dependents = _read_dependents(session, [state.row.pk for state in states])
        if not leave_missing:
            _require_no_dependents(states, dependents)
        deleted = []
        for state in states:
            left = dependents.get(state.row.pk, [])
            deleted.append(_delete(change, state, left))
        pks = [state.row.pk for state in states]
        session.flush()
        for part in in_chunks(pks):  # they may be made of one another
            session.exec(
                update(ResourceRow).where(col(ResourceRow.pk).in_(part)).values(base_pk=None)
            )
        for part in in_chunks(pks):
            session.exec(delete(ResourceRow).where(col(ResourceRow.pk).in_(part)))
        return deleted

    return perform(database, intent, work)


def _read_dependents(session: Session, pks: Sequence[int]) -> Dependents:
    """The resources that are made of these and are none of them, by the pk of their base."""
    doomed = set(pks)
    found: Dependents = {}
    for part in in_chunks(pks):
        rows = session.exec(
            select(ResourceRow)
            .where(col(ResourceRow.base_pk).in_(part))
            .order_by(col(ResourceRow.type), col(ResourceRow.id))
        )
        for row in rows:
            if row.pk not in doomed and row.base_pk is not None:
                found.setdefault(row.base_pk, []).append(row)
    return found


def _require_no_dependents(states: Sequence[ResourceState], dependents: Dependents) -> None:
    for state in states:
        rows = dependents.get(state.row.pk, [])
        if rows:
            names = ", ".join(f"`{_ref(row)}`" for row in rows[:MAX_NAMED])
            more = f" and {len(rows) - MAX_NAMED} more" if len(rows) > MAX_NAMED else ""
            raise GuardError(
                f"`{state.record.ref}` is the base of {names}{more}",
                hint="delete these too, or leave them without a base, which denies them to "
                "everybody but admins: --leave-missing",
            )


def _delete(change: Change, state: ResourceState, left: Sequence[ResourceRow]) -> DeletedResource:
    ref = state.record.ref
    for row in left:
        row.base_pk, row.missing_base, row.updated_at = None, str(ref), change.now
        change.session.add(row)
    dependents = tuple(map(_ref, left))
    facts: dict[str, Any] = state.facts
    if dependents:
        facts["dependents"] = [*map(str, dependents)]
    change.record("resource.delete", "resource", str(ref), before=facts)
    return DeletedResource(state.record, dependents)


def _ref(row: ResourceRow) -> ResourceRef:
    return ResourceRef(row.type, row.id)
