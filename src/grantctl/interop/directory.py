"""A directory that another program wrote, in our words.

Owns the shapes that an import takes in. Every value in them fits our tables: ids without NUL,
e-mails normalised and unique, roles of ours, keys that are permission keys, no leaf that is a
category too, memberships and parents that lead somewhere. What had to be changed or left out for
that is told in `findings`. Only owners, bases and the principals of access grants may lead nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from grantctl.model import PrincipalType, ResourceRef, Role


class FindingKind(StrEnum):
    """What happened to a value of the source."""

    ADAPTED = "adapted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Finding:
    """One value that could not be taken as it is: which, and why."""

    kind: FindingKind
    object_type: str
    object_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForeignUser:
    """A user; times are aware UTC datetimes."""

    id: str
    email: str | None
    name: str
    role: Role
    password_hash: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ForeignGroup:
    """A group; `parent_id` names a group of the same directory."""

    id: str
    name: str
    description: str
    parent_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ForeignMembership:
    """A user's id in a group's, both of the same directory; each pair once."""

    group_id: str
    user_id: str
    added_at: datetime | None


@dataclass(frozen=True, slots=True, order=True)
class ForeignGrant:
    """An action for a principal; the id is `*` for everyone, and may be nobody's."""

    action: str
    principal_type: PrincipalType
    principal_id: str


@dataclass(frozen=True, slots=True)
class ForeignResource:
    """A resource, of which `owner_id` and `base` may not exist; one that is public has no grants.

    `grants` are sorted, each there once.
    """

    ref: ResourceRef
    name: str
    owner_id: str | None
    base: ResourceRef | None
    is_public: bool
    grants: tuple[ForeignGrant, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ForeignApiKey:
    """An API key of a user of the same directory; `key_hash` is its SHA-256 in hex, each once.

    The key itself is nowhere: `hint` is its beginning, as lists show it.
    """

    user_id: str
    key_hash: str
    hint: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ForeignIdentity:
    """The subject by which an identity provider names a user of the same directory.

    `provider` is the name that the source gives it; each pair of both is there once.
    """

    user_id: str
    provider: str
    subject: str


@dataclass(frozen=True, slots=True)
class ForeignSetting:
    """A setting of the source that has a counterpart here, whose policy key is `key`.

    `name` is what the source calls it; `value` is JSON, for whoever takes it to check.
    """

    key: str
    name: str
    value: object


@dataclass(frozen=True, slots=True)
class ForeignDirectory:
    """All that an import takes in.

    `layout`: what the source was recognised as, e.g. "Open WebUI 0.6.43".
    `defaults`: every permission that the source knows, with its default there.
    `flags`: (group id, key) → allowed.
    """

    layout: str
    users: tuple[ForeignUser, ...]
    groups: tuple[ForeignGroup, ...]
    memberships: tuple[ForeignMembership, ...]
    flags: dict[tuple[str, str], bool]
    defaults: dict[str, bool]
    resources: tuple[ForeignResource, ...]
    findings: tuple[Finding, ...]
    api_keys: tuple[ForeignApiKey, ...] = ()
    identities: tuple[ForeignIdentity, ...] = ()
    settings: tuple[ForeignSetting, ...] = ()
