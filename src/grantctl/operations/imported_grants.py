"""What an import makes of access grants.

Owns the matching of a resource's access control with the one that is here: it is replaced as a
whole. A user or group that is not here is kept by its id, and becomes a reference as soon as an
import brings it, also where the source does not know the resource. Leaves resources themselves to
`imported_resources`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from grantctl.interop.directory import ForeignGrant, ForeignResource
from grantctl.model import PrincipalType
from grantctl.operations.import_state import Taking, Tally, insert_many
from grantctl.store import directory_queries as queries
from grantctl.store.connection import Parameters, Row

_USER, _GROUP = PrincipalType.USER.value, PrincipalType.GROUP.value


class Holders(NamedTuple):
    """The keys of all users and of all groups that are here now, by their ids."""

    users: Mapping[str, int]
    groups: Mapping[str, int]


class GrantKey(NamedTuple):
    """What makes two grants the same. `holder`: a user's or group's key, an id that nobody has
    here, or None for everyone."""

    resource: int
    action: str
    principal_type: str
    holder: int | str | None


@dataclass(slots=True)
class GrantChanges:
    """What is to be done to the grants that are here; `touched` are the resources they are of."""

    doomed: list[int] = field(default_factory=list)
    adopted: list[Parameters] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    only_here: int = 0


def take_grants(
    taking: Taking, resources: Mapping[int, ForeignResource], made: Set[int], holders: Holders
) -> None:
    """The access controls of the source's resources, by their keys here; `made`: the new ones.

    In the tally, a grant that the source lacks, and so was taken away, counts as updated.
    """
    known = {_key_of(row): row[0] for row in taking.connection.stream(queries.ACCESS_GRANTS)}
    wanted, new = 0, []
    for resource, one in resources.items():
        for grant in one.grants:
            key = _key(resource, grant, holders)
            wanted += 1
            if known.pop(key, None) is None:
                new.append(key)
    changes = _changes(known, resources, holders)
    connection = taking.connection
    connection.run_many(queries.DELETE_ACCESS_GRANT, [{"pk": pk} for pk in changes.doomed])
    connection.run_many(queries.ADOPT_ACCESS_GRANT, changes.adopted)
    insert_many(
        connection,
        (_grant_row(key) for key in new),
        one=queries.INSERT_ACCESS_GRANT,
        many_on_postgres=queries.INSERT_ACCESS_GRANTS_ON_POSTGRES,
    )
    touched = changes.touched.union(key.resource for key in new) - made
    connection.run_many(
        queries.TOUCH_RESOURCE, [{"pk": pk, "now": taking.now} for pk in sorted(touched)]
    )
    taking.tallies["access grants"] = Tally(
        created=len(new),
        updated=len(changes.doomed) + len(changes.adopted),
        unchanged=wanted - len(new),
        only_here=changes.only_here,
    )


def _changes(
    left: Mapping[GrantKey, int],
    resources: Mapping[int, ForeignResource],
    holders: Holders,
) -> GrantChanges:
    """What becomes of the grants that the source does not have, by their keys here."""
    changes = GrantChanges()
    for key, pk in left.items():
        if key.resource in resources:
            changes.doomed.append(pk)
            changes.touched.add(key.resource)
            continue
        changes.only_here += 1
        ids = holders.users if key.principal_type == _USER else holders.groups
        holder = ids.get(key.holder) if isinstance(key.holder, str) else None
        if holder is None:
            continue
        if key._replace(holder=holder) in left:
            changes.doomed.append(pk)  # the very grant is there already
        else:
            changes.adopted.append({"pk": pk, **_holder_columns(key.principal_type, holder)})
    return changes


def _key_of(row: Row) -> GrantKey:
    _, resource, action, principal_type, user, group, missing = row
    holder = user if user is not None else group if group is not None else missing
    return GrantKey(resource, action, principal_type, holder)


def _key(resource: int, grant: ForeignGrant, holders: Holders) -> GrantKey:
    kind, id_ = grant.principal_type, grant.principal_id
    holder: int | str | None = None
    if kind is PrincipalType.USER:
        holder = holders.users.get(id_, id_)
    elif kind is PrincipalType.GROUP:
        holder = holders.groups.get(id_, id_)
    return GrantKey(resource, grant.action, kind.value, holder)


def _grant_row(key: GrantKey) -> Parameters:
    return {
        "resource_pk": key.resource,
        "action": key.action,
        "principal_type": key.principal_type,
        "missing_id": key.holder if isinstance(key.holder, str) else None,
        **_holder_columns(key.principal_type, key.holder),
    }


def _holder_columns(principal_type: str, holder: int | str | None) -> dict[str, int | None]:
    pk = holder if isinstance(holder, int) else None
    return {
        "user_pk": pk if principal_type == _USER else None,
        "group_pk": pk if principal_type == _GROUP else None,
    }
