"""Whom a change reaches, counted by the database.

Owns the way from audiences to the statements of `impact_queries`, and the reading of what audiences
are made of. Leaves what a change makes of them to `evaluation.impact`.
"""

from __future__ import annotations

from itertools import groupby
from json import dumps
from operator import itemgetter

from grantctl.evaluation.facts import Group, Permission, PermissionFacts, User
from grantctl.evaluation.impact import Audience, Part
from grantctl.evaluation.impact_tree import GroupTree, grow
from grantctl.model import Role
from grantctl.moments import datetime
from grantctl.store import impact_queries as statements
from grantctl.store import queries
from grantctl.store.connection import Connection
from grantctl.store.member_rows import read_groups, read_memberships
from grantctl.store.rows import flag_of, microseconds_of, permission_of, user_of
from grantctl.store.url import SQLITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

_ALL = 2**62  # a limit that none is


class ImpactReader:
    """Counts on one connection, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def permission_facts(self, user: User) -> PermissionFacts:
        """The user with the whole catalogue, in the caller's transaction."""
        groups, memberships = read_memberships(self._connection, user)
        flags = self._connection.rows(queries.HELD_FLAGS, {"user": user.pk})
        return PermissionFacts(
            user=user,
            groups=groups,
            memberships=memberships,
            flags=dict(map(flag_of, flags)),
            catalogue=self.catalogue(),
        )

    def catalogue(self) -> dict[str, Permission]:
        """Every permission by its key, sorted."""
        found = map(permission_of, self._connection.rows(queries.CATALOGUE))
        return {one.key: one for one in sorted(found, key=lambda one: one.key)}

    def groups(self) -> dict[int, Group]:
        """Every group by its pk."""
        return read_groups(self._connection)

    def tree(self) -> GroupTree:
        """How all groups lie below one another."""
        return grow(dict(self._connection.rows(statements.PARENTS)))

    def granting(self, key: str) -> frozenset[int]:
        """The groups that set the permission true themselves."""
        return frozenset(pk for (pk,) in self._connection.rows(statements.GRANTING, {"key": key}))

    def flags_of(self, groups: Iterable[int]) -> dict[tuple[int, str], bool]:
        """What these groups set: (group, key) → value."""
        found: dict[tuple[int, str], bool] = {}
        for group in groups:
            rows = self._connection.rows(statements.FLAGS_OF_GROUP, {"group": group})
            found.update(map(flag_of, rows))
        return found

    def granted_to(self, groups: Iterable[int]) -> set[tuple[int, str]]:
        """What is granted to these groups themselves: (resource, action)."""
        return {
            (resource, action)
            for group in groups
            for resource, action in self._connection.rows(
                statements.GRANTED_TO_GROUP, {"group": group}
            )
        }

    def made_of(self, resource: int) -> list[int]:
        """A resource and all that are made of it, directly or not."""
        rows = self._connection.rows(statements.MADE_OF, {"resource": resource})
        return [pk for (pk,) in rows]

    def count(self, parts: Sequence[Part], *, includes_admins: bool, now: datetime) -> int:
        """How many users the parts of a shift hold."""
        return sum(
            int(
                self._connection.rows(self._counting(part), _values(part, includes_admins, now))[0][
                    0
                ]
            )
            for part in parts
        )

    def users(
        self,
        parts: Sequence[Part],
        *,
        includes_admins: bool,
        now: datetime,
        limit: int | None = None,
    ) -> Iterator[User]:
        """The users of the parts in the order of their making, the first so many or all."""
        many = _ALL if limit is None else limit
        with self._connection.holding():
            if len(parts) == 1:
                yield from self._users(parts[0], includes_admins, now, many)
                return
            found = [one for part in parts for one in self._users(part, includes_admins, now, many)]
        yield from sorted(found, key=lambda one: one.pk)[:many]

    def count_roles(self, groups: Iterable[int] | None, *, now: datetime) -> dict[str, int]:
        """How many users of each role are in one of these groups, or there are for None."""
        if groups is None:
            return dict(self._connection.rows(statements.ROLES))
        is_sqlite = self._connection.engine == SQLITE
        query = (
            statements.ROLES_OF_MEMBERS_SQLITE
            if is_sqlite
            else statements.ROLES_OF_MEMBERS_POSTGRES
        )
        asked = {"within_groups": dumps(sorted(groups)), "now": microseconds_of(now)}
        return dict(self._connection.rows(query, asked))

    def held_of_users(
        self, groups: Iterable[int], within: Iterable[int] | None, *, now: datetime
    ) -> Iterator[list[int]]:
        """Which of these groups each user of the role `user` is in, who is in one at least.

        Of those only who are `within` one of other groups, if any are named. In the caller's
        transaction.
        """
        if within is not None:
            wanted = frozenset(groups)
            members = Audience(groups=frozenset(within))
            for _, _, held in self.groups_of_users(members, includes_admins=False, now=now):
                found = [group for group in held if group in wanted]
                if found:
                    yield found
            return
        is_sqlite = self._connection.engine == SQLITE
        query = statements.HELD_SQLITE if is_sqlite else statements.HELD_POSTGRES
        asked = {
            "held_groups": dumps(sorted(groups)),
            "role": Role.USER.value,
            "now": microseconds_of(now),
        }
        rows = self._connection.stream(query, asked)
        for _, of_user in groupby(rows, key=itemgetter(0)):
            yield [group for _, group in of_user]

    def users_of(self, pks: Iterable[int]) -> dict[int, User]:
        """These users by their pk."""
        is_sqlite = self._connection.engine == SQLITE
        query = statements.USERS_SQLITE if is_sqlite else statements.USERS_POSTGRES
        rows = self._connection.rows(query, {"within_users": dumps(sorted(pks))})
        return {row[0]: user_of(row) for row in rows}

    def groups_of_users(
        self, within: Audience, *, includes_admins: bool, now: datetime
    ) -> Iterator[tuple[int, bool, list[int]]]:
        """Everybody in an audience: the pk, whether admin, and all groups that are held directly.

        In the order of their making, in the caller's transaction.
        """
        values = _values(Part(within, Audience()), includes_admins, now)
        if within.is_everyone:
            query = statements.EVERYBODYS_MEMBERSHIPS
        elif self._connection.engine == SQLITE:
            query = statements.MEMBERSHIPS_SQLITE
        else:
            query = statements.MEMBERSHIPS_POSTGRES
        rows = self._connection.stream(query, values)
        for pk, of_user in groupby(rows, key=itemgetter(0)):
            found = list(of_user)
            held = [group for _, _, group in found if group is not None]
            yield pk, found[0][1] == Role.ADMIN, held

    def _users(
        self, part: Part, includes_admins: bool, now: datetime, limit: int
    ) -> Iterator[User]:
        values = _values(part, includes_admins, now) | {"limit": limit}
        return map(user_of, self._connection.stream(self._naming(part), values))

    def _counting(self, part: Part) -> str:
        if self._connection.engine == SQLITE:
            is_all = statements.COUNT_OF_ALL_SQLITE
            return is_all if part.within.is_everyone else statements.COUNT_OF_MEMBERS_SQLITE
        is_all = statements.COUNT_OF_ALL_POSTGRES
        return is_all if part.within.is_everyone else statements.COUNT_OF_MEMBERS_POSTGRES

    def _naming(self, part: Part) -> str:
        if self._connection.engine == SQLITE:
            is_all = statements.FIRST_OF_ALL_SQLITE
            return is_all if part.within.is_everyone else statements.FIRST_OF_MEMBERS_SQLITE
        is_all = statements.FIRST_OF_ALL_POSTGRES
        return is_all if part.within.is_everyone else statements.FIRST_OF_MEMBERS_POSTGRES


def _values(part: Part, includes_admins: bool, now: datetime) -> dict[str, Any]:
    role = Role.USER.value
    gates = list(enumerate(part.gates))
    return {
        "within_groups": dumps(sorted(part.within.groups)),
        "within_users": dumps(sorted(part.within.users)),
        "without_groups": dumps(sorted(part.without.groups)),
        "without_users": dumps(sorted(part.without.users)),
        "gates": dumps([gate for gate, _ in gates]),
        "gate_groups": dumps(_pairs((gate, one.groups) for gate, one in gates)),
        "gate_users": dumps(_pairs((gate, one.users) for gate, one in gates)),
        "role": role,
        "other_role": Role.ADMIN.value if includes_admins else role,
        "now": microseconds_of(now),
    }


def _pairs(sets: Iterable[tuple[int, frozenset[int]]]) -> list[tuple[int, int]]:
    return [(gate, pk) for gate, pks in sets for pk in sorted(pks)]
