"""Rows to facts under assumptions: the same facts, changed, and of everybody who then counts.

Owns who comes into question where assumptions let in more than the database does. Leaves how a
fact changes to `evaluation.assumptions`, and the reading to the readers that these extend.
"""

from __future__ import annotations

from grantctl.evaluation.assumptions import Assumptions
from grantctl.evaluation.facts import AccessFacts, PermissionFacts, Resource, User
from grantctl.model import PrincipalType, ResourceRef, Role
from grantctl.store import assumed_queries, queries
from grantctl.store.connection import Connection, Row
from grantctl.store.member_rows import read_groups, users_of
from grantctl.store.reader import Reader, asked_leaves
from grantctl.store.resource_chains import Chain
from grantctl.store.resource_reader import (
    BaseRow,
    ResourceReader,
    facts_about,
    resources_of,
    sees_all,
)
from grantctl.store.rows import group_of
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from grantctl.evaluation.facts import Group, Membership
    from grantctl.store.assumed_tokens import AssumedTokenReader


class AssumedReader(Reader):
    """Reads facts as they would be; under no assumption the facts as they are, without advice."""

    def __init__(self, connection: Connection, assumptions: Assumptions) -> None:
        super().__init__(connection)
        self._assumed = assumptions

    @property
    def resources(self) -> AssumedResourceReader:
        """What the same connection knows of resources, under the same assumptions."""
        return AssumedResourceReader(self._connection, self._assumed)

    @property
    def tokens(self) -> AssumedTokenReader:
        """What the same connection knows of tokens, whose users are as they would be."""
        # Loaded here because other questions need none of it.
        from grantctl.store.assumed_tokens import AssumedTokenReader

        return AssumedTokenReader(self._connection, self._assumed)

    def groups_above(self, group: Group) -> tuple[dict[int, Group], dict[tuple[int, str], bool]]:
        """The group and all above it, by pk, and every flag that these set, as they are."""
        asked = {"group": group.pk}
        rows = self._connection.rows(assumed_queries.GROUPS_ABOVE, asked)
        flags = self._flag_map(assumed_queries.FLAGS_ABOVE, asked)
        return {row[0]: group_of(row) for row in rows}, flags

    def permission_facts_now(
        self, user: str, key: str, *, with_advice: bool = False
    ) -> PermissionFacts:
        """As it would be, for who is inside a transaction already."""
        facts = super().permission_facts_now(user, key, with_advice=with_advice)
        return self._assumed.applied_to(facts)

    def access_facts(self, user: str) -> PermissionFacts:
        """As it would be."""
        return self._assumed.applied_to(super().access_facts(user))

    def facts_of_candidates(self, key: str) -> Iterator[PermissionFacts]:
        """The facts of every user who would have the permission, and of some who would not."""
        with self._connection.reading():
            catalogue = self._slice(key)
            asked = asked_leaves(catalogue, key)
            nobody = User(0, "", None, "", Role.USER)
            flags = self._flags_of_all(key, asked)
            world = self._assumed.applied_to(
                PermissionFacts(nobody, read_groups(self._connection), (), flags, catalogue)
            )
            keys = {one.key for one in asked}
            for user, memberships in users_of(self._candidates(world, keys)):
                yield PermissionFacts(
                    self._assumed.user_of(user),
                    world.groups,
                    self._assumed.memberships_of(memberships),
                    world.flags,
                    world.catalogue,
                )

    def _candidates(self, world: PermissionFacts, keys: Collection[str]) -> Iterator[Row]:
        setting = {group for (group, key), value in world.flags.items() if value and key in keys}
        granting = _with_below(setting, world.groups)
        is_open = any(world.catalogue[key].default for key in keys)
        if is_open or _lets_everybody_in(self._assumed, granting):
            return self._connection.stream(queries.USERS_WITH_MEMBERSHIPS)
        is_sqlite = self._connection.engine == SQLITE
        query = assumed_queries.MEMBERS_SQLITE if is_sqlite else assumed_queries.MEMBERS_POSTGRES
        return self._connection.stream(query, {"groups": _array(granting)})


