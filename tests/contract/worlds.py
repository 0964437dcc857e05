"""Whole directories: generated or rich, written row by row, and as facts that no reader sliced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from sqlmodel import Session, delete, text

from grantctl.evaluation.facts import Group, Membership, Permission, PermissionFacts, User
from grantctl.evaluation.rules import categories_of
from grantctl.model import Role, Source
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import (
    GroupPermissionRow,
    GroupRow,
    MembershipRow,
    PermissionRow,
    UserRow,
)
from grantctl.store.url import POSTGRES

NOW = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class World:
    """Everything that is stored; memberships are of (pk of the user, membership)."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    memberships: tuple[tuple[int, Membership], ...]
    catalogue: Mapping[str, Permission]
    flags: Mapping[tuple[int, str], bool]

    def all_keys(self) -> list[str]:
        """Every leaf and every category."""
        return sorted({*self.catalogue, *categories_of(self.catalogue)})

    def facts(self, user: User) -> PermissionFacts:
        """All that is stored, for whichever question about the user."""
        groups = {group.pk: group for group in self.groups}
        by_name = sorted(self.groups, key=lambda group: (group.name, group.pk))
        return PermissionFacts(
            user=user,
            groups=groups,
            memberships=tuple(
                sorted(
                    (one for pk, one in self.memberships if pk == user.pk),
                    key=lambda one: one.group,
                )
            ),
            flags=self.flags,
            catalogue=self.catalogue,
            granting={
                key: tuple(group for group in by_name if self.flags.get((group.pk, key)))
                for key in self.catalogue
            },
            taken_names=self._taken_names(user),
        )

    def _taken_names(self, user: User) -> frozenset[str]:
        counts = Counter(group.name for group in self.groups)
        ids = {group.id: group.pk for group in self.groups}
        taken = {
            group.name
            for group in self.groups
            if counts[group.name] > 1 or ids.get(group.name, group.pk) != group.pk
        }
        if user.email and any(user.email == one.id for one in self.users if one.pk != user.pk):
            taken.add(user.email)
        return frozenset(taken)

    def write(self, database: Database) -> None:
        """Make the database hold this, and nothing besides."""

        def work(session: Session) -> None:
            for table in (GroupPermissionRow, MembershipRow, PermissionRow, GroupRow, UserRow):
                session.exec(delete(table))
            self._add_people(session)
            pks = {key: pk for pk, key in enumerate(self.catalogue, start=1)}
            for key, one in self.catalogue.items():
                session.add(
                    PermissionRow(
                        pk=pks[key],
                        key=key,
                        default_allowed=one.default,
                        description=one.description,
                        restricts=one.restricts,
                        gated_by=one.gated_by,
                    )
                )
            session.flush()
            for (group, key), allowed in self.flags.items():
                session.add(
                    GroupPermissionRow(group_pk=group, permission_pk=pks[key], allowed=allowed)
                )

            if database.url.engine == POSTGRES:  # rows were numbered without its knowing
                for table in ("users", "groups"):
                    session.exec(
                        text(f"SELECT setval(pg_get_serial_sequence('{table}', 'pk'), 1000)")
                    )

        change(database, work, dry_run=False)

    def _add_people(self, session: Session) -> None:
        times = {"created_at": NOW, "updated_at": NOW}
        for user in self.users:
            session.add(
                UserRow(
                    pk=user.pk,
                    id=user.id,
                    email=user.email,
                    name=user.name,
                    role=user.role.value,
                    **times,
                )
            )
        for group in self.groups:
            session.add(
                GroupRow(pk=group.pk, id=group.id, name=group.name, description="", **times)
            )
        session.flush()
        for group in self.groups:  # once all are there: a cycle has no first one
            session.get_one(GroupRow, group.pk).parent_pk = group.parent
        for user_pk, one in self.memberships:
            session.add(
                MembershipRow(
                    user_pk=user_pk,
                    group_pk=one.group,
                    source=one.source.value,
                    added_by=one.added_by,
                    added_at=one.added_at,
                    expires_at=one.expires_at,
                )
            )


