"""To whom an access grant gives something, by what a person calls them.

Owns how users, groups and everyone become grants, and by which other way a user still may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from grantctl.errors import NotFoundError
from grantctl.evaluation.facts import AccessGrant
from grantctl.model import EVERYONE_ID, PrincipalType
from grantctl.operations.group_tree import counts_at, read_upward
from grantctl.store.reader import Reader
from grantctl.store.session import reader_of
from grantctl.store.tables import MembershipRow


@dataclass(frozen=True, slots=True)
class Principals:
    """Users and groups by what a person calls them, and everyone."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everyone: bool = False

    def __bool__(self) -> bool:
        return bool(self.users or self.groups or self.everyone)


def everyone_may(action: str) -> AccessGrant:
    """The grant of an action to everyone."""
    return AccessGrant(action, PrincipalType.EVERYONE, EVERYONE_ID)


def grants_to(
    session: Session,
    principals: Principals,
    action: str,
    *,
    dangling: Collection[AccessGrant] = (),
) -> list[AccessGrant]:
    """One grant of the action for each principal, each once.

    `dangling`: the grants that an id may mean which nobody has any more. Raises NotFoundError,
    AmbiguousError.
    """
    reader = reader_of(session)
    grants = [
        _grant_to(reader, type_, name, action, dangling)
        for type_, names in (
            (PrincipalType.USER, principals.users),
            (PrincipalType.GROUP, principals.groups),
        )
        for name in names
    ]
    if principals.everyone:
        grants.append(everyone_may(action))
    return list(dict.fromkeys(grants))


def other_way(
    grant: AccessGrant, owner: int | None, others: Iterable[AccessGrant], held: Collection[int]
) -> str | None:
    """How the user of a revoked grant still may do the same; None where not.

    `others` are the grants that the resource has left, `held` the groups of the user, by pk.
    """
    if grant.principal == owner:
        return "owns it"
    same = [one for one in others if one.action == grant.action]
    if everyone_may(grant.action) in same:
        return "everyone may"
    for one in same:
        if one.principal_type is PrincipalType.GROUP and one.principal in held:
            return f"is in group `{one.name}`"
    return None


def held_groups(session: Session, user: int, now: datetime) -> set[int]:
    """The groups of a user by pk: those it is in now, and all above them."""
    direct = select(MembershipRow.group_pk).where(MembershipRow.user_pk == user, counts_at(now))
    return set(read_upward(session, session.exec(direct).all()))


def _grant_to(
    reader: Reader,
    type_: PrincipalType,
    name: str,
    action: str,
    dangling: Collection[AccessGrant],
) -> AccessGrant:
    try:
        if type_ is PrincipalType.GROUP:
            group = reader.find_group(name)
            return AccessGrant(action, type_, group.id, group.pk, group.name)
        user = reader.find_user(name)
        return AccessGrant(action, type_, user.id, user.pk, user.label)
    except NotFoundError:
        missing = AccessGrant(action, type_, name)
        if missing not in dangling:
            raise
        return missing
