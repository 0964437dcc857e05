"""An import of resources under way: what becomes of each row.

Owns how a row is compared with what is here, and written. Leaves the transaction and the report to
`resource_transfer`, bases to `resource_bases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grantctl.errors import InvalidError
from grantctl.interop.resource_files import PlacedRecord
from grantctl.model import PrincipalType, ResourceRef
from grantctl.operations.resource_files import Chunk
from grantctl.store import resource_transfer_queries as queries
from grantctl.store.connection import Connection
from grantctl.store.resource_lookups import GrantRow, ResourceLookups, StoredResource
from grantctl.store.resource_records import ResourceRecord


@dataclass(slots=True)
class TransferTally:
    """What became of one kind of rows."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class MissingTally:
    """How many owners, bases and principals of grants the rows name that do not exist here."""

    owners: int = 0
    bases: int = 0
    grants: int = 0


@dataclass(slots=True)
class Taking:
    """One import, inside of its transaction. `now` is in microseconds since 1970.

    `places` holds every resource of the file: a base may be one that comes later.
    """

    connection: Connection
    lookups: ResourceLookups
    places: Mapping[ResourceRef, str]
    now: int
    is_strict: bool
    resources: TransferTally = field(default_factory=TransferTally)
    grants: TransferTally = field(default_factory=TransferTally)
    missing: MissingTally = field(default_factory=MissingTally)

    @property
    def row_count(self) -> int:
        """How many rows of the file were taken so far."""
        return self.resources.created + self.resources.updated + self.resources.unchanged


@dataclass(frozen=True, slots=True)
class _Here:
    """What there is of a chunk: its resources, their grants, and which of the bases exist."""

    stored: Mapping[ResourceRef, StoredResource]
    grants: Mapping[int, Mapping[GrantRow, int]]
    bases: set[ResourceRef]


@dataclass(slots=True)
class _Writes:
    """What a chunk changes, by statement. The grants of new resources wait for their pks."""

    inserts: list[dict[str, object]] = field(default_factory=list)
    updates: list[dict[str, object]] = field(default_factory=list)
    deleted_grants: list[dict[str, object]] = field(default_factory=list)
    grants: list[dict[str, object]] = field(default_factory=list)
    grants_of_new: list[tuple[ResourceRef, set[GrantRow]]] = field(default_factory=list)


def take_chunk(taking: Taking, chunk: Chunk) -> None:
    """Create or bring up to date the resources of some rows.

    Raises InvalidError in a strict import for who or what does not exist here.
    """
    lookups = taking.lookups
    stored = lookups.resources(placed.record.ref for placed in chunk)
    grants = lookups.grants([one.pk for one in stored.values()])
    here = _Here(stored, grants, _known_bases(taking, chunk))
    _remember_principals(lookups, chunk)
    writes = _Writes()
    for placed in chunk:
        _count_missing(taking, placed, here.bases)
        found = stored.get(placed.record.ref)
        if found is None:
            _create(taking, writes, placed.record)
        else:
            _compare(taking, writes, placed.record, here)
    _write(taking, writes)


def _known_bases(taking: Taking, chunk: Chunk) -> set[ResourceRef]:
    named = {one.record.base for one in chunk} - {None}
    outside = [base for base in named if base is not None and base not in taking.places]
    here = taking.lookups.resources(outside).keys()
    return {base for base in named if base is not None and (base in taking.places or base in here)}


def _remember_principals(lookups: ResourceLookups, chunk: Chunk) -> None:
    users: set[str] = {one.record.owner for one in chunk if one.record.owner is not None}
    groups: set[str] = set()
    kinds = {PrincipalType.USER: users, PrincipalType.GROUP: groups}
    for placed in chunk:
        for _, type_, id_ in placed.record.grants:
            if type_ in kinds:
                kinds[type_].add(id_)
    lookups.remember_users(users)
    lookups.remember_groups(groups)


