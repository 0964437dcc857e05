"""Rows to facts about resources: the only way in which the evaluator gets them.

Owns the reading of chains of bases, grants, and who comes into question. Leaves the verdict to
`evaluation`. Every public method sees the database at one moment.
"""

from __future__ import annotations

from itertools import groupby

from grantctl.evaluation.facts import (
    MAX_BASES,
    AccessFacts,
    Membership,
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
from grantctl.store.resource_chains import (
    Chain,
    chain_of,
    cut_chain,
    missing_ref,
    sorted_grants,
)
from grantctl.store.rows import policy_flag_of, resource_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from grantctl.evaluation.access_decision import AccessQuestion

ADMIN_BYPASS = "access.admin_bypass"

_RESOURCE_WIDTH = 11  # columns of a resource, before those of a grant
_MAX_CHAINS = 1000

BaseRow = tuple[Resource, tuple[int | None, str | None]]  # with the base's pk, or a missing one


class ResourceReader:
    """Reads facts about resources from one connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def facts(self, user: str, ref: ResourceRef, *, with_advice: bool = False) -> AccessFacts:
        """All that a decision about one user and one resource needs.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = self.person(user)
            taken = read_taken_names(self._connection, found.user) if with_advice else None
            return replace(found, chain=self._chain(ref), taken_names=taken)

    def facts_of_candidates(self, ref: ResourceRef, action: str) -> Iterator[AccessFacts]:
        """The facts of every user who may do this, and of some who may not.

        Ordered by the time of the user's making. Raises NotFoundError, DatabaseError.
        """
        with self._connection.reading():
            chain = self._chain(ref)
            groups, bypass = read_groups(self._connection), self._admin_bypass()
            is_open = _is_open(chain[0], action)
            for user, memberships in self._candidates(chain[0], action, is_open=is_open):
                yield AccessFacts(user, chain, groups, memberships, bypass)

    def facts_of_reachable(
        self, user: str, types: Iterable[str], *, ignore_role: bool = False
    ) -> Iterator[AccessFacts]:
        """The facts of every resource of these types that the user may reach, and of some others.

        By type in the given order, then by id. Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = self.person(user)
            asked = None if sees_all(found, ignore_role=ignore_role) else found
            bases: dict[int, Chain] = {}
            for type_ in types:
                for resource, base in self._resources(type_, asked):
                    yield facts_about(found, self.with_bases(resource, base, bases))

    def require_types(self, pattern: str) -> list[str]:
        """The types of resources that there are and that the pattern fits, `*` any. Sorted.

        Raises NotFoundError where it fits none.
        """
        if pattern == "*":
            return self.types()
        if not references.named_rows(self._connection, statements.HAS_TYPE, {"type": pattern}):
            raise references.unknown_resource_type(pattern, self.types())
        return [pattern]

    def types(self) -> list[str]:
        """Every type that a resource has, sorted."""
        return [str(one) for (one,) in self._connection.rows(statements.TYPES)]

    def refs(self, type_: str) -> Iterator[ResourceRef]:
        """Every resource of a type, by id."""
        for row in self._connection.stream(statements.REFS_OF_TYPE, {"type": type_}):
            yield ResourceRef(*row)

    def ids_from(self, type_: str, prefix: str, *, limit: int) -> list[str]:
        """Ids of resources of a type that begin so, for completion."""
        return references.resource_ids_from(self._connection, type_, prefix, limit)

    def names_of_reachable(
        self, user: str, types: Iterable[str], question: AccessQuestion, *, now: datetime
    ) -> Iterator[list[str]]:
        """What the user may do this to, by name alone, some at a time; see `resource_lists`."""
        # Loaded here because other questions need none of it.
        from grantctl.store.resource_lists import names_of_reachable

        return names_of_reachable(self._connection, self, user, types, question, now=now)

    def names_of_roles(self, roles: Collection[Role]) -> Iterator[str]:
        """Everybody of these roles by name alone; see `resource_lists`."""
        from grantctl.store.resource_lists import names_of_roles

        return names_of_roles(self._connection, roles)

    def person(self, user: str) -> AccessFacts:
        """All about the user that a decision needs, with no resource yet. In the caller's
        transaction. Raises NotFoundError, AmbiguousError, DatabaseError."""
        found = references.find_user(self._connection, user)
        groups, memberships = read_memberships(self._connection, found)
        return AccessFacts(found, (), groups, memberships, self._admin_bypass())

    def _candidates(
        self, resource: Resource, action: str, *, is_open: bool
    ) -> Iterator[tuple[User, tuple[Membership, ...]]]:
        """Everybody who may have the action on this resource alone, all users if it is open."""
        if is_open:
            return users_of(self._connection.stream(queries.USERS_WITH_MEMBERSHIPS))
        asked = {"resource": resource.pk, "action": action}
        return users_of(self._connection.stream(statements.CANDIDATES_WITH_MEMBERSHIPS, asked))

    def chain(self, ref: ResourceRef) -> Chain:
        """The resource and its bases. In the caller's transaction. Raises NotFoundError."""
        return self._chain(ref)

    def chain_from(self, pk: int) -> Chain:
        """The same of the resource of that pk."""
        return self._chain_from(pk)

    def chains(self, types: Iterable[str]) -> Iterator[Chain]:
        """Every resource of these types, by its id, with its bases. In the caller's transaction."""
        bases: dict[int, Chain] = {}
        for type_ in types:
            for resource, base in self._resources(type_, None):
                yield self.with_bases(resource, base, bases)

    def admin_bypass(self) -> bool:
        """The policy setting `access.admin_bypass`. In the caller's transaction."""
        return self._admin_bypass()

    def _chain(self, ref: ResourceRef) -> Chain:
        parameters = {"type": ref.type, "id": ref.id}
        rows = references.named_rows(self._connection, statements.RESOURCE_PK, parameters)
        if not rows:
            raise references.unknown_resource(self._connection, ref)
        return self._chain_from(rows[0][0])

    def _chain_from(self, pk: int) -> Chain:
        asked = {"resource": pk, "deepest": MAX_BASES + 1}
        rows = self._connection.rows(statements.CHAIN, asked)
        return chain_of(pk, rows, self._connection.rows(statements.GRANTS_OF_CHAIN, asked))

    def _resources(self, type_: str, person: AccessFacts | None) -> Iterator[BaseRow]:
        """The resources of a type, those only that a person may reach if one is given.

        With the pk of the base, or the reference of a missing one.
        """
        if person is None:
            rows = self._connection.stream(statements.RESOURCES_OF_TYPE, {"type": type_})
        else:
            asked = {"type": type_, "user": person.user.pk}
            rows = self._connection.stream(statements.REACHABLE_OF_TYPE, asked)
        return resources_of(rows)

    def with_bases(
        self,
        resource: Resource,
        base: tuple[int | None, str | None],
        known: dict[int, Chain],
    ) -> Chain:
        """The chain of a resource, whose base's own is read once for all that are made of it."""
        pk, missing = base
        if pk is None:
            return (replace(resource, base=missing_ref(missing)),)
        if pk not in known:
            if len(known) >= _MAX_CHAINS:
                known.clear()
            known[pk] = self._chain_from(pk)
        bases = known[pk]
        whole = (replace(resource, base=bases[0].ref), *bases)
        return cut_chain(whole)

    def _admin_bypass(self) -> bool:
        rows = self._connection.rows(statements.POLICY, {"policy": ADMIN_BYPASS})
        return policy_flag_of(rows[0][0]) if rows else True


def facts_about(person: AccessFacts, chain: Chain) -> AccessFacts:
    """The same person and this resource; made anew, which is quicker than `replace`."""
    return AccessFacts(person.user, chain, person.groups, person.memberships, person.admin_bypass)


def sees_all(person: AccessFacts, *, ignore_role: bool) -> bool:
    """Whether the role alone lets the person do everything."""
    return person.user.role is Role.ADMIN and person.admin_bypass and not ignore_role


def resources_of(
    rows: Iterable[Row],
) -> Iterator[BaseRow]:
    """Resources from rows of their grants, a resource's rows together."""
    for _, of_resource in groupby(rows, key=lambda row: row[0]):
        found = list(of_resource)
        grants = [row[_RESOURCE_WIDTH:] for row in found if row[_RESOURCE_WIDTH] is not None]
        resource = replace(resource_of(found[0]), grants=sorted_grants(grants))
        yield resource, (found[0][9], found[0][10])


def _is_open(resource: Resource, action: str) -> bool:
    """Whether anybody at all may come into question."""
    if resource.is_public:
        return action == Action.READ
    return any(
        grant.principal_type is PrincipalType.EVERYONE and grant.action == action
        for grant in resource.grants
    )
