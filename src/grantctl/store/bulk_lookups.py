"""Whom many words mean: users and groups for an import, looked up some thousand at a time.

Owns the statements' two spellings, and remembering what was found, of which there is a bound.
Leaves what becomes of it to `operations`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from grantctl.store import bulk_queries as queries
from grantctl.store import resource_transfer_queries
from grantctl.store.connection import Connection, Row
from grantctl.store.references import email_of
from grantctl.store.url import SQLITE

MAX_REMEMBERED = 1_200_000


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user as it is here; `created_at` in microseconds since 1970."""

    pk: int
    id: str
    email: str | None
    name: str
    role: str
    created_at: int


@dataclass(slots=True)
class GroupNames:
    """The pk of every group by its id, and by its name where no other group has it."""

    by_id: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, int] = field(default_factory=dict)
    shared: dict[str, list[str]] = field(default_factory=dict)  # ids, by a name of several

    def add(self, pk: int, id_: str, name: str) -> None:
        self.by_id[id_] = pk
        if name in self.shared:
            self.shared[name].append(id_)
        elif name in self.by_name:
            first = next(one for one, other in self.by_id.items() if other == self.by_name[name])
            self.shared[name] = [first, id_]
        self.by_name[name] = pk

    def find(self, word: str) -> int | None:
        found = self.by_id.get(word)
        return self.by_name.get(word) if found is None else found


class BulkLookups:
    """Looks up in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.engine == SQLITE
        self._users: dict[str, int | None] = {}

    def users_of(self, values: Iterable[str]) -> list[StoredUser]:
        """The users whose id or e-mail one of the values is."""
        query = queries.USERS_SQLITE if self._is_sqlite else queries.USERS_POSTGRES
        return [StoredUser(*row) for row in self._rows(query, list(values))]

    def highest_user(self) -> int:
        """The highest pk of a user, 0 where there is none."""
        return self._connection.rows(queries.HIGHEST_USER)[0][0] or 0

    def remember_everybody(self) -> None:
        """Have the e-mail of every user looked up, if that can be remembered."""
        if self.highest_user() > MAX_REMEMBERED or self._connection.rows(queries.ANY_ID_LIKE_EMAIL):
            return
        self._users.update(self._connection.stream(queries.ALL_EMAILS))

    def are_known(self, words: Sequence[str]) -> bool:
        """Whether every one of the words has been looked up, and will not be once more."""
        return len(self._users) <= MAX_REMEMBERED and self._users.keys() >= set(words)

    def user_pks(self, words: Sequence[str]) -> list[int | None]:
        """For each word the pk of the user of that id or e-mail, None where there is none."""
        wanted = set(words)
        if len(self._users) > MAX_REMEMBERED:
            self._users = {}
        if not wanted <= self._users.keys():
            self._remember(list(wanted - self._users.keys()))
        return list(map(self._users.__getitem__, words))

    def groups(self) -> GroupNames:
        """Every group."""
        found = GroupNames()
        for pk, id_, name in self._connection.rows(queries.GROUPS):
            found.add(pk, id_, name)
        return found

    def group_pks(self, ids: Sequence[str]) -> dict[str, int]:
        """The pk of each of the groups, by id."""
        both = resource_transfer_queries
        query = both.GROUPS_SQLITE if self._is_sqlite else both.GROUPS_POSTGRES
        return dict(self._rows(query, ids))

    def ends(self, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int | None]:
        """When the membership of each pair of user and group ends, where there is one."""
        query = queries.MEMBERSHIPS_SQLITE if self._is_sqlite else queries.MEMBERSHIPS_POSTGRES
        return {(user, group): end for user, group, end in self._rows(query, pairs)}

    def _remember(self, words: Sequence[str]) -> None:
        sqlite = self._is_sqlite
        by_id = queries.USERS_BY_ID_SQLITE if sqlite else queries.USERS_BY_ID_POSTGRES
        by_email = queries.USERS_BY_EMAIL_SQLITE if sqlite else queries.USERS_BY_EMAIL_POSTGRES
        found: dict[str, int] = dict(self._rows(by_id, words))
        emails = {word: email_of(word) for word in words if word not in found}
        pks: dict[str, int] = dict(self._rows(by_email, list(set(emails.values()))))
        known = self._users
        known.update(found)
        known.update((word, pks.get(email)) for word, email in emails.items())

    def _rows(self, query: str, values: Sequence[Any]) -> list[Row]:
        return self._connection.rows(query, {"values": json.dumps(values)}) if values else []
