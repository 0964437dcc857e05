"""What is here of the resources, users and groups that a file names.

Owns looking up many at once, in one round trip. Leaves what becomes of them to `operations`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from grantctl.lean import dataclass
from grantctl.model import ResourceRef
from grantctl.store import resource_transfer_queries as queries
from grantctl.store.connection import Connection, Row
from grantctl.store.resource_export import base_of
from grantctl.store.rows import unsound
from grantctl.store.url import SQLITE

# Columns: action, principal_type, user_pk, group_pk, missing_id.
GrantRow = tuple[str, str, int | None, int | None, str | None]


@dataclass(frozen=True, slots=True)
class StoredResource:
    """A resource as it is here; of `owner_pk` and `missing_owner` one is None, or both."""

    pk: int
    name: str
    is_public: bool
    owner_pk: int | None
    missing_owner: str | None
    base: ResourceRef | None
    is_base_missing: bool


class ResourceLookups:
    """Looks up in one transaction. Users and groups are remembered, those that are missing too."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.engine == SQLITE
        self.users: dict[str, int | None] = {}
        self.groups: dict[str, int | None] = {}

    def resources(self, refs: Iterable[ResourceRef]) -> dict[ResourceRef, StoredResource]:
        """Those of the resources that exist."""
        query = queries.RESOURCES_SQLITE if self._is_sqlite else queries.RESOURCES_POSTGRES
        rows = self._rows(query, [[ref.type, ref.id] for ref in refs])
        return {ResourceRef(row[0], row[1]): _stored(row) for row in rows}

    def stored(self, refs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], StoredResource]:
        """Those of the resources that exist, both given by type and id."""
        query = queries.RESOURCES_SQLITE if self._is_sqlite else queries.RESOURCES_POSTGRES
        return {(row[0], row[1]): _stored(row) for row in self._rows(query, refs)}

    def highest_resource(self) -> int:
        """The highest pk of a resource, 0 where there is none."""
        return self._connection.rows(queries.HIGHEST_RESOURCE)[0][0] or 0

    def new_pks(self, count: int) -> Sequence[int]:
        """Keys for so many new resources; on SQLite only until the next are inserted."""
        if self._is_sqlite:
            first = self.highest_resource() + 1
            return range(first, first + count)
        rows = self._connection.rows(queries.NEXT_RESOURCES_POSTGRES, {"count": count})
        return [pk for (pk,) in rows]

    def grants(self, resource_pks: Sequence[int]) -> dict[int, dict[GrantRow, int]]:
        """The pk of each grant on these resources, by the resource's pk."""
        query = queries.GRANTS_SQLITE if self._is_sqlite else queries.GRANTS_POSTGRES
        found: dict[int, dict[GrantRow, int]] = {pk: {} for pk in resource_pks}
        for resource, pk, action, type_, user, group, missing in self._rows(query, resource_pks):
            found[resource][action, type_, user, group, missing] = pk
        return found

    def remember_users(self, ids: Iterable[str]) -> None:
        """Have `users` answer for these ids: the pk, or None."""
        query = queries.USERS_SQLITE if self._is_sqlite else queries.USERS_POSTGRES
        self._remember(self.users, query, ids)

    def remember_groups(self, ids: Iterable[str]) -> None:
        """Have `groups` answer for these ids: the pk, or None."""
        query = queries.GROUPS_SQLITE if self._is_sqlite else queries.GROUPS_POSTGRES
        self._remember(self.groups, query, ids)

    def _remember(self, known: dict[str, int | None], query: str, ids: Iterable[str]) -> None:
        new = [one for one in dict.fromkeys(ids) if one not in known]
        known.update(dict.fromkeys(new))
        known.update((id_, pk) for id_, pk in self._rows(query, new))

    def _rows(self, query: str, values: Sequence[Any]) -> list[Row]:
        return self._connection.rows(query, {"values": json.dumps(values)}) if values else []


def _stored(row: Row) -> StoredResource:
    pk, name, is_public, owner_pk, missing_owner, base_type, base_id, missing_base = row[2:]
    try:
        base = base_of(base_type, base_id, missing_base)
    except (TypeError, ValueError):
        raise unsound("resource") from None
    return StoredResource(
        pk, name, bool(is_public), owner_pk, missing_owner, base, missing_base is not None
    )
