"""Rows to what a fix could change: which groups would give something, and what else they give.

Owns the reading for advice that was asked for. Leaves which change helps to `evaluation`. To be
used inside of the caller's transaction.
"""

from __future__ import annotations

import json

from grantctl.model import Role
from grantctl.moments import datetime
from grantctl.store import fix_queries as statements
from grantctl.store.connection import Connection
from grantctl.store.member_rows import read_taken_names
from grantctl.store.rows import flag_of, microseconds_of
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from grantctl.evaluation.facts import User
    from grantctl.model import ResourceRef


class FixReader:
    """Reads from one connection, which it does not close. Every method may raise DatabaseError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.engine == SQLITE

    def taken_names(self, user: User) -> frozenset[str]:
        """Names by which a command would find something else; see `PermissionFacts`."""
        return read_taken_names(self._connection, user)

    def giving(self, key: str) -> dict[int, set[str]]:
        """The groups that set a permission true, or some of a category, by pk, with which."""
        parameters = {"key": key, "prefix": f"{key}.", "length": len(key) + 1}
        found: dict[int, set[str]] = {}
        for group, name in self._connection.rows(statements.GIVING, parameters):
            found.setdefault(group, set()).add(name)
        return found

    def ranked(self, user: User, groups: Iterable[int], *, now: datetime, limit: int) -> list[int]:
        """Those of the groups that would give the user fewest permissions besides, by pk.

        By their number, then by name. Whatever the user's role is.
        """
        query = statements.RANKED_SQLITE if self._is_sqlite else statements.RANKED_POSTGRES
        parameters = {
            "groups": json.dumps(sorted(groups)),
            "user": user.pk,
            "now": microseconds_of(now),
            "limit": limit,
        }
        return [pk for pk, _ in self._connection.rows(query, parameters)]

    def smallest(self, groups: Iterable[int], *, limit: int) -> list[int]:
        """Those of the groups with fewest memberships, their own and of groups below, by pk."""
        query = statements.SMALLEST_SQLITE if self._is_sqlite else statements.SMALLEST_POSTGRES
        parameters = {"groups": json.dumps(sorted(groups)), "limit": limit}
        return [pk for pk, _ in self._connection.rows(query, parameters)]

    def flags(self, groups: Iterable[int]) -> dict[tuple[int, str], bool]:
        """What these groups set, by group and key."""
        query = statements.FLAGS_SQLITE if self._is_sqlite else statements.FLAGS_POSTGRES
        rows = self._connection.rows(query, {"groups": json.dumps(sorted(groups))})
        return dict(map(flag_of, rows))

    def waiting_for(self, missing: ResourceRef) -> list[int]:
        """The pks of the resources that name a base which does not exist."""
        rows = self._connection.rows(statements.WAITING, {"missing": str(missing)})
        return [pk for (pk,) in rows]

    def is_last_admin(self, user: User) -> bool:
        """Whether the user is the one admin there is."""
        if user.role is not Role.ADMIN:
            return False
        [(count,)] = self._connection.rows(statements.OTHER_ADMINS, {"user": user.pk})
        return not count
