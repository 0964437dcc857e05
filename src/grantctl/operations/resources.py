"""Resources: made, listed, changed, given an owner.

Owns the guards: a TYPE:ID is taken once, and no resource is made of itself, however far down. Both
are decided inside the transaction, under the writers' lock. Leaves who may do what with them to
`access_grants`; listing to `resource_lists` and deleting to `resource_deletion`, whose names it
offers too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from sqlmodel import Session, col, select

from grantctl.errors import ConflictError, GuardError, InvalidError
from grantctl.evaluation.access_decision import AccessState
from grantctl.model import (
    MAX_NAME_LENGTH,
    ResourceRef,
    is_unprintable,
    parse_resource,
    require_text,
)
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.resource_changes import (
    ResourceChange,
    ResourceState,
    change_resources,
    read_states,
)
from grantctl.operations.resource_deletion import DeletedResource, delete_resources
from grantctl.operations.resource_lists import list_resources, show_resource
from grantctl.operations.resource_rows import ResourceDetail, ResourceRecord
from grantctl.operations.resource_selection import Wanted, find_resource_row, select_resources
from grantctl.operations.user_rows import find_user_row
from grantctl.store.database import Database
from grantctl.store.resource_tables import ResourceRow

__all__ = [
    "AccessState",
    "CreatedResource",
    "DeletedResource",
    "ResourceChange",
    "ResourceDetail",
    "ResourceRecord",
    "change_owner",
    "create_resource",
    "delete_resources",
    "list_resources",
    "set_owner",
    "show_resource",
    "update_resource",
]


@dataclass(frozen=True, slots=True)
class CreatedResource:
    """A new resource, and the ones that waited for it as their base."""

    resource: ResourceRecord
    resolved: tuple[ResourceRef, ...]


def create_resource(
    database: Database,
    intent: Intent,
    reference: str,
    *,
    name: str | None = None,
    owner: str | None = None,
    base: str | None = None,
    is_public: bool = False,
) -> CreatedResource:
    """Make a resource, private unless it shall be public; the name is its id where none is given.

    Resources that name it as a base that is missing are made of it from now on. Raises
    InvalidError, ConflictError where there is one of that TYPE:ID, NotFoundError, AmbiguousError,
    GuardError where it would be made of itself.
    """
    ref = parse_resource(reference)
    if any(map(is_unprintable, ref.id)):
        raise InvalidError("a resource's id may not hold a control or invisible character")
    name = ref.id[:MAX_NAME_LENGTH] if name is None else name
    _require_name(name)

    def work(change: Change) -> CreatedResource:
        session = change.session
        _require_free(session, ref)
        waiting = _waiting_for(session, ref)
        row = ResourceRow(
            type=ref.type,
            id=ref.id,
            name=name,
            is_public=is_public,
            owner_pk=None if owner is None else find_user_row(session, owner).pk,
            base_pk=None if base is None else _base_pk(session, ref, base),
            created_at=change.now,
            updated_at=change.now,
        )
        _require_no_circle(session, ref, row.base_pk, {one.pk for one in waiting})
        session.add(row)
        session.flush()
        return _adopt(change, row, waiting)

    return perform(database, intent, work)


def update_resource(
    database: Database,
    intent: Intent,
    reference: str,
    *,
    name: str | None = None,
    base: str | None = None,
    no_base: bool = False,
) -> ResourceChange:
    """Change a resource's name, or what it is made of.

    Raises InvalidError, NotFoundError, GuardError where it would be made of itself.
    """
    if name is None and base is None and not no_base:
        raise InvalidError("nothing to change", hint="--name NAME, --base TYPE:ID or --no-base")
    if base is not None and no_base:
        raise InvalidError("a base is given and taken away", hint="--base TYPE:ID or --no-base")
    if name is not None:
        _require_name(name)

    def work(change: Change) -> ResourceChange:
        row = find_resource_row(change.session, reference)

        def write(_: list[ResourceState]) -> None:
            if name is not None:
                row.name = name
            if no_base:
                row.base_pk = row.missing_base = None
            if base is not None:
                ref = ResourceRef(row.type, row.id)
                row.base_pk, row.missing_base = _base_pk(change.session, ref, base), None
                _require_no_circle(change.session, ref, row.base_pk, {row.pk})
            change.session.add(row)

        return change_resources(change, [row], "resource.update", write)[0]

    return perform(database, intent, work)


def set_owner(
    database: Database, intent: Intent, wanted: Sequence[Wanted], owner: str | None
) -> list[ResourceChange]:
    """Give resources an owner, or for None take theirs away; all of them or none.

    Raises NotFoundError, AmbiguousError, InvalidError.
    """

    def work(change: Change) -> list[ResourceChange]:
        pk = None if owner is None else find_user_row(change.session, owner).pk
        return change_owner(change, select_resources(change.session, wanted), pk)

    return perform(database, intent, work)


def change_owner(
    change: Change, rows: Sequence[ResourceRow], owner: int | None
) -> list[ResourceChange]:
    """Give resources an owner, by pk, or none, within a change."""

    def write(_: list[ResourceState]) -> None:
        for row in rows:
            row.owner_pk, row.missing_owner = owner, None
            change.session.add(row)

    return change_resources(change, rows, "resource.set_owner", write)


def _waiting_for(session: Session, ref: ResourceRef) -> Sequence[ResourceRow]:
    """The resources whose base is missing and of that name."""
    query = select(ResourceRow).where(ResourceRow.missing_base == str(ref))
    return session.exec(query.order_by(col(ResourceRow.type), col(ResourceRow.id))).all()


def _adopt(change: Change, row: ResourceRow, waiting: Sequence[ResourceRow]) -> CreatedResource:
    """Make the waiting ones of the new resource, and record its making."""
    for one in waiting:
        one.base_pk, one.missing_base = row.pk, None
        change.session.add(one)
    [state] = read_states(change.session, [row])
    resolved = tuple(ResourceRef(one.type, one.id) for one in waiting)
    facts = state.facts | ({"resolved": [*map(str, resolved)]} if resolved else {})
    change.record("resource.create", "resource", str(state.record.ref), after=facts)
    return CreatedResource(state.record, resolved)


def _require_name(name: str) -> None:
    require_text(name, what="a resource's name", longest=MAX_NAME_LENGTH)


def _require_free(session: Session, ref: ResourceRef) -> None:
    taken = select(ResourceRow.pk).where(ResourceRow.type == ref.type, ResourceRow.id == ref.id)
    if session.exec(taken).first() is not None:
        raise ConflictError(
            f"there is a resource `{ref}` already",
            hint=f"grantctl resources show {quote(str(ref))}",
        )


def _base_pk(session: Session, ref: ResourceRef, base: str) -> int:
    if parse_resource(base) == ref:
        raise GuardError(f"`{ref}` cannot be made of itself")
    return find_resource_row(session, base).pk


def _require_no_circle(
    session: Session, ref: ResourceRef, base: int | None, resources: set[int]
) -> None:
    """Raise GuardError where the way from a base leads back to one of these resources."""
    way: dict[int, str] = {}
    while base is not None and base not in way:
        row = session.get_one(ResourceRow, base)
        way[base] = str(ResourceRef(row.type, row.id))
        if base in resources:
            names = [name for name in way.values() if name != str(ref)]
            raise GuardError(
                f"`{ref}` cannot be made of `{names[0]}`, which is made of it: "
                f"{' → '.join([str(ref), *names, str(ref)])}",
                hint=f"grantctl resources update {quote(names[-1])} --no-base",
            )
        base = row.base_pk
