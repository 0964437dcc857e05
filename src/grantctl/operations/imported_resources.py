"""What an import makes of resources, their owners and bases.

Owns how they are matched with what is here: by type and id. An owner or a base that is not here is
kept by what it is called, and becomes a reference as soon as an import brings it, also where the
source does not know the resource itself. Leaves what is granted to `imported_grants`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from grantctl.interop.directory import ForeignResource
from grantctl.operations.import_state import Taking, Tally, insert_many, microseconds
from grantctl.operations.imported_grants import Holders, take_grants
from grantctl.store import directory_queries as queries
from grantctl.store.connection import Connection, Parameters, Row

Ref = tuple[str, str]  # type and id


class Links(NamedTuple):
    """What a resource leads to: a key, or what it is called where it is not here."""

    owner_pk: int | None
    missing_owner: str | None
    base_pk: int | None
    missing_base: str | None


def take_resources(taking: Taking, users: Mapping[str, int], groups: Mapping[str, int]) -> None:
    """`users` and `groups`: the keys of all that are here now, by their ids."""
    foreign = {(one.ref.type, one.ref.id): one for one in taking.directory.resources}
    rows = {(row[1], row[2]): row for row in taking.connection.rows(queries.RESOURCES)}
    tally = Tally(only_here=len(rows.keys() - foreign.keys()))
    taking.tallies["resources"] = tally
    keys = {ref: row[0] for ref, row in rows.items()}
    new = {ref: one for ref, one in foreign.items() if ref not in rows}
    _insert(taking, new, users, keys)
    if new:
        keys = {(row[1], row[2]): row[0] for row in taking.connection.rows(queries.RESOURCE_KEYS)}
        _set_bases(taking.connection, new, keys)
    changed: list[Parameters] = []
    adopted: list[Parameters] = []
    for ref, row in rows.items():
        one = foreign.get(ref)
        values = _changed(one, row, users, keys) if one else _adopted(row, users, keys)
        if values is not None:
            (changed if one else adopted).append({**values, "pk": row[0], "now": taking.now})
    taking.connection.run_many(queries.UPDATE_RESOURCE, changed)
    taking.connection.run_many(queries.ADOPT_RESOURCE, adopted)
    tally.created, tally.updated = len(new), len(changed) + len(adopted)
    tally.unchanged = len(foreign) - len(new) - len(changed)
    take_grants(
        taking,
        {keys[ref]: one for ref, one in foreign.items()},
        {keys[ref] for ref in new},
        Holders(users, groups),
    )


def _links(resource: ForeignResource, users: Mapping[str, int], keys: Mapping[Ref, int]) -> Links:
    owner = users.get(resource.owner_id) if resource.owner_id is not None else None
    base = resource.base
    base_pk = keys.get((base.type, base.id)) if base is not None else None
    return Links(
        owner_pk=owner,
        missing_owner=resource.owner_id if owner is None else None,
        base_pk=base_pk,
        missing_base=str(base) if base is not None and base_pk is None else None,
    )


def _insert(
    taking: Taking,
    new: Mapping[Ref, ForeignResource],
    users: Mapping[str, int],
    keys: Mapping[Ref, int],
) -> None:
    """Make the new ones; a base that is made here too is set afterwards."""
    insert_many(
        taking.connection,
        (_row(taking, one, new, users, keys) for one in new.values()),
        one=queries.INSERT_RESOURCE,
        many_on_postgres=queries.INSERT_RESOURCES_ON_POSTGRES,
    )


def _row(
    taking: Taking,
    one: ForeignResource,
    new: Mapping[Ref, ForeignResource],
    users: Mapping[str, int],
    keys: Mapping[Ref, int],
) -> Parameters:
    links = _links(one, users, keys)
    if one.base is not None and (one.base.type, one.base.id) in new:
        links = links._replace(missing_base=None)
    return {
        **links._asdict(),
        "type": one.ref.type,
        "id": one.ref.id,
        "name": one.name,
        "is_public": one.is_public,
        "created_at": microseconds(one.created_at),
        "now": taking.now,
    }


def _set_bases(
    connection: Connection, new: Mapping[Ref, ForeignResource], keys: Mapping[Ref, int]
) -> None:
    bases = {ref: (one.base.type, one.base.id) for ref, one in new.items() if one.base is not None}
    connection.run_many(
        queries.SET_BASE,
        [{"pk": keys[ref], "base_pk": keys[base]} for ref, base in bases.items() if base in new],
    )


def _changed(
    one: ForeignResource, row: Row, users: Mapping[str, int], keys: Mapping[Ref, int]
) -> Parameters | None:
    """The values that the row should have; None where it has them."""
    links = _links(one, users, keys)
    if (row[3], bool(row[4]), *row[5:9]) == (one.name, one.is_public, *links):
        return None
    return {**links._asdict(), "name": one.name, "is_public": one.is_public}


def _adopted(row: Row, users: Mapping[str, int], keys: Mapping[Ref, int]) -> Parameters | None:
    """What a resource that is only here leads to by now; None where nothing missing came."""
    links = Links(*row[5:9])
    if links.missing_owner is not None and links.missing_owner in users:
        links = links._replace(owner_pk=users[links.missing_owner], missing_owner=None)
    if links.missing_base is not None:
        type_, _, id_ = links.missing_base.partition(":")
        if (type_, id_) in keys:
            links = links._replace(base_pk=keys[type_, id_], missing_base=None)
    return None if links == row[5:9] else links._asdict()
