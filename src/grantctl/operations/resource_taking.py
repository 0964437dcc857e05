"""An import of resources under way: what becomes of each row.

Owns how a row is compared with what is here, and written. Leaves the transaction and the report to
`resource_transfer`, bases to `resource_bases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grantctl.errors import InvalidError
from grantctl.interop.plain_resources import PlainRow, Ref
from grantctl.model import PrincipalType
from grantctl.operations.resource_files import Chunk
from grantctl.operations.resource_writing import Writes, base_text, owner_columns, write
from grantctl.store.connection import Connection
from grantctl.store.resource_lookups import GrantRow, ResourceLookups, StoredResource

_USER, _GROUP, _EVERYONE = (
    one.value for one in (PrincipalType.USER, PrincipalType.GROUP, PrincipalType.EVERYONE)
)


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

    `places` holds every resource of the file: a base may be one that comes later. `is_first` says
    that there was no resource before, so that each of the file, where it stands once, is new.
    """

    connection: Connection
    lookups: ResourceLookups
    places: Mapping[Ref, str]
    now: int
    is_strict: bool
    is_first: bool = False
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

    stored: Mapping[Ref, StoredResource]
    grants: Mapping[int, Mapping[GrantRow, int]]
    bases: set[Ref]


def take_chunk(taking: Taking, chunk: Chunk) -> None:
    """Create or bring up to date the resources of some rows.

    Raises InvalidError in a strict import for who or what does not exist here.
    """
    lookups = taking.lookups
    stored = {} if taking.is_first else lookups.stored([(row[1], row[2]) for row in chunk])
    grants = lookups.grants([one.pk for one in stored.values()])
    here = _Here(stored, grants, _known_bases(taking, chunk))
    if _remember_principals(lookups, chunk) or any(row[5] is not None for row in chunk):
        for row in chunk:
            _count_missing(taking, row, here.bases)
    writes = Writes()
    if stored:
        for row in chunk:
            if (row[1], row[2]) in stored:
                _compare(taking, writes, row, here)
            else:
                writes.new.append(row)
    else:
        writes.new = chunk
    taking.resources.created += len(writes.new)
    taking.grants.created += write(taking.connection, lookups, writes, now=taking.now)


def _known_bases(taking: Taking, chunk: Chunk) -> set[Ref]:
    named = {row[5] for row in chunk if row[5] is not None}
    outside = [base for base in named if base not in taking.places]
    here = taking.lookups.stored(outside).keys()
    return {base for base in named if base in taking.places or base in here}


def _remember_principals(lookups: ResourceLookups, chunk: Chunk) -> bool:
    """Look all of them up; whether there are any that do not exist here."""
    every = [grant for row in chunk for grant in row[7]]
    users = {id_ for _, kind, id_ in every if kind == _USER}
    users.update(row[4] for row in chunk if row[4] is not None)
    groups = {id_ for _, kind, id_ in every if kind == _GROUP}
    lookups.remember_users(users)
    lookups.remember_groups(groups)
    return None in map(lookups.users.__getitem__, users) or None in map(
        lookups.groups.__getitem__, groups
    )


def _count_missing(taking: Taking, row: PlainRow, bases: set[Ref]) -> None:
    place, _, _, _, owner, base, _, grants = row
    lookups, missing = taking.lookups, taking.missing
    absent: list[str] = []
    if owner is not None and lookups.users[owner] is None:
        missing.owners += 1
        absent.append(f"owner `{owner}`")
    if base is not None and base not in bases:
        missing.bases += 1
        absent.append(f"base `{':'.join(base)}`")
    for _, kind, id_ in grants:
        if kind == _EVERYONE:
            continue
        known = lookups.users if kind == _USER else lookups.groups
        if known[id_] is None:
            missing.grants += 1
            absent.append(f"{kind} `{id_}`")
    if absent and taking.is_strict:
        raise InvalidError(
            f"{place}: there is no {absent[0]} here",
            hint="without --strict it is kept, as one that is missing",
        )


def _compare(taking: Taking, writes: Writes, row: PlainRow, here: _Here) -> None:
    """Bring a resource that is here up to date, with its grants."""
    _, type_, id_, name, owner, base, is_public, _ = row
    stored = here.stored[type_, id_]
    grants = here.grants[stored.pk]
    wanted = set(_grant_rows(taking.lookups, row))
    owner_pk, missing_owner = owner_columns(taking.lookups, owner)
    gone, new = grants.keys() - wanted, wanted - grants.keys()
    taking.grants.unchanged += len(wanted) - len(new)
    is_base_missing = base is not None and base not in here.bases
    stored_base = None if stored.base is None else (stored.base.type, stored.base.id)
    if (
        not gone
        and not new
        and (stored_base, stored.is_base_missing) == (base, is_base_missing)
        and (stored.name, stored.is_public, stored.owner_pk, stored.missing_owner)
        == (name, is_public, owner_pk, missing_owner)
    ):
        taking.resources.unchanged += 1
        return
    taking.resources.updated += 1
    taking.grants.removed += len(gone)
    writes.updates.append(
        {
            "pk": stored.pk,
            "name": name,
            "is_public": is_public,
            "owner_pk": owner_pk,
            "missing_owner": missing_owner,
            "missing_base": base_text(base),
            "now": taking.now,
        }
    )
    writes.deleted_grants.extend({"pk": grants[one]} for one in gone)
    writes.grants.extend((stored.pk, one) for one in sorted(new, key=str))


def _grant_rows(lookups: ResourceLookups, row: PlainRow) -> list[GrantRow]:
    users, groups = lookups.users, lookups.groups
    rows: list[GrantRow] = []
    for action, kind, id_ in row[7]:
        if kind == _USER:
            pk = users[id_]
            rows.append((action, kind, pk, None, id_ if pk is None else None))
        elif kind == _GROUP:
            pk = groups[id_]
            rows.append((action, kind, None, pk, id_ if pk is None else None))
        else:
            rows.append((action, kind, None, None, None))
    return rows
