"""SQLAlchemy's ORM in the plain way: mapped classes, relationships, a session a question."""

from __future__ import annotations

from pathlib import Path
from time import time_ns

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from bench.measuring import Ask

WHO = "SQLAlchemy ORM"


class Base(DeclarativeBase):
    """The mapped classes' own registry."""


class Permission(Base):
    """A permission with its default."""

    __tablename__ = "permissions"
    pk: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    default_allowed: Mapped[bool]


class Flag(Base):
    """What a group says of a permission."""

    __tablename__ = "group_permissions"
    group_pk: Mapped[int] = mapped_column(ForeignKey("groups.pk"), primary_key=True)
    permission_pk: Mapped[int] = mapped_column(primary_key=True)
    allowed: Mapped[bool]


class Group(Base):
    """A group with its flags."""

    __tablename__ = "groups"
    pk: Mapped[int] = mapped_column(primary_key=True)
    flags: Mapped[list[Flag]] = relationship()


class Membership(Base):
    """A user in a group, until a time in microseconds since 1970."""

    __tablename__ = "memberships"
    user_pk: Mapped[int] = mapped_column(ForeignKey("users.pk"), primary_key=True)
    group_pk: Mapped[int] = mapped_column(ForeignKey("groups.pk"), primary_key=True)
    expires_at: Mapped[int | None]
    group: Mapped[Group] = relationship()


class User(Base):
    """A user with memberships."""

    __tablename__ = "users"
    pk: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    role: Mapped[str]
    memberships: Mapped[list[Membership]] = relationship()


def load(path: Path) -> Ask:
    """Sessions on an engine of their own."""
    engine = create_engine(f"sqlite:///{path}")

    def ask(user: str, key: str) -> bool:
        with Session(engine) as session:
            found = session.scalars(select(User).where(User.id == user)).one()
            if found.role != "user":
                return found.role == "admin"
            permission = session.scalars(select(Permission).where(Permission.key == key)).one()
            return permission.default_allowed or _is_granted(found, permission.pk)

    return ask


def _is_granted(user: User, permission: int) -> bool:
    now = time_ns() // 1000
    return any(
        flag.allowed
        for membership in user.memberships
        if membership.expires_at is None or membership.expires_at > now
        for flag in membership.group.flags
        if flag.permission_pk == permission
    )
