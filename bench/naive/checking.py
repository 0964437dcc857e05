"""Whether a user has a permission, by SQLModel."""

from __future__ import annotations

from time import time_ns

from sqlmodel import Session, col, or_, select

from bench.naive.models import Flag, Membership, Permission, User


def is_allowed(session: Session, user: str, key: str) -> bool:
    """Whether the user of that id or e-mail address may. Raises NoResultFound."""
    found = session.exec(select(User).where(or_(User.id == user, User.email == user))).one()
    if found.role != "user":
        return found.role == "admin"
    permission = session.exec(select(Permission).where(Permission.key == key)).one()
    if permission.default_allowed:
        return True
    granted = session.exec(
        select(Flag)
        .join(Membership, col(Membership.group_pk) == col(Flag.group_pk))
        .where(
            Membership.user_pk == found.pk,
            or_(col(Membership.expires_at).is_(None), col(Membership.expires_at) > _now()),
            Flag.permission_pk == permission.pk,
            col(Flag.allowed).is_(True),
        )
    )
    return granted.first() is not None


def _now() -> int:
    return time_ns() // 1000
