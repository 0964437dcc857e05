"""What an import of resources changes, written some thousand rows at a time.

Owns the statements' order: what is new comes last, and its grants after it. Leaves what is to be
changed to `resource_taking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grantctl.interop.plain_resources import PlainRow, Ref
from grantctl.model import PrincipalType
from grantctl.store import resource_transfer_queries as queries
from grantctl.store.bulk_writer import insert_all
from grantctl.store.connection import Connection
from grantctl.store.resource_lookups import GrantRow, ResourceLookups

_USER, _EVERYONE = PrincipalType.USER.value, PrincipalType.EVERYONE.value

# The pk of its resource, then a grant's own columns.
NewGrant = tuple[int, str, str, int | None, int | None, str | None]


@dataclass(slots=True)
class Writes:
    """What a chunk changes, by statement. New resources wait for their pks, and their grants."""

    new: list[PlainRow] = field(default_factory=list)
    updates: list[dict[str, object]] = field(default_factory=list)
    deleted_grants: list[dict[str, object]] = field(default_factory=list)
    grants: list[tuple[int, GrantRow]] = field(default_factory=list)


def write(connection: Connection, lookups: ResourceLookups, writes: Writes, *, now: int) -> int:
    """Write all of it; how many grants are new. `now` is in microseconds since 1970.

    INVARIANT: the lookups know everybody whom new resources name.
    """
    connection.run_many(queries.DELETE_GRANT, writes.deleted_grants)
    connection.run_many(queries.UPDATE_RESOURCE, writes.updates)
    grants = [(pk, *grant) for pk, grant in writes.grants]
    if writes.new:
        grants += _create(connection, lookups, writes.new, now)
    insert_all(
        connection, grants, insert_sqlite=queries.INSERT_GRANTS_SQLITE, copy=queries.COPY_GRANTS
    )
    return len(grants)


def _create(
    connection: Connection, lookups: ResourceLookups, new: Sequence[PlainRow], now: int
) -> list[NewGrant]:
    """Insert these resources; their grants, which are to be inserted too.

    Their bases are joined at the end: they may come later in the file.
    """
    pks = lookups.new_pks(len(new))
    rows = [
        (pk, type_, id_, name, is_public, *owner_columns(lookups, owner), base_text(base), now, now)
        for pk, (_, type_, id_, name, owner, base, is_public, _) in zip(pks, new, strict=True)
    ]
    insert_all(
        connection,
        rows,
        insert_sqlite=queries.INSERT_RESOURCES_SQLITE,
        copy=queries.COPY_RESOURCES,
    )
    users, groups = lookups.users, lookups.groups
    return [
        (
            pk,
            action,
            kind,
            user,
            group,
            id_ if user is group is None and kind != _EVERYONE else None,
        )
        for pk, row in zip(pks, new, strict=True)
        for action, kind, id_ in row[7]
        for user, group in (((users[id_], None) if kind == _USER else (None, groups.get(id_))),)
    ]


def owner_columns(lookups: ResourceLookups, owner: str | None) -> tuple[int | None, str | None]:
    """The owner's pk, else the id of one who is missing."""
    if owner is None:
        return None, None
    pk = lookups.users[owner]
    return (None, owner) if pk is None else (pk, None)


def base_text(base: Ref | None) -> str | None:
    """A base as it is kept until it is joined."""
    return None if base is None else ":".join(base)