class AssumedResourceReader(ResourceReader):
    """Reads facts about resources as they would be."""

    def __init__(self, connection: Connection, assumptions: Assumptions) -> None:
        super().__init__(connection)
        self._assumed = assumptions

    def facts_of_candidates(self, ref: ResourceRef, action: str) -> Iterator[AccessFacts]:
        """The facts of every user who would be let in, and of some who would not."""
        groups = None
        for facts in super().facts_of_candidates(ref, action):
            if groups is None:  # the same of everybody
                groups = self._assumed.groups_of(facts.groups)
            yield AccessFacts(
                self._assumed.user_of(facts.user),
                facts.chain,
                groups,
                self._assumed.memberships_of(facts.memberships),
                facts.admin_bypass,
            )

    def facts_for_either(
        self, user: str, other: str, types: Iterable[str], *, ignore_role: bool = False
    ) -> Iterator[tuple[AccessFacts, AccessFacts]]:
        """The facts of each resource that one of two users may reach: of the one, as it is, and of
        the other, as it would be.

        By type in the given order, then by id. Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            first, second = super().person(user), self.person(other)
            is_open = any(sees_all(one, ignore_role=ignore_role) for one in (first, second))
            bases: dict[int, Chain] = {}
            for type_ in types:
                found = (
                    self._resources(type_, None)
                    if is_open
                    else self._reachable(type_, first, second)
                )
                for resource, base in found:
                    chain = self.with_bases(resource, base, bases)
                    yield facts_about(first, chain), facts_about(second, chain)

    def person(self, user: str) -> AccessFacts:
        return self._assumed.applied_to_access(super().person(user))

    def _candidates(
        self, resource: Resource, action: str, *, is_open: bool
    ) -> Iterator[tuple[User, tuple[Membership, ...]]]:
        if not is_open and (self._assumed.with_groups or self._assumed.role is Role.ADMIN):
            granted = {
                grant.principal
                for grant in resource.grants
                if grant.action == action
                and grant.principal_type is PrincipalType.GROUP
                and grant.principal is not None
            }
            granting = _with_below(granted, read_groups(self._connection))
            is_open = _lets_everybody_in(self._assumed, granting)
        return super()._candidates(resource, action, is_open=is_open)

    def _resources(self, type_: str, person: AccessFacts | None) -> Iterator[BaseRow]:
        return self._reachable(type_, *() if person is None else (person,))

    def _reachable(self, type_: str, *people: AccessFacts) -> Iterator[BaseRow]:
        """The resources of a type that one of these may reach, all of them where none is named."""
        if not people:
            return super()._resources(type_, None)
        is_sqlite = self._connection.engine == SQLITE
        query = (
            assumed_queries.REACHABLE_SQLITE if is_sqlite else assumed_queries.REACHABLE_POSTGRES
        )
        asked = {
            "type": type_,
            "users": _array({one.user.pk for one in people}),
            "groups": _array({pk for one in people for pk in one.groups}),
        }
        return resources_of(self._connection.stream(query, asked))


def _lets_everybody_in(assumed: Assumptions, granting: Collection[int]) -> bool:
    """Whether every user is assumed to be an admin, or in one of these groups."""
    is_admin = assumed.role is Role.ADMIN
    return is_admin or any(group.pk in granting for group in assumed.with_groups)


def _with_below(pks: Iterable[int], groups: Mapping[int, Group]) -> set[int]:
    """These groups and all below them: whoever is in one holds what it gives."""
    below: dict[int, list[int]] = {}
    for group in groups.values():
        if group.parent is not None:
            below.setdefault(group.parent, []).append(group.pk)
    found: set[int] = set()
    waiting = [pk for pk in pks if pk in groups]
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += below.get(pk, ())
    return found


def _array(pks: Iterable[int]) -> str:
    """A list of numbers as JSON."""
    return f"[{','.join(map(str, sorted(pks)))}]"
