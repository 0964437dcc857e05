"""The rows of a directory, made up from a seed: the same ones each time, on every machine.

Owns what is in them. Leaves writing them to `databases`. Rows are yielded, never held: a large
directory has six million.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.sizes import (
    FLAGS,
    FLAGS_OF_A_GROUP,
    GRANTS_OF_A_RESOURCE,
    GROUPS_OF_A_BUSY_USER,
    Size,
)

Row = tuple[object, ...]

VERSION = 1  # of the rows: another number makes databases of its own
MADE_AT = 1_700_000_000_000_000  # microseconds since 1970, as all times here
PAST, FUTURE = MADE_AT + 1_000_000, 4_000_000_000_000_000
RESOURCE_TYPE = "model"

_BUSY_SHARE = 0.01
_PENDING_SHARE = 0.02
_NESTED_SHARE = 0.6
_CHILDREN = 8
_EXPIRING_SHARE = 0.05
_USUAL_GROUPS = range(1, 10)  # five on average


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a table, in the order of `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


def tables(size: Size, seed: int, permissions: Sequence[int]) -> Iterator[Table]:
    """Every table of the directory, in an order that foreign keys allow.

    `permissions` are the keys of the catalogue's rows, which is there already.
    """
    yield Table(
        "users",
        ("pk", "id", "email", "name", "role", "created_at", "updated_at"),
        _users(size, Random(f"{seed} users")),
    )
    yield Table(
        "groups",
        ("pk", "id", "name", "description", "parent_pk", "created_at", "updated_at"),
        _groups(size, Random(f"{seed} groups")),
    )
    yield Table(
        "group_permissions",
        ("group_pk", "permission_pk", "allowed"),
        _flags(size, Random(f"{seed} flags"), permissions[:FLAGS]),
    )
    yield Table(
        "memberships",
        ("user_pk", "group_pk", "source", "added_by", "added_at", "expires_at"),
        _memberships(size, Random(f"{seed} memberships")),
    )
    yield Table(
        "resources",
        ("pk", "type", "id", "name", "is_public", "owner_pk", "created_at", "updated_at"),
        _resources(size, Random(f"{seed} resources")),
    )
    yield Table(
        "access_grants",
        ("pk", "resource_pk", "action", "principal_type", "user_pk", "group_pk"),
        _grants(size, Random(f"{seed} grants")),
    )


def parents(size: Size, seed: int) -> Iterator[tuple[int, int]]:
    """(parent, child) keys for the nested form of the directory: some levels, no cycle."""
    random = Random(f"{seed} parents")
    for pk in range(2, size.groups + 1):
        if random.random() < _NESTED_SHARE:
            yield max(1, pk // _CHILDREN), pk


def email_of(pk: int) -> str:
    """The e-mail address of the user with that key."""
    return f"user{pk:07}@example.com"


def _identifier(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _users(size: Size, random: Random) -> Iterator[Row]:
    for pk in range(1, size.users + 1):
        role = "user"
        if pk % 1000 == 1:
            role = "admin"
        elif random.random() < _PENDING_SHARE:
            role = "pending"
        yield pk, _identifier(random), email_of(pk), f"User {pk}", role, MADE_AT, MADE_AT


def _groups(size: Size, random: Random) -> Iterator[Row]:
    for pk in range(1, size.groups + 1):
        yield pk, _identifier(random), f"group-{pk:05}", "", None, MADE_AT, MADE_AT


def _flags(size: Size, random: Random, permissions: Sequence[int]) -> Iterator[Row]:
    for group in range(1, size.groups + 1):
        for permission in sorted(random.sample(permissions, FLAGS_OF_A_GROUP)):
            yield group, permission, random.random() < 0.5


def _memberships(size: Size, random: Random) -> Iterator[Row]:
    everyone = range(1, size.groups + 1)
    busy = min(GROUPS_OF_A_BUSY_USER, size.groups)
    for user in range(1, size.users + 1):
        count = busy if random.random() < _BUSY_SHARE else random.choice(_USUAL_GROUPS)
        for group in sorted(random.sample(everyone, count)):
            expires = None
            if random.random() < _EXPIRING_SHARE:
                expires = random.choice((PAST, FUTURE))
            yield user, group, "manual", "bench", MADE_AT, expires


def _resources(size: Size, random: Random) -> Iterator[Row]:
    for pk in range(1, size.resources + 1):
        owner = random.randint(1, size.users)
        name = f"{RESOURCE_TYPE}-{pk:06}"
        yield pk, RESOURCE_TYPE, name, name, False, owner, MADE_AT, MADE_AT


def _grants(size: Size, random: Random) -> Iterator[Row]:
    """Two groups read and one writes, two users read and one writes: six a resource."""
    pk = 0
    for resource in range(1, size.resources + 1):
        groups = random.sample(range(1, size.groups + 1), GRANTS_OF_A_RESOURCE // 2)
        users = random.sample(range(1, size.users + 1), GRANTS_OF_A_RESOURCE // 2)
        for kind, principals in (("group", groups), ("user", users)):
            for action, principal in zip(("read", "read", "write"), principals, strict=True):
                pk += 1
                is_group = kind == "group"
                user, group = (None, principal) if is_group else (principal, None)
                yield pk, resource, action, kind, user, group