KEYS = ("a.x", "a.y", "a.deep.x", "b.x", "lone", "été.ß", "a_x.%y", "-c.x")
GROUP_NAMES = ("editors", "editors", "g-1", "Ünï", "it's", "")
USER_NAMES = ("Ada", "Ada", "u-2@example.com", "u-2")
EMAILS = ("ada@example.com", "u-1", "ñandú@example.com", None, None)
EXPIRIES = (None, None, NOW - HOUR, NOW, NOW + HOUR)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Nesting, cycles, expiries, every role, gates; names and ids that get in each other's way."""
    group_pks = range(1, 1 + draw(st.integers(0, 5)))
    above = st.none() | st.sampled_from(group_pks) if group_pks else st.none()
    groups = tuple(
        Group(pk, f"g-{pk}", draw(st.sampled_from(GROUP_NAMES)), draw(above)) for pk in group_pks
    )
    emails = draw(st.permutations(EMAILS))
    users = tuple(
        User(
            pk,
            f"u-{pk}",
            emails[pk],
            draw(st.sampled_from(USER_NAMES)),
            draw(st.sampled_from(tuple(Role))),
        )
        for pk in range(1, 1 + draw(st.integers(1, 4)))
    )
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1))
    catalogue = {
        key: Permission(
            key,
            draw(st.integers(0, 4)) == 0,
            "what for",
            draw(st.booleans()),
            draw(st.none() | st.sampled_from(keys)),
        )
        for key in keys
    }
    pairs = [(user.pk, group) for user in users for group in group_pks]
    held = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    memberships = tuple(
        (
            user,
            Membership(
                group,
                draw(st.sampled_from(tuple(Source))),
                draw(st.sampled_from(["root", None])),
                draw(st.sampled_from([NOW - HOUR, None])),
                draw(st.sampled_from(EXPIRIES)),
            ),
        )
        for user, group in sorted(held)
    )
    flags = st.tuples(st.sampled_from(group_pks), st.sampled_from(keys)) if group_pks else None
    return World(
        users,
        groups,
        memberships,
        catalogue,
        draw(st.dictionaries(flags, st.booleans())) if flags is not None else {},
    )


def rich_world() -> World:
    """A fixed one in which every rule and every awkward name occurs."""
    groups = (
        Group(1, "g-1", "company"),
        Group(2, "g-2", "it", 1),
        Group(3, "g-3", "ops", 2),
        Group(4, "g-4", "editors"),
        Group(5, "g-5", "editors", 6),
        Group(6, "g-6", "g-1", 5),
        Group(7, "g-7", "Ünï 'x'", 7),
        Group(8, "g-8", ""),
    )
    users = (
        User(1, "u-1", "root@example.com", "Root", Role.ADMIN),
        User(2, "u-2", "u-1", "Two", Role.USER),
        User(3, "u-3", "ñandú@example.com", "Three", Role.USER),
        User(4, "u-4", None, "Four", Role.PENDING),
        User(5, "u-5", "five@example.com", "root@example.com", Role.USER),
        User(6, "u-6", "six@example.com", "Six", Role.PENDING),
    )
    catalogue = {
        one.key: one
        for one in (
            Permission("a.x", False, "first"),
            Permission("a.y", True),
            Permission("a.deep.x", False, restricts=True),
            Permission("b.x", False, gated_by="a.x"),
            Permission("b.%_", False, gated_by="b.x"),
            Permission("lone", False),
        )
    }
    memberships = (
        (2, Membership(3, Source.OAUTH, "idp", NOW - HOUR, NOW + HOUR)),
        (2, Membership(4, Source.MANUAL, "root", NOW - HOUR, NOW)),
        (3, Membership(5)),
        (3, Membership(7, Source.IMPORT)),
        (4, Membership(2)),
        (5, Membership(8, expires_at=NOW - HOUR)),
        (6, Membership(4)),
    )
    flags = {
        (1, "a.x"): True,
        (2, "a.x"): False,
        (2, "a.y"): False,
        (4, "lone"): True,
        (5, "b.x"): True,
        (6, "b.%_"): True,
        (7, "a.deep.x"): True,
        (8, "a.deep.x"): True,
    }
    return World(users, groups, memberships, catalogue, flags)
