"""All that a decision needs, as values.

Owns the shapes that the store fills and the evaluator reads. `pk` is the store's integer key, used
only to join facts with each other; `id` is the public one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grantctl.model import Role, Source


@dataclass(frozen=True, slots=True)
class User:
    """Who is asked about. `email` is None only for imported users that have none of their own."""

    pk: int
    id: str
    email: str | None
    name: str
    role: Role

    @property
    def label(self) -> str:
        """What a person calls this user: the e-mail address, else the id."""
        return self.email or self.id


@dataclass(frozen=True, slots=True)
class Group:
    """A group; `parent` is the pk of the group above it, if any."""

    pk: int
    id: str
    name: str
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The user in one group directly. Times are aware UTC datetimes; it ends at `expires_at`."""

    group: int
    source: Source = Source.MANUAL
    added_by: str | None = None
    added_at: datetime | None = None
    expires_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether the membership has ended: at `expires_at` it has."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Permission:
    """One leaf of the catalogue."""

    key: str
    default: bool
    description: str = ""
    restricts: bool = False
    gated_by: str | None = None


@dataclass(frozen=True, slots=True)
class PermissionFacts:
    """What the store knows of one user and some permissions.

    `groups`: every group that the user is or was in, directly or by a child, and no fewer.
    `memberships`: the direct ones, expired ones too.
    `flags`: (group pk, key) → value, for these groups and the keys of `catalogue`; an absent pair
    is a flag that the group does not set.
    `catalogue`: the leaves asked about and the gates of these, by key.
    `granting`: groups that set a leaf asked about true, by its key; for advice only.
    `taken_names`: the names of groups, and the user's e-mail address, by which a command would find
    something else or several; for advice only. None where nobody has looked: advice then uses ids.
    """

    user: User
    groups: Mapping[int, Group] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()
    flags: Mapping[tuple[int, str], bool] = field(default_factory=dict)
    catalogue: Mapping[str, Permission] = field(default_factory=dict)
    granting: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    taken_names: frozenset[str] | None = None
