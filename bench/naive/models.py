"""The tables that a check reads, as SQLModel classes."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    """A user."""

    __tablename__ = "users"
    pk: int | None = Field(default=None, primary_key=True)
    id: str
    email: str | None
    name: str
    role: str


class Membership(SQLModel, table=True):
    """A user in a group, until a time in microseconds since 1970."""

    __tablename__ = "memberships"
    user_pk: int = Field(foreign_key="users.pk", primary_key=True)
    group_pk: int = Field(primary_key=True)
    expires_at: int | None


class Permission(SQLModel, table=True):
    """A permission with its default."""

    __tablename__ = "permissions"
    pk: int | None = Field(default=None, primary_key=True)
    key: str
    default_allowed: bool


class Flag(SQLModel, table=True):
    """What a group says of a permission."""

    __tablename__ = "group_permissions"
    group_pk: int = Field(primary_key=True)
    permission_pk: int = Field(foreign_key="permissions.pk", primary_key=True)
    allowed: bool
