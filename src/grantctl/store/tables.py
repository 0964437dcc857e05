"""The tables: the one definition of the schema.

Owns columns, keys, indexes and constraints, and the fields that `resource_tables` and
`credential_tables` are made of as well. Tests hold the migrations, the SQL of `queries` and the
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
    false,
    text,
)
from sqlalchemy import Boolean as SqlBoolean
from sqlmodel import Field, SQLModel

from grantctl.store.rows import unsound

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only for INTEGER
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
    return Field(default=None, sa_column=Column(KEY, primary_key=True, autoincrement=True))


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
        sa_column=Column(KEY, ForeignKey(target, ondelete=ondelete), index=True, nullable=True),
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
        sa_column=Column(KEY, ForeignKey("users.pk", ondelete="CASCADE"), primary_key=True)
    )
    group_pk: int = Field(
        sa_column=Column(KEY, ForeignKey("groups.pk", ondelete="CASCADE"), primary_key=True)
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
        sa_column=Column(KEY, ForeignKey("groups.pk", ondelete="CASCADE"), primary_key=True)
    )
    permission_pk: int = Field(
        sa_column=Column(KEY, ForeignKey("permissions.pk", ondelete="CASCADE"), primary_key=True)
    )
    allowed: bool = Field(sa_column=Column(SqlBoolean, nullable=False))


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
