"""Rows to facts about resources: the only way in which the evaluator gets them.

Owns the reading of chains of bases, grants, and who comes into question. Leaves the verdict to
`evaluation`. Every public method sees the database at one moment.
"""

from __future__ import annotations

from itertools import groupby

from grantctl.evaluation.facts import (
    MAX_BASES,
    AccessFacts,
    AccessGrant,
    Resource,
    User,
)
from grantctl.lean import replace
from grantctl.model import Action, PrincipalType, ResourceRef, Role
from grantctl.store import queries, references
from grantctl.store import resource_queries as statements
from grantctl.store.connection import Connection, Row
from grantctl.store.member_rows import (
    read_groups,
    read_memberships,
    read_taken_names,
    users_of,
)
from grantctl.store.rows import grant_of, policy_flag_of, resource_of, unsound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ADMIN_BYPASS = "access.admin_bypass"

_RESOURCE_WIDTH = 11  # columns of a resource, before those of a grant
_MAX_CHAINS = 1000

Chain = tuple[Resource, ...]


class ResourceReader:
    """Reads facts about resources from one connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def facts(self, user: str, ref: ResourceRef, *, with_advice: bool = False) -> AccessFacts:
        """All that a decision about one user and one resource needs.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = references.find_user(self._connection, user)
            chain = self._chain(ref)
            groups, memberships = read_memberships(self._connection, found)
            return AccessFacts(
                user=found,
                chain=chain,
                groups=groups,
                memberships=memberships,
                admin_bypass=self._admin_bypass(),
                taken_names=read_taken_names(self._connection, found) if with_advice else None,
            )

    def facts_of_candidates(self, ref: ResourceRef, action: str) -> Iterator[AccessFacts]:
        """The facts of every user who may do this, and of some who may not.

        Ordered by the time of the user's making. Raises NotFoundError, DatabaseError.
        """
        with self._connection.reading():
            chain = self._chain(ref)
            groups, bypass = read_groups(self._connection), self._admin_bypass()
            if _is_open(chain[0], action):
                rows = self._connection.stream(queries.USERS_WITH_MEMBERSHIPS)
            else:
                asked = {"resource": chain[0].pk, "action": action}
                rows = self._connection.stream(statements.CANDIDATES_WITH_MEMBERSHIPS, asked)
            for user, memberships in users_of(rows):
                yield AccessFacts(user, chain, groups, memberships, bypass)

    def facts_of_reachable(
        self, user: str, types: Iterable[str], *, ignore_role: bool = False
    ) -> Iterator[AccessFacts]:
        """The facts of every resource of these types that the user may reach, and of some others.

        By type in the given order, then by id. Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = references.find_user(self._connection, user)
            groups, memberships = read_memberships(self._connection, found)
            bypass = self._admin_bypass()
            sees_all = found.role is Role.ADMIN and bypass and not ignore_role
            bases: dict[int, Chain] = {}
            for type_ in types:
                for resource, base in self._resources(type_, None if sees_all else found):
                    chain = self._with_bases(resource, base, bases)
                    yield AccessFacts(found, chain, groups, memberships, bypass)

    def chain(self, ref: ResourceRef) -> Chain:
        """The resource and its bases. In the caller's transaction. Raises NotFoundError."""
        return self._chain(ref)

    def chains(self, types: Iterable[str]) -> Iterator[Chain]:
        """Every resource of these types, by its id, with its bases. In the caller's transaction."""
        bases: dict[int, Chain] = {}
        for type_ in types:
            for resource, base in self._resources(type_, None):
                yield self._with_bases(resource, base, bases)

    def admin_bypass(self) -> bool:
        """The policy setting `access.admin_bypass`. In the caller's transaction."""
        return self._admin_bypass()

    def require_types(self, pattern: str) -> list[str]:
        """The types of resources that there are and that the pattern fits, `*` any. Sorted.

        Raises NotFoundError where it fits none.
        """
        known = self.types()
        if pattern == "*":
            return known
        if pattern not in known:
            raise references.unknown_resource_type(pattern, known)
        return [pattern]

    def types(self) -> list[str]:
        """Every type that a resource has, sorted."""
        return [str(one) for (one,) in self._connection.rows(statements.TYPES)]

    def ids_from(self, type_: str, prefix: str, *, limit: int) -> list[str]:
        """Ids of resources of a type that begin so, for completion."""
        return references.resource_ids_from(self._connection, type_, prefix, limit)

    def _chain(self, ref: ResourceRef) -> Chain:
        parameters = {"type": ref.type, "id": ref.id}
        rows = references.named_rows(self._connection, statements.RESOURCE_PK, parameters)
        if not rows:
            raise references.unknown_resource(self._connection, ref)
        return self._chain_from(rows[0][0])

    def _chain_from(self, pk: int) -> Chain:
        asked = {"resource": pk, "deepest": MAX_BASES + 1}
        rows = self._connection.rows(statements.CHAIN, asked)
        return _chain_of(pk, rows, self._connection.rows(statements.GRANTS_OF_CHAIN, asked))

    def _resources(
        self, type_: str, user: User | None
    ) -> Iterator[tuple[Resource, tuple[int | None, str | None]]]:
        """The resources of a type, those only that the user may reach if one is given.

        With the pk of the base, or the reference of a missing one.
        """
        if user is None:
            rows = self._connection.stream(statements.RESOURCES_OF_TYPE, {"type": type_})
        else:
            asked = {"type": type_, "user": user.pk}
            rows = self._connection.stream(statements.REACHABLE_OF_TYPE, asked)
        for _, of_resource in groupby(rows, key=lambda row: row[0]):
            found = list(of_resource)
            grants = [row[_RESOURCE_WIDTH:] for row in found if row[_RESOURCE_WIDTH] is not None]
            resource = replace(resource_of(found[0]), grants=_sorted_grants(grants))
            yield resource, (found[0][9], found[0][10])

    def _with_bases(
        self,
        resource: Resource,
        base: tuple[int | None, str | None],
        known: dict[int, Chain],
    ) -> Chain:
        """The chain of a resource, whose base's own is read once for all that are made of it."""
        pk, missing = base
        if pk is None:
            return (replace(resource, base=_missing_ref(missing)),)
        if pk not in known:
            if len(known) >= _MAX_CHAINS:
                known.clear()
            known[pk] = self._chain_from(pk)
        bases = known[pk]
        whole = (replace(resource, base=bases[0].ref), *bases)
        return _cut(whole)

    def _admin_bypass(self) -> bool:
        rows = self._connection.rows(statements.POLICY, {"policy": ADMIN_BYPASS})
        return policy_flag_of(rows[0][0]) if rows else True


