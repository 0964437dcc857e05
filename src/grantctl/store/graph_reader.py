"""Rows to the surroundings of a group, a permission or a resource, of which a graph is drawn.

Owns the reading of what graphs show that no decision needs. Leaves what is shown to `evaluation`.
Every public method sees the database at one moment.
"""

from __future__ import annotations

from grantctl.evaluation.facts import Group, Membership, Permission, User
from grantctl.evaluation.graph_facts import (
    GroupSurroundings,
    KeySurroundings,
    ResourceSurroundings,
    below,
    groups_of_leaves,
    lineage,
    shown_leaves,
)
from grantctl.evaluation.rules import leaves_of
from grantctl.lean import replace
from grantctl.model import PrincipalType, ResourceRef
from grantctl.moments import datetime
from grantctl.store import graph_queries, queries, references
from grantctl.store.connection import Connection
from grantctl.store.member_rows import read_groups, users_of
from grantctl.store.resource_reader import ResourceReader
from grantctl.store.rows import flag_of, microseconds_of, permission_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class GraphReader:
    """Reads surroundings from one connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def around_group(self, reference: str, *, now: datetime, limit: int) -> GroupSurroundings:
        """What there is around a group; `limit` members and grants, and everything else.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            group = references.find_group(self._connection, reference)
            groups = read_groups(self._connection)
            above = lineage(group, groups)
            lower = below([group.pk], groups, without=above)[:limit]
            return GroupSurroundings(
                group=group,
                groups=groups,
                catalogue=self._catalogue(),
                counts=self._counts((*above, *lower), now),
                members=self._members(group, now, limit),
                flags={pair: one for at in above for pair, one in self._flags_of(at).items()},
                grants=self._grants(above, limit),
                grant_count=sum(self._grant_count(one) for one in above),
            )

    def around_key(self, key: str, *, now: datetime, limit: int) -> KeySurroundings:
        """What there is around a permission or a category. Raises NotFoundError, DatabaseError."""
        with self._connection.reading():
            catalogue = self._catalogue()
            leaves = leaves_of(catalogue, key)
            if not leaves:
                raise references.unknown_permission(key, catalogue)
            keys = {leaf.key for leaf in leaves}
            asked = {"key": key, "prefix": f"{key}.", "length": len(key) + 1}
            rows = self._connection.rows(queries.FLAGS_OF_KEY, asked)
            facts = KeySurroundings(
                key=key,
                leaves=leaves,
                catalogue=catalogue,
                groups=read_groups(self._connection),
                flags={pair: value for pair, value in map(flag_of, rows) if pair[1] in keys},
            )
            shown = shown_leaves(facts, limit)
            every = groups_of_leaves(facts, shown)
            setting = every[:limit]
            granting = [
                one.pk for one in setting if any(facts.flags.get((one.pk, k.key)) for k in shown)
            ]
            lower = below(granting, facts.groups, without=every)[:limit]
            return replace(facts, counts=self._counts((*setting, *lower), now))

    def around_resource(
        self, ref: ResourceRef, *, now: datetime, limit: int
    ) -> ResourceSurroundings:
        """What there is around a resource. Raises NotFoundError, DatabaseError."""
        with self._connection.reading():
            chain = ResourceReader(self._connection).chain(ref)
            groups = read_groups(self._connection)
            granted = [
                grant.principal
                for resource in chain
                for grant in resource.grants[:limit]
                if grant.principal_type is PrincipalType.GROUP and grant.principal in groups
            ]
            pks = {pk for pk in granted if pk is not None}
            lower = below(pks, groups)[:limit]
            counts = self._counts((*(groups[pk] for pk in pks), *lower), now)
            return ResourceSurroundings(chain, groups, counts)

    def _catalogue(self) -> dict[str, Permission]:
        found = map(permission_of, self._connection.rows(queries.CATALOGUE))
        return {one.key: one for one in sorted(found, key=lambda one: one.key)}

    def _counts(self, groups: Iterable[Group], now: datetime) -> dict[int, int]:
        """How many are in each of the groups directly."""
        moment = microseconds_of(now)
        query = graph_queries.MEMBER_COUNT
        return {
            one.pk: int(self._connection.rows(query, {"group": one.pk, "now": moment})[0][0])
            for one in groups
        }

    def _members(
        self, group: Group, now: datetime, limit: int
    ) -> tuple[tuple[User, Membership], ...]:
        asked = {"group": group.pk, "now": microseconds_of(now), "limit": limit}
        found = users_of(self._connection.rows(graph_queries.MEMBERS, asked))
        return tuple((user, membership) for user, [membership] in found)

    def _flags_of(self, group: Group) -> Mapping[tuple[int, str], bool]:
        rows = self._connection.rows(graph_queries.FLAGS_OF_GROUP, {"group": group.pk})
        return dict(map(flag_of, rows))

    def _grant_count(self, group: Group) -> int:
        rows = self._connection.rows(graph_queries.GRANT_COUNT, {"group": group.pk})
        return int(rows[0][0])

    def _grants(
        self, groups: Iterable[Group], limit: int
    ) -> tuple[tuple[int, ResourceRef, str, str], ...]:
        """Some of what is granted to the groups, those of the first group before the others'."""
        found: list[tuple[int, ResourceRef, str, str]] = []
        for group in groups:
            asked = {"group": group.pk, "limit": limit - len(found)}
            rows = self._connection.rows(graph_queries.GRANTS_OF_GROUP, asked)
            of_group = [
                (group.pk, ResourceRef(str(type_), str(id_)), str(name), str(action))
                for type_, id_, name, action in rows
            ]
            found += sorted(of_group)
        return tuple(found)
