"""Rows to facts: the only way in which the evaluator gets its facts.

Owns the reading of the decision path, over plain DB-API. Leaves the verdict to `evaluation`. Every
public method sees the database at one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from grantctl.errors import AmbiguousError, DatabaseError, NotFoundError
from grantctl.evaluation.facts import Group, Membership, Permission, PermissionFacts, User
from grantctl.model import Role, Source, is_below
from grantctl.store import queries
from grantctl.store.connection import Connection, Row
from grantctl.store.revision import KNOWN_REVISIONS, SCHEMA_REVISION
from grantctl.store.url import SQLITE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGHEST = "\U0010ffff"
_SUGGESTIONS = 3


class Reader:
    """Reads facts from one connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def require_revision(self) -> None:
        """Raise DatabaseError unless the schema is the one that this code expects."""
        label = self._connection.label
        found = self.find_revision()
        if found is None:
            raise self._not_ours()
        if found == SCHEMA_REVISION:
            return
        if found in KNOWN_REVISIONS:
            raise DatabaseError(
                f"the database has the older revision `{found}`, not `{SCHEMA_REVISION}`: {label}",
                hint="grantctl db migrate",
            )
        raise DatabaseError(
            f"the database has revision `{found}`, which this version does not know: {label}",
            hint="a newer grantctl wrote it: pip install --upgrade grantctl",
        )

    def find_revision(self) -> str | None:
        """The schema revision, None where the database is not one of grantctl's."""
        if "grantctl_revision" not in self._table_names():
            return None
        rows = self._connection.rows(queries.REVISION)
        return str(rows[0][0]) if rows else None

    def _table_names(self) -> set[str]:
        is_sqlite = self._connection.engine == SQLITE
        query = queries.TABLE_NAMES_SQLITE if is_sqlite else queries.TABLE_NAMES_POSTGRES
        return {str(name) for (name,) in self._connection.rows(query)}

    def _not_ours(self) -> DatabaseError:
        label, names = self._connection.label, self._table_names()
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
        rows = self._connection.rows(
            queries.USER_BY_REFERENCE, {"reference": _plain(reference), "email": _email(reference)}
        )
        return _user(_one_of("user", reference, rows, self._suggest_users, _user_label))

    def find_group(self, reference: str) -> Group:
        """The group of that id or unique name. Raises NotFoundError, AmbiguousError."""
        rows = self._connection.rows(queries.GROUP_BY_REFERENCE, {"reference": _plain(reference)})
        return _group(_one_of("group", reference, rows, self._suggest_groups, _group_label))

    def permission_facts(
        self, user: str, key: str, *, with_advice: bool = False
    ) -> PermissionFacts:
        """All that a decision about one user and one key or category needs.

        Raises NotFoundError, AmbiguousError, DatabaseError.
        """
        with self._connection.reading():
            found = self.find_user(user)
            catalogue = self._slice(key)
            flags = self._flags(found, key, catalogue)
            groups, memberships = self._groups(found)
            granting: dict[str, tuple[Group, ...]] = {}
            shared: frozenset[str] = frozenset()
            if with_advice:
                granting = self._granting(key, groups)
                shared = frozenset(name for (name,) in self._connection.rows(queries.SHARED_NAMES))
        return PermissionFacts(
            user=found,
            groups=groups,
            memberships=memberships,
            flags=flags,
            catalogue=catalogue,
            granting=granting,
            shared_names=shared,
        )

    def access_facts(self, user: str) -> PermissionFacts:
        """One user with the whole catalogue. Raises as `permission_facts`."""
        with self._connection.reading():
            found = self.find_user(user)
            groups, memberships = self._groups(found)
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
            asked = _asked(catalogue, key)
            groups = {row[0]: _group(row) for row in self._connection.rows(queries.ALL_GROUPS)}
            flags = self._flag_map(queries.FLAGS_OF_KEY, _key_parameters(key))
            for gate in {one.gated_by for one in asked} - {None}:
                flags |= self._flag_map(queries.FLAGS_OF_KEY, _key_parameters(str(gate)))
            is_open = any(permission.default for permission in asked)
            query = (
                queries.USERS_WITH_MEMBERSHIPS if is_open else queries.CANDIDATES_WITH_MEMBERSHIPS
            )
            parameters = {} if is_open else _key_parameters(key)
            rows = self._connection.stream(query, parameters)
            for user, memberships in _users_of(rows):
                yield PermissionFacts(user, groups, memberships, flags, catalogue)

    def facts_of_members(self, group: int | None) -> Iterator[PermissionFacts]:
        """The facts of every member of a group, inherited ones too; of all users for None.

        With the whole catalogue. Inside of the caller's transaction. Raises DatabaseError.
        """
        groups = {row[0]: _group(row) for row in self._connection.rows(queries.ALL_GROUPS)}
        flags = self._flag_map(queries.ALL_FLAGS, {})
        catalogue = self._catalogue()
        rows = (
            self._connection.rows(queries.USERS_WITH_MEMBERSHIPS)
            if group is None
            else self._connection.rows(queries.MEMBERS_WITH_MEMBERSHIPS, {"group": group})
        )
        for user, memberships in _users_of(rows):
            yield PermissionFacts(user, groups, memberships, flags, catalogue)

    def catalogue(self) -> Mapping[str, Permission]:
        """Every permission by its key. Raises DatabaseError."""
        with self._connection.reading():
            return self._catalogue()

    def emails_from(self, prefix: str, *, limit: int) -> list[str]:
        """E-mails that begin so, for completion."""
        rows = self._connection.rows(queries.EMAILS_FROM, _range(_email(prefix), limit))
        return [str(email) for (email,) in rows]

    def group_names_from(self, prefix: str, *, limit: int) -> list[str]:
        """Group names that begin so, for completion."""
        rows = self._connection.rows(queries.GROUP_NAMES_FROM, _range(_plain(prefix), limit))
        return [str(name) for (name,) in rows]

    def _catalogue(self) -> dict[str, Permission]:
        rows = sorted(self._connection.rows(queries.CATALOGUE))
        return {row[0]: _permission(row) for row in rows}

    def _slice(self, key: str) -> dict[str, Permission]:
        """The asked leaf, or a category's leaves, with their gates. Raises NotFoundError."""
        rows = self._connection.rows(queries.PERMISSION_WITH_GATE, {"key": _plain(key)})
        found = {row[0]: _permission(row) for row in rows}
        if key in found:
            return found
        whole = self._catalogue()
        leaves = {name: one for name, one in whole.items() if is_below(name, key)}
        if not leaves or not key:
            raise unknown_permission(key, whole)
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

    def _flag_map(self, query: str, parameters: dict[str, Any]) -> dict[tuple[int, str], bool]:
        rows = self._connection.rows(query, parameters)
        return {(group, name): bool(allowed) for group, name, allowed in rows}

    def _groups(self, user: User) -> tuple[dict[int, Group], tuple[Membership, ...]]:
        rows = sorted(self._connection.rows(queries.HELD_GROUPS, {"user": user.pk}))
        groups = {row[0]: _group(row) for row in rows}
        direct = (row for row in rows if row[4] is not None)
        return groups, tuple(_membership(row[0], row[5:9]) for row in direct)

    def _granting(self, key: str, held: Mapping[int, Group]) -> dict[str, tuple[Group, ...]]:
        granting: dict[str, tuple[Group, ...]] = {}
        for name, *row in self._connection.rows(queries.GRANTING_GROUPS, _key_parameters(key)):
            if row[0] not in held:
                granting[name] = (*granting.get(name, ()), _group(row))
        return granting

    def _suggest_users(self, reference: str) -> list[str]:
        return _close(_email(reference), self.emails_from(_email(reference)[:1], limit=2000))

    def _suggest_groups(self, reference: str) -> list[str]:
        rows = self._connection.rows(queries.ALL_GROUPS)
        return _close(reference, [str(row[2]) for row in rows[:5000]])