def _is_open(resource: Resource, action: str) -> bool:
    """Whether anybody at all may come into question."""
    if resource.is_public:
        return action == Action.READ
    return any(
        grant.principal_type is PrincipalType.EVERYONE and grant.action == action
        for grant in resource.grants
    )


def _chain_of(start: int, rows: Iterable[Row], grants: Iterable[Row]) -> Chain:
    """The resource of that pk and its bases in their order, from rows in any."""
    by_pk = {row[0]: row for row in rows}
    by_resource: dict[int, list[Row]] = {}
    for grant in grants:
        by_resource.setdefault(grant[0], []).append(grant)
    chain: dict[int, Resource] = {}
    at: int | None = start
    while at is not None and at not in chain and len(chain) <= MAX_BASES:
        if at not in by_pk:
            raise unsound("resource")  # its base was deleted past grantctl
        row = by_pk[at]
        base = by_pk.get(row[9])
        named = _missing_ref(row[10]) if base is None else ResourceRef(base[1], base[2])
        grants_here = _sorted_grants(by_resource.get(at, ()))
        chain[at] = replace(resource_of(row), base=named, grants=grants_here)
        at = row[9]
    return tuple(chain.values())


def _cut(chain: Chain) -> Chain:
    """The chain up to where it comes back to its beginning, or becomes too deep."""
    again = [at for at, one in enumerate(chain) if at and one.pk == chain[0].pk]
    return chain[: again[0]] if again else chain[: MAX_BASES + 1]


def _missing_ref(text: str | None) -> ResourceRef | None:
    if text is None:
        return None
    type_, _, id_ = text.partition(":")
    return ResourceRef(type_, id_)


def _sorted_grants(rows: Iterable[Row]) -> tuple[AccessGrant, ...]:
    """The grants, everyone's first, then by type and name of the principal, and by action."""
    grants = (grant_of(row[1:]) for row in rows)
    return tuple(sorted(grants, key=_rank))


def _rank(grant: AccessGrant) -> tuple[int, str, str, str]:
    order = _ORDER[grant.principal_type]
    return order, grant.name or grant.principal_id, grant.principal_id, grant.action


_ORDER: Mapping[PrincipalType, int] = {
    PrincipalType.EVERYONE: 0,
    PrincipalType.GROUP: 1,
    PrincipalType.USER: 2,
}
