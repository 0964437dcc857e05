"""Rows to facts about all members of a group at once, of which a matrix is made.

Owns the reading, at one moment as long as its context lasts. Leaves the verdicts to `evaluation`,
and to whoever calls who of them is a member still: memberships that have ended are read too.
"""

from __future__ import annotations

from contextlib import contextmanager

from grantctl.evaluation.facts import Group, Permission, PermissionFacts, Resource
from grantctl.evaluation.matrix import Person
from grantctl.evaluation.rules import leaves_of
from grantctl.lean import dataclass
from grantctl.store import queries, references
from grantctl.store.connection import Connection
from grantctl.store.member_rows import read_groups, users_of
from grantctl.store.reader import Reader
from grantctl.store.resource_reader import ResourceReader
from grantctl.store.rows import permission_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class MemberPermissions:
    """A group, permissions by their keys, and the facts of everybody who is or was in the group."""

    group: Group
    permissions: tuple[Permission, ...]
    people: Iterator[PermissionFacts]


@dataclass(frozen=True, slots=True)
class MemberResources:
    """A group, resources with their bases, and everybody who is or was in the group.

    `more`: how many resources the limit left out. `admin_bypass`: the policy setting.
    """

    group: Group
    chains: tuple[tuple[Resource, ...], ...]
    more: int
    people: Iterator[Person]
    admin_bypass: bool


class MatrixReader:
    """Reads from one connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def permissions(self, group: str, key: str | None) -> Iterator[MemberPermissions]:
        """The members and all permissions, or those under a key, while the context lasts.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = references.find_group(self._connection, group)
            rows = self._connection.rows(queries.CATALOGUE)
            catalogue = {one.key: one for one in map(permission_of, rows)}
            asked = tuple(catalogue.values()) if key is None else leaves_of(catalogue, key)
            if not asked and key is not None:
                raise references.unknown_permission(key, catalogue)
            keys = {one.key for one in asked}
            in_order = tuple(sorted(asked, key=lambda one: one.key))
            people = Reader(self._connection).facts_of_members(found.pk, keys)
            yield MemberPermissions(found, in_order, people)

    @contextmanager
    def resources(self, group: str, type_: str, *, limit: int) -> Iterator[MemberResources]:
        """The members and the resources of a type, or of every type for `*`; at most so many.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = references.find_group(self._connection, group)
            reader = ResourceReader(self._connection)
            chains: list[tuple[Resource, ...]] = []
            more = 0
            for chain in reader.chains(reader.require_types(type_)):
                if len(chains) < limit:
                    chains.append(chain)
                else:
                    more += 1
            yield MemberResources(
                found, tuple(chains), more, self._people(found), reader.admin_bypass()
            )

    def _people(self, group: Group) -> Iterator[Person]:
        groups = read_groups(self._connection)
        rows = self._connection.stream(queries.MEMBERS_WITH_MEMBERSHIPS, {"group": group.pk})
        for user, memberships in users_of(rows):
            yield Person(user, groups, memberships)
