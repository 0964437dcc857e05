"""Rows to facts: the only way in which the evaluator gets its facts.

Owns the reading of the decision path, over plain DB-API. Leaves the verdict to `evaluation`. Every
public method sees the database at one moment.
"""

from __future__ import annotations

from grantctl.errors import DatabaseError
from grantctl.evaluation.facts import Group, Permission, PermissionFacts, User
from grantctl.lean import replace
from grantctl.model import Role, is_below
from grantctl.store import queries, references
from grantctl.store.connection import Row
from grantctl.store.member_rows import (
    read_groups,
    read_memberships,
    read_taken_names,
    users_of,
)
from grantctl.store.readers import Readers
from grantctl.store.revision import KNOWN_REVISIONS, REVISION_TABLE, SCHEMA_REVISION
from grantctl.store.rows import flag_of, group_of, permission_of
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import Any

    from grantctl.evaluation.compiled import Asked


class Reader(Readers):
    """Reads facts from one connection, which it does not close."""

    def require_revision(self) -> None:
        """Raise DatabaseError unless the schema is the one that this code expects."""
        found = self.require_known_revision()
        if found != SCHEMA_REVISION:
            raise DatabaseError(
                f"the database has the older revision `{found}`, not `{SCHEMA_REVISION}`: "
                f"{self._connection.label}",
                hint="grantctl db migrate",
            )

    def require_known_revision(self) -> str:
        """The schema revision. Raises DatabaseError where this code knows no way from it."""
        found = self.find_revision()
        if found is None:
            raise self.not_ours()
        if found not in KNOWN_REVISIONS:
            raise DatabaseError(
                f"the database has revision `{found}`, which this version does not know: "
                f"{self._connection.label}",
                hint="a newer grantctl wrote it: pip install --upgrade grantctl",
            )
        return found

    def find_revision(self) -> str | None:
        """The schema revision, None where the database is not one of grantctl's."""
        if REVISION_TABLE not in self.table_names():
            return None
        rows = self._connection.rows(queries.REVISION)
        return " and ".join(sorted(str(revision) for (revision,) in rows)) or None

    def table_names(self) -> set[str]:
        """The tables of the file, or of the schemas on the search path."""
        is_sqlite = self._connection.engine == SQLITE
        query = queries.TABLE_NAMES_SQLITE if is_sqlite else queries.TABLE_NAMES_POSTGRES
        return {str(name) for (name,) in self._connection.rows(query)}

    def not_ours(self) -> DatabaseError:
        """The error for a database that is not one of grantctl's."""
        label, names = self._connection.label, self.table_names()
        if {"user", "auth"} <= names:
            return DatabaseError(
                f"this is an Open WebUI database, not one of grantctl's: {label}",
                hint=f"read it as it is with --database openwebui+{label}, "
                "or bring it in: grantctl import openwebui",
            )
        state = "is empty" if not names else "was not made by grantctl"
        return DatabaseError(
            f"the database {state}: {label}", hint="make one: grantctl init --database URL"
        )

    def find_user(self, reference: str) -> User:
        """The user of that id, e-mail or unique name, looked for in this order.

        Raises NotFoundError, AmbiguousError.
        """
        return references.find_user(self._connection, reference)

    def find_group(self, reference: str) -> Group:
        """The group of that id or unique name. Raises NotFoundError, AmbiguousError."""
        return references.find_group(self._connection, reference)

    def permission_facts(
        self, user: str, key: str, *, with_advice: bool = False
    ) -> PermissionFacts:
        """All that a decision about one user and one key or category needs.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            return self.permission_facts_now(user, key, with_advice=with_advice)

    def permission_facts_now(
        self, user: str, key: str, *, with_advice: bool = False
    ) -> PermissionFacts:
        """The same, for who is inside a transaction already."""
        found = self.find_user(user)
        catalogue = self._slice(key)
        flags = self._flags(found, key, catalogue)
        groups, memberships = read_memberships(self._connection, found)
        facts = PermissionFacts(
            user=found, groups=groups, memberships=memberships, flags=flags, catalogue=catalogue
        )
        return self.advisable(facts, key) if with_advice else facts

    def advisable(self, facts: PermissionFacts, key: str) -> PermissionFacts:
        """The facts with what advice on the permission needs. In the transaction of the facts."""
        taken = read_taken_names(self._connection, facts.user)
        return replace(facts, granting=self._granting(key), taken_names=taken)

    def access_facts(self, user: str) -> PermissionFacts:
        """One user with the whole catalogue. Raises as `permission_facts`."""
        with self._connection.reading():
            found = self.find_user(user)
            groups, memberships = read_memberships(self._connection, found)
            return PermissionFacts(
                user=found,
                groups=groups,
                memberships=memberships,
                flags=self._flag_map(queries.HELD_FLAGS, {"user": found.pk}),
                catalogue=self._catalogue(),
            )

    def facts_of_candidates(self, key: str) -> Iterator[PermissionFacts]:
        """The facts of every user who may have the permission, and of some who have not.

        Ordered by the time of the user's making. Raises NotFoundError, DatabaseError.
        """
        with self._connection.reading():
            catalogue = self._slice(key)
            asked = asked_leaves(catalogue, key)
            groups = read_groups(self._connection)
            flags = self._flags_of_all(key, asked)
            is_open = any(permission.default for permission in asked)
            query = (
                queries.USERS_WITH_MEMBERSHIPS if is_open else queries.CANDIDATES_WITH_MEMBERSHIPS
            )
            parameters = {} if is_open else _key_parameters(key)
            rows = self._connection.stream(query, parameters)
            for user, memberships in users_of(rows):
                yield PermissionFacts(user, groups, memberships, flags, catalogue)

    def facts_of_members(
        self, group: int | None, keys: Collection[str], *, role: Role | None = None
    ) -> Iterator[PermissionFacts]:
        """The facts of every member of a group, inherited ones too; of all users for None, or all
        of a role.

        With these leaves of the catalogue only. Inside of the caller's transaction. Raises
        DatabaseError.
        """
        groups = read_groups(self._connection)
        every_flag = self._flag_map(queries.ALL_FLAGS, {})
        flags = {pair: value for pair, value in every_flag.items() if pair[1] in keys}
        catalogue = {key: one for key, one in self._catalogue().items() if key in keys}
        for user, memberships in users_of(self._members(group, role)):
            yield PermissionFacts(user, groups, memberships, flags, catalogue)

    def _members(self, group: int | None, role: Role | None) -> Iterator[Row]:
        if group is not None:
            return self._connection.stream(queries.MEMBERS_WITH_MEMBERSHIPS, {"group": group})
        if role is not None:
            asked = {"role": role.value}
            return self._connection.stream(queries.USERS_OF_ROLE_WITH_MEMBERSHIPS, asked)
        return self._connection.stream(queries.USERS_WITH_MEMBERSHIPS)

    def catalogue(self) -> Mapping[str, Permission]:
        """Every permission by its key. Raises DatabaseError."""
        with self._connection.reading():
            return self._catalogue()

    def names_of_permitted(self, asked: Asked, *, now: int) -> Iterator[list[str]]:
        """Who has a permission, by name alone, some at a time; see `quick_lists`."""
        from grantctl.store.quick_lists import names_of_permitted

        return names_of_permitted(self._connection, asked, now=now)

    def emails_from(self, prefix: str, *, limit: int) -> list[str]:
        """E-mails that begin so, for completion."""
        email = references.email_of(prefix)
        return references.names_from(self._connection, queries.EMAILS_FROM, email, limit)

    def group_names_from(self, prefix: str, *, limit: int) -> list[str]:
        """Group names that begin so, for completion."""
        return references.names_from(self._connection, queries.GROUP_NAMES_FROM, prefix, limit)

    def _catalogue(self) -> dict[str, Permission]:
        found = map(permission_of, self._connection.rows(queries.CATALOGUE))
        return {one.key: one for one in sorted(found, key=lambda one: one.key)}

    def _slice(self, key: str) -> dict[str, Permission]:
        """The asked leaf, or a category's leaves, with their gates. Raises NotFoundError."""
        query = queries.PERMISSION_WITH_GATE
        rows = references.named_rows(self._connection, query, {"key": key})
        found = {row[0]: permission_of(row) for row in rows}
        if key in found:
            return found
        whole = self._catalogue()
        leaves = {name: one for name, one in whole.items() if is_below(name, key)}
        if not leaves:
            raise references.unknown_permission(key, whole)
        gates = {one.gated_by for one in leaves.values()}
        return {name: one for name, one in whole.items() if name in leaves or name in gates}

    def _flags(
        self, user: User, key: str, catalogue: Mapping[str, Permission]
    ) -> dict[tuple[int, str], bool]:
        if key in catalogue:
            gate = catalogue[key].gated_by or key
            return self._flag_map(
                queries.HELD_FLAGS_OF_TWO, {"user": user.pk, "key": key, "gate": gate}
            )
        flags = self._flag_map(queries.HELD_FLAGS, {"user": user.pk})
        return {(group, name): value for (group, name), value in flags.items() if name in catalogue}

    def _flags_of_all(self, key: str, asked: Iterable[Permission]) -> dict[tuple[int, str], bool]:
        """What every group says of a leaf, or of a category's leaves, and of their gates."""
        flags = self._flag_map(queries.FLAGS_OF_KEY, _key_parameters(key))
        for gate in {one.gated_by for one in asked} - {None}:
            flags |= self._flag_map(queries.FLAGS_OF_KEY, _key_parameters(str(gate)))
        return flags

    def _flag_map(self, query: str, parameters: dict[str, Any]) -> dict[tuple[int, str], bool]:
        rows = self._connection.rows(query, parameters)
        return dict(map(flag_of, rows))

    def _granting(self, key: str) -> dict[str, tuple[Group, ...]]:
        granting: dict[str, tuple[Group, ...]] = {}
        for name, *row in self._connection.rows(queries.GRANTING_GROUPS, _key_parameters(key)):
            granting[name] = (*granting.get(name, ()), group_of(row))
        return granting


def asked_leaves(catalogue: Mapping[str, Permission], key: str) -> list[Permission]:
    """The leaf, or a category's leaves, without their gates."""
    if key in catalogue:
        return [catalogue[key]]
    return [one for name, one in catalogue.items() if is_below(name, key)]


def _key_parameters(key: str) -> dict[str, Any]:
    return {"key": key, "prefix": f"{key}.", "length": len(key) + 1}
