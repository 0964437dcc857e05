"""All that a decision needs, as values.

Owns the shapes that the store fills and the evaluator reads. `pk` is the store's integer key, used
only to join facts with each other; `id` is the public one.
"""

from __future__ import annotations

from grantctl.lean import dataclass, field
from grantctl.model import PrincipalType, ResourceRef, Role, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Protocol

MAX_BASES = 50  # of one resource: nobody nests presets so deep, but a hostile file may


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


if TYPE_CHECKING:

    class MemberFacts(Protocol):
        """What tells which groups a user holds: the part that both kinds of facts share."""

        @property
        def groups(self) -> Mapping[int, Group]: ...

        @property
        def memberships(self) -> tuple[Membership, ...]: ...

    class AskedFacts(MemberFacts, Protocol):
        """Who is asked about, and the names by which a command would find something else."""

        @property
        def user(self) -> User: ...

        @property
        def taken_names(self) -> frozenset[str] | None: ...


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """One action on one resource, given to a user, a group or everyone.

    `principal` is the pk of the user or group: None for everyone, and where the grant dangles,
    because nobody has the id. `principal_id` is the public id, `*` for everyone. `name` is what a
    person calls the principal: an e-mail address or a group's name, None where it dangles.
    """

    action: str
    principal_type: PrincipalType
    principal_id: str
    principal: int | None = None
    name: str | None = None

    @property
    def is_dangling(self) -> bool:
        return self.principal is None and self.principal_type is not PrincipalType.EVERYONE


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with its access control (specification, "Access Control Implementation").

    `is_public`: there is no access control at all (null); it then has no grants. Not public and
    without grants it is private (an empty access control), else restricted.
    `owner` is the owner's pk, `owner_id` the public id; where nobody has that id, the pk is None.
    `base`: the resource that this one is made of, e.g. a preset's model, whether it exists or not.
    """

    pk: int
    ref: ResourceRef
    name: str
    is_public: bool = False
    owner: int | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    base: ResourceRef | None = None
    grants: tuple[AccessGrant, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """What the store knows of one user and one resource.

    `chain`: the resource, then its base, that one's base and so on, each once.
    The last one names no base, unless the chain is broken: a base that does not exist, or one of
    the chain, where it goes round in a circle, or the next of more than `MAX_BASES`.
    `groups`, `memberships`, `taken_names`: as in `PermissionFacts`.
    `admin_bypass`: the policy setting `access.admin_bypass`.
    """

    user: User
    chain: tuple[Resource, ...]
    groups: Mapping[int, Group] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()
    admin_bypass: bool = True
    taken_names: frozenset[str] | None = None

    @property
    def resource(self) -> Resource:
        return self.chain[0]

    @property
    def broken_base(self) -> ResourceRef | None:
        """The base that the last of the chain names: missing, one that came before, or too deep."""
        return self.chain[-1].base

    @property
    def is_too_deep(self) -> bool:
        return len(self.chain) > MAX_BASES

    @property
    def is_cyclic(self) -> bool:
        return any(one.ref == self.broken_base for one in self.chain)