def unknown_permission(key: str, catalogue: Mapping[str, Permission]) -> NotFoundError:
    """The error for a key that the catalogue does not hold, with what may have been meant."""
    categories = {name.rpartition(".")[0] for name in catalogue} - {""}
    close = _close(key, [*catalogue, *sorted(categories)])
    meant = f"did you mean {', '.join(f'`{one}`' for one in close)}? " if close else ""
    return NotFoundError(f"no permission `{key[:80]}`", hint=f"{meant}grantctl permissions list")


def _close(reference: str, names: list[str]) -> list[str]:
    from difflib import get_close_matches  # only a miss needs it, and it is slow to import

    return get_close_matches(reference[:200], names, n=_SUGGESTIONS, cutoff=0.6)


def _one_of(noun: str, reference: str, rows: list[Row], suggest: Any, label: Any) -> Row:
    """The one row of the best rank. Raises NotFoundError, AmbiguousError."""
    if not rows:
        close = suggest(reference)
        meant = f"did you mean {', '.join(f'`{one}`' for one in close)}? " if close else ""
        raise NotFoundError(f"no {noun} `{reference[:80]}`", hint=f"{meant}grantctl {noun}s list")
    best = min(row[-1] for row in rows)
    found = {row[0]: row for row in rows if row[-1] == best}
    if len(found) > 1:
        candidates = ", ".join(sorted(label(row) for row in found.values()))
        raise AmbiguousError(
            f"more than one {noun} is called `{reference[:80]}`",
            hint=f"say which by id: {candidates}",
        )
    return next(iter(found.values()))


def _user_label(row: Row) -> str:
    return f"{row[1]} ({row[2]})" if row[2] else str(row[1])


def _group_label(row: Row) -> str:
    return str(row[1])


def _users_of(rows: Iterable[Row]) -> Iterator[tuple[User, tuple[Membership, ...]]]:
    """Users with their memberships, from rows of the two joined, a user's rows together."""
    for _, of_user in groupby(rows, key=lambda row: row[0]):
        first, *rest = of_user
        memberships = (
            _membership(row[5], row[6:10]) for row in (first, *rest) if row[5] is not None
        )
        yield _user(first), tuple(memberships)


def _user(row: Row) -> User:
    return User(row[0], row[1], row[2], row[3], Role(row[4]))


def _group(row: Any) -> Group:
    return Group(row[0], row[1], row[2], row[3])


def _permission(row: Row) -> Permission:
    return Permission(row[0], bool(row[1]), row[2], bool(row[3]), row[4])


def _membership(group: int, row: Row) -> Membership:
    source, added_by, added_at, expires_at = row
    return Membership(group, Source(source), added_by, _moment(added_at), _moment(expires_at))


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _asked(catalogue: Mapping[str, Permission], key: str) -> list[Permission]:
    if key in catalogue:
        return [catalogue[key]]
    return [one for name, one in catalogue.items() if is_below(name, key)]


def _key_parameters(key: str) -> dict[str, Any]:
    return {"key": key, "prefix": f"{key}.", "length": len(key) + 1}


def _range(prefix: str, limit: int) -> dict[str, Any]:
    return {"prefix": prefix, "upper": prefix + _HIGHEST, "limit": limit}


def _email(reference: str) -> str:
    from unicodedata import normalize

    return normalize("NFC", _plain(reference).strip()).lower()


def _plain(text: str) -> str:
    """The text with what no database stores replaced, so that it finds nothing and does not fail."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
