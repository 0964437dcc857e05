"""The tables: the one definition of the schema.

Owns columns, keys, indexes and constraints. Tests hold the migrations, the SQL of `queries` and the
schema of the in-memory database against it, on SQLite and on Postgres.

Rows are joined by the integer `pk`; `id` is the public name, which imports keep. Times are kept as
microseconds since 1970 in UTC, so that both engines store, compare and index them alike.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy import Boolean as SqlBoolean
from sqlmodel import Field, SQLModel

from grantctl.store.rows import unsound

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only for INTEGER
# Code-point order on both engines: ranges and ORDER BY then mean the same.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        try:
            return None if value is None else from_microseconds(int(value))
        except (TypeError, ValueError, OverflowError):
            raise unsound("record with a time") from None


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970. Raises ValueError for a datetime without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """The aware UTC datetime of `to_microseconds`."""
    return _EPOCH + timedelta(microseconds=value)


class Base(SQLModel):
    """Shares one MetaData whose constraints all have predictable names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def key_field() -> Any:  # Field() is typed as Any by SQLModel
    """The integer key by which rows are joined."""
    return Field(default=None, sa_column=Column(_KEY, primary_key=True, autoincrement=True))


def text_field(*, unique: bool = False, index: bool = False, nullable: bool = False) -> Any:
    """Text, compared by code points on both engines."""
    return Field(sa_column=Column(TEXT, unique=unique, index=index, nullable=nullable))


def time_field(*, nullable: bool = False) -> Any:
    """An aware UTC datetime."""
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable))


def reference_field(target: str, *, ondelete: str) -> Any:
    """The key of another row, or none."""
    return Field(
        default=None,
        sa_column=Column(_KEY, ForeignKey(target, ondelete=ondelete), index=True, nullable=True),
    )


