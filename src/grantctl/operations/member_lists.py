"""The members of a group, listed: direct ones, and those of the groups below.

Owns which of several memberships of one user is shown. Leaves changes to `memberships`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from grantctl.evaluation.facts import Group, Membership, User
from grantctl.model import Role, Source
from grantctl.operations.group_tree import Path, below, path_to
from grantctl.operations.pages import Page, PageRequest, cut
from grantctl.store.database import Database
from grantctl.store.session import read_session, reader_of
from grantctl.store.tables import GroupRow, MembershipRow, UserRow


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A member of a group.

    `via` leads from the group that the user is in directly up to the one asked about, both
    included; it is empty for a direct member.
    """

    user: User
    membership: Membership
    is_expired: bool
    via: Path


def list_members(
    database: Database,
    group: str,
    request: PageRequest,
    *,
    now: datetime,
    inherited: bool = False,
) -> Page[MemberRecord]:
    """The members of a group in the order of the users' making, each once; expired ones too.

    `inherited` asks for the members of every group below it as well. Of several memberships one
    that has not expired is shown, by the shortest way. Raises NotFoundError, AmbiguousError,
    UsageError, DatabaseError.
    """
    with read_session(database) as session:
        asked = reader_of(session).find_group(group)
        groups = _read_below(session, asked) if inherited else {}
        groups[asked.pk] = Group(asked.pk, asked.id, asked.name)  # where each way ends
        best: dict[int, MemberRecord] = {}
        for user, membership in _read_page(session, asked, request, inherited=inherited):
            way = tuple(reversed(path_to(groups, membership.group)))
            via = way if len(way) > 1 else ()
            record = MemberRecord(user, membership, membership.is_expired(now), via)
            known = best.get(user.pk)
            if known is None or _rank(record) < _rank(known):
                best[user.pk] = record
        return cut(list(best.items()), request)


def _rank(record: MemberRecord) -> tuple[bool, int, tuple[str, ...]]:
    return record.is_expired, len(record.via), tuple(group.name + group.id for group in record.via)


def _read_below(session: Session, asked: Group) -> dict[int, Group]:
    """The group and all below it, by pk."""
    rows = session.exec(
        select(GroupRow.pk, GroupRow.id, GroupRow.name, GroupRow.parent_pk).where(
            col(GroupRow.pk).in_(select(below([asked.pk]).c.pk))
        )
    )
    return {pk: Group(pk, id, name, parent) for pk, id, name, parent in rows}


def _read_page(
    session: Session, asked: Group, request: PageRequest, *, inherited: bool
) -> list[tuple[User, Membership]]:
    """Memberships of as many users as the page takes, and of one more; a user's rows together."""
    user_pk, group_pk = col(MembershipRow.user_pk), col(MembershipRow.group_pk)
    is_within = group_pk.in_(select(below([asked.pk]).c.pk)) if inherited else group_pk == asked.pk
    page = select(user_pk).distinct().where(is_within, user_pk > request.after).order_by(user_pk)
    if request.limit is not None:
        page = page.limit(request.limit + 1)
    rows = session.exec(
        select(UserRow, MembershipRow)
        .join(MembershipRow, user_pk == col(UserRow.pk))
        .where(is_within, user_pk.in_(page))
        .order_by(user_pk)
    )
    return [
        (User(user.pk, user.id, user.email, user.name, Role(user.role)), membership_of(row))
        for user, row in rows
    ]


def membership_of(row: MembershipRow) -> Membership:
    """The plain value of a row."""
    return Membership(row.group_pk, Source(row.source), row.added_by, row.added_at, row.expires_at)
