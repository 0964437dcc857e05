"""Facts for decisions, of users and groups that were read before.

Owns what is kept of each, and how facts are made of it: the very same that `reader` would give.
Leaves to `quick` to know for how long it holds. Times are part of the facts, so a user is kept as
it is, whatever memberships end meanwhile.
"""

from __future__ import annotations

from grantctl.evaluation.facts import Group, Membership, Permission, PermissionFacts, User
from grantctl.evaluation.rules import leaves_of
from grantctl.store import quick_queries, references
from grantctl.store.connection import Connection
from grantctl.store.directory_cache import DirectoryCache
from grantctl.store.recent import Recent
from grantctl.store.rows import flag_of, group_of, membership_of, user_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

MAX_SLICES = 1000

_GroupFacts: TypeAlias = "tuple[Group, dict[str, bool]]"  # with what it says of keys
# With the groups that are held or were, and what each of these says of keys.
_Person: TypeAlias = (
    "tuple[User, dict[int, Group], tuple[Membership, ...], list[tuple[int, dict[str, bool]]]]"
)


class FactsCache:
    """What was read of users, groups and keys through one connection."""

    def __init__(self, connection: Connection, directory: DirectoryCache, *, users: int) -> None:
        self._connection = connection
        self._directory = directory
        self._people: Recent[_Person] = Recent(users)
        self.forget()

    def forget(self) -> None:
        """Read everything anew when it is needed again."""
        self._people.forget()
        self._groups: dict[int, _GroupFacts | None] = {}
        self._slices: dict[str, dict[str, Permission]] = {}

    def find(self, user: str, key: str) -> PermissionFacts | None:
        """The facts, if nothing has to be read for them."""
        catalogue, person = self._slices.get(key), self._people.find(user)
        if catalogue is None or person is None:
            return None
        return self._facts(person, catalogue)

    def read(self, user: str, key: str) -> PermissionFacts | None:
        """The facts, inside of the caller's transaction; None where only the long way can tell.

        Raises DatabaseError.
        """
        catalogue = self._slice(key)
        if catalogue is None:
            return None
        person = self._people.find(user)
        if person is None:
            person = self._person(user)
            if person is None:
                return None
            self._people.keep(user, person)
        return self._facts(person, catalogue)

    def _facts(self, person: _Person, catalogue: dict[str, Permission]) -> PermissionFacts:
        user, groups, memberships, flags_by_group = person
        flags = {
            (pk, key): value
            for pk, of_group in flags_by_group
            for key in catalogue
            if (value := of_group.get(key)) is not None
        }
        return PermissionFacts(user, groups, memberships, flags, catalogue)

    def _slice(self, key: str) -> dict[str, Permission] | None:
        """The asked leaf, or a category's leaves, with their gates; None for an unknown key."""
        if key not in self._slices:
            whole = self._directory.catalogue()
            leaves = leaves_of(whole, key)
            if not leaves:
                return None
            wanted = {one.key for one in leaves} | {one.gated_by for one in leaves}
            if len(self._slices) >= MAX_SLICES:
                self._slices.clear()
            self._slices[key] = {name: whole[name] for name in sorted(whole) if name in wanted}
        return self._slices[key]

    def _person(self, reference: str) -> _Person | None:
        email = references.email_of(reference)
        rows = references.named_rows(
            self._connection, quick_queries.PERSON_BY_ID, {"reference": reference}
        ) or references.named_rows(
            self._connection, quick_queries.PERSON_BY_EMAIL, {"reference": email}
        )
        if not rows:
            return None
        known: dict[int, _GroupFacts] = {}
        for row in rows:
            self._climb(row[5], known)
        memberships = [membership_of(row[5], row[6:10]) for row in rows if row[5] in known]
        return (
            user_of(rows[0]),
            {pk: known[pk][0] for pk in sorted(known)},
            tuple(sorted(memberships, key=lambda one: one.group)),
            [(pk, flags) for pk, (_, flags) in known.items()],
        )

    def _climb(self, pk: int | None, known: dict[int, _GroupFacts]) -> None:
        """Add a group, and those above it, of those that there are."""
        while pk is not None and pk not in known:
            found = self._group(pk)
            if found is None:
                return
            known[pk] = found
            pk = found[0].parent

    def _group(self, pk: int) -> _GroupFacts | None:
        if pk not in self._groups:
            rows = self._connection.rows(quick_queries.GROUP, {"group": pk})
            flags = self._connection.rows(quick_queries.FLAGS_OF_GROUP, {"group": pk})
            said = {key: value for (_, key), value in map(flag_of, flags)}
            self._groups[pk] = (group_of(rows[0]), said) if rows else None
        return self._groups[pk]