def _count_missing(taking: Taking, placed: PlacedRecord, bases: set[ResourceRef]) -> None:
    record, lookups, missing = placed.record, taking.lookups, taking.missing
    absent: list[str] = []
    if record.owner is not None and lookups.users[record.owner] is None:
        missing.owners += 1
        absent.append(f"owner `{record.owner}`")
    if record.base is not None and record.base not in bases:
        missing.bases += 1
        absent.append(f"base `{record.base}`")
    for _, type_, id_ in record.grants:
        if type_ is PrincipalType.EVERYONE:
            continue
        known = lookups.users if type_ is PrincipalType.USER else lookups.groups
        if known[id_] is None:
            missing.grants += 1
            absent.append(f"{type_.value} `{id_}`")
    if absent and taking.is_strict:
        raise InvalidError(
            f"{placed.place}: there is no {absent[0]} here",
            hint="without --strict it is kept, as one that is missing",
        )


def _create(taking: Taking, writes: _Writes, record: ResourceRecord) -> None:
    taking.resources.created += 1
    writes.inserts.append({"type": record.ref.type, "id": record.ref.id, **_values(taking, record)})
    writes.grants_of_new.append((record.ref, _grant_rows(taking.lookups, record)))


def _compare(taking: Taking, writes: _Writes, record: ResourceRecord, here: _Here) -> None:
    """Bring a resource that is here up to date, with its grants."""
    stored = here.stored[record.ref]
    grants = here.grants[stored.pk]
    wanted = _grant_rows(taking.lookups, record)
    values = _values(taking, record)
    gone, new = grants.keys() - wanted, wanted - grants.keys()
    taking.grants.unchanged += len(wanted) - len(new)
    is_base_missing = record.base is not None and record.base not in here.bases
    if (
        not gone
        and not new
        and (stored.base, stored.is_base_missing) == (record.base, is_base_missing)
        and (stored.name, stored.is_public, stored.owner_pk, stored.missing_owner)
        == (record.name, record.is_public, values["owner_pk"], values["missing_owner"])
    ):
        taking.resources.unchanged += 1
        return
    taking.resources.updated += 1
    taking.grants.removed += len(gone)
    writes.updates.append({"pk": stored.pk, **values})
    writes.deleted_grants.extend({"pk": grants[row]} for row in gone)
    writes.grants.extend(_grant_values(stored.pk, row) for row in new)


def _values(taking: Taking, record: ResourceRecord) -> dict[str, object]:
    """The columns of a resource. Its base is joined at the end: it may come later in the file."""
    owner_pk = None if record.owner is None else taking.lookups.users[record.owner]
    return {
        "name": record.name,
        "is_public": record.is_public,
        "owner_pk": owner_pk,
        "missing_owner": record.owner if owner_pk is None else None,
        "missing_base": None if record.base is None else str(record.base),
        "now": taking.now,
    }


def _grant_rows(lookups: ResourceLookups, record: ResourceRecord) -> set[GrantRow]:
    rows: set[GrantRow] = set()
    for action, type_, id_ in record.grants:
        if type_ is PrincipalType.USER:
            user = lookups.users[id_]
            rows.add((action, "user", user, None, id_ if user is None else None))
        elif type_ is PrincipalType.GROUP:
            group = lookups.groups[id_]
            rows.add((action, "group", None, group, id_ if group is None else None))
        else:
            rows.add((action, "everyone", None, None, None))
    return rows


def _grant_values(resource_pk: int, row: GrantRow) -> dict[str, object]:
    action, type_, user_pk, group_pk, missing_id = row
    return {
        "resource_pk": resource_pk,
        "action": action,
        "principal_type": type_,
        "user_pk": user_pk,
        "group_pk": group_pk,
        "missing_id": missing_id,
    }


def _write(taking: Taking, writes: _Writes) -> None:
    run_many = taking.connection.run_many
    run_many(queries.DELETE_GRANT, writes.deleted_grants)
    run_many(queries.UPDATE_RESOURCE, writes.updates)
    run_many(queries.INSERT_RESOURCE, writes.inserts)
    made = taking.lookups.resources(ref for ref, _ in writes.grants_of_new)
    for ref, rows in writes.grants_of_new:
        writes.grants.extend(_grant_values(made[ref].pk, row) for row in rows)
    run_many(queries.INSERT_GRANT, writes.grants)
    taking.grants.created += len(writes.grants)