def partial_index(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows for which the condition holds, on both engines."""
    where = text(condition)
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class UserRow(Base, table=True):
    """A user. `email` is null only where an import found none that could be kept.

    `tokens_revoked_at`: tokens that were issued until then count no more.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('admin', 'user', 'pending')", name="role"),)

    pk: int = key_field()
    id: str = text_field(unique=True)
    email: str | None = text_field(unique=True, nullable=True)
    name: str = text_field(index=True)
    role: str = text_field(index=True)
    password_hash: str | None = text_field(nullable=True)
    created_at: datetime = time_field()
    updated_at: datetime = time_field()
    tokens_revoked_at: datetime | None = time_field(nullable=True)


class GroupRow(Base, table=True):
    """A group. Names may be shared by imported groups; commands then ask for the id."""

    __tablename__ = "groups"

    pk: int = key_field()
    id: str = text_field(unique=True)
    name: str = text_field(index=True)
    description: str = text_field()
    parent_pk: int | None = reference_field("groups.pk", ondelete="SET NULL")
    created_at: datetime = time_field()
    updated_at: datetime = time_field()


class MembershipRow(Base, table=True):
    """A user in a group; counts no more from `expires_at` on."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("source IN ('manual', 'oauth', 'import')", name="source"),
        Index("ix_memberships_group_pk_user_pk", "group_pk", "user_pk"),
        {"sqlite_with_rowid": False},
    )

    user_pk: int = Field(
        sa_column=Column(_KEY, ForeignKey("users.pk", ondelete="CASCADE"), primary_key=True)
    )
    group_pk: int = Field(
        sa_column=Column(_KEY, ForeignKey("groups.pk", ondelete="CASCADE"), primary_key=True)
    )
    source: str = text_field()
    added_by: str | None = text_field(nullable=True)
    added_at: datetime | None = time_field(nullable=True)
    expires_at: datetime | None = time_field(nullable=True)


class PermissionRow(Base, table=True):
    """One leaf of the catalogue, with the default that every user has."""

    __tablename__ = "permissions"

    pk: int = key_field()
    key: str = text_field(unique=True)
    default_allowed: bool = Field(sa_column=Column(SqlBoolean, nullable=False))
    description: str = text_field()
    restricts: bool = Field(
        sa_column=Column(SqlBoolean, nullable=False, server_default=false()), default=False
    )
    gated_by: str | None = Field(default=None, sa_column=Column(TEXT, nullable=True))


class GroupPermissionRow(Base, table=True):
    """What a group says of one permission; no row is not false."""

    __tablename__ = "group_permissions"
    __table_args__ = (
        Index("ix_group_permissions_grant", "permission_pk", "allowed", "group_pk"),
        {"sqlite_with_rowid": False},
    )

    group_pk: int = Field(
        sa_column=Column(_KEY, ForeignKey("groups.pk", ondelete="CASCADE"), primary_key=True)
    )
    permission_pk: int = Field(
        sa_column=Column(_KEY, ForeignKey("permissions.pk", ondelete="CASCADE"), primary_key=True)
    )
    allowed: bool = Field(sa_column=Column(SqlBoolean, nullable=False))


class ResourceRow(Base, table=True):
    """A resource: anything that has an owner and an access control.

    `is_public`: it has no access control; then it has no grants either. `missing_owner` and
    `missing_base` keep the id of an owner, the reference of a base, that does not exist here.
    """

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("type", "id"),
        CheckConstraint("owner_pk IS NULL OR missing_owner IS NULL", name="owner"),
        CheckConstraint("base_pk IS NULL OR missing_base IS NULL", name="base"),
        partial_index("ix_resources_missing_owner", "missing_owner IS NOT NULL", "missing_owner"),
        partial_index("ix_resources_missing_base", "missing_base IS NOT NULL", "missing_base"),
    )

    pk: int = key_field()
    type: str = text_field()
    id: str = text_field()
    name: str = text_field()
    is_public: bool = Field(sa_column=Column(SqlBoolean, nullable=False))
    owner_pk: int | None = reference_field("users.pk", ondelete="RESTRICT")
    missing_owner: str | None = text_field(nullable=True)
    base_pk: int | None = reference_field("resources.pk", ondelete="RESTRICT")
    missing_base: str | None = text_field(nullable=True)
    created_at: datetime = time_field()
    updated_at: datetime = time_field()


class AccessGrantRow(Base, table=True):
    """One action on one resource for a user, a group or everyone.

    `missing_id` keeps the id of a user or group that does not exist here.
    """

    __tablename__ = "access_grants"
    __table_args__ = (
        CheckConstraint(
            "CASE principal_type"
            " WHEN 'user' THEN group_pk IS NULL AND (user_pk IS NULL) <> (missing_id IS NULL)"
            " WHEN 'group' THEN user_pk IS NULL AND (group_pk IS NULL) <> (missing_id IS NULL)"
            " WHEN 'everyone'"
            " THEN user_pk IS NULL AND group_pk IS NULL AND missing_id IS NULL"
            " ELSE false END",
            name="principal",
        ),
        # The first serves every look-up by resource; each other one a kind of principal.
        Index("uq_access_grants_resource", "resource_pk", "action", "user_pk", unique=True),
        partial_index(
            "ix_access_grants_user", "user_pk IS NOT NULL", "user_pk", "action", "resource_pk"
        ),
        partial_index(
            "uq_access_grants_group",
            "group_pk IS NOT NULL",
            *("group_pk", "action", "resource_pk"),
            unique=True,
        ),
        partial_index(
            "uq_access_grants_everyone",
            "principal_type = 'everyone'",
            *("action", "resource_pk"),
            unique=True,
        ),
        partial_index(
            "uq_access_grants_missing",
            "missing_id IS NOT NULL",
            *("missing_id", "principal_type", "action", "resource_pk"),
            unique=True,
        ),
    )

    pk: int = key_field()
    resource_pk: int = Field(
        sa_column=Column(_KEY, ForeignKey("resources.pk", ondelete="CASCADE"), nullable=False)
    )
    action: str = text_field()
    principal_type: str = text_field()
    user_pk: int | None = Field(
        default=None,
        sa_column=Column(_KEY, ForeignKey("users.pk", ondelete="CASCADE"), nullable=True),
    )
    group_pk: int | None = Field(
        default=None,
        sa_column=Column(_KEY, ForeignKey("groups.pk", ondelete="CASCADE"), nullable=True),
    )
    missing_id: str | None = text_field(nullable=True)


class PolicySettingRow(Base, table=True):
    """A policy setting, so that every host decides alike; `value` is JSON."""

    __tablename__ = "policy_settings"

    key: str = Field(sa_column=Column(TEXT, primary_key=True))
    value: Any = Field(sa_column=Column(JSON, nullable=False))
    updated_at: datetime = time_field()
    updated_by: str = text_field()


class AuditEventRow(Base, table=True):
    """One change: when, who, what, on which object, before and after, and why."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_object", "object_type", "object_id"),)

    pk: int = key_field()
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    actor: str = text_field()
    action: str = text_field()
    object_type: str = text_field()
    object_id: str = text_field()
    before: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    after: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    reason: str | None = text_field(nullable=True)
