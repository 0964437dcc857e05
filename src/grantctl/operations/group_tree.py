"""How groups lie below one another: the way up from each, all below it, and how many users.

Owns the recursive queries of managing. They end on a cycle, which only foreign writers can make.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from grantctl.evaluation.facts import Group
from grantctl.operations.chunks import in_chunks
from grantctl.store.tables import GroupRow, MembershipRow

Path = tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class MemberCount:
    """Users whose membership counts now: `direct` in the group, `effective` in it or below it."""

    direct: int
    effective: int


def read_upward(session: Session, pks: Iterable[int]) -> dict[int, Group]:
    """These groups and all above them, by pk."""
    found: dict[int, Group] = {}
    for part in in_chunks(list(pks)):
        upward = (
            select(col(GroupRow.pk), col(GroupRow.parent_pk))
            .where(col(GroupRow.pk).in_(part))
            .cte("upward", recursive=True)
        )
        above = aliased(GroupRow)
        upward = upward.union(
            select(col(above.pk), col(above.parent_pk)).where(col(above.pk) == upward.c.parent_pk)
        )
        rows = session.exec(
            select(GroupRow.pk, GroupRow.id, GroupRow.name, GroupRow.parent_pk).where(
                col(GroupRow.pk).in_(select(upward.c.pk))
            )
        )
        found |= {pk: Group(pk, id, name, parent) for pk, id, name, parent in rows}
    return found


def path_to(groups: Mapping[int, Group], pk: int) -> Path:
    """The way from the top-level group down to this one, both included."""
    upward: dict[int, Group] = {}
    at: int | None = pk
    while at is not None and at in groups and at not in upward:
        upward[at] = groups[at]
        at = groups[at].parent
    return tuple(reversed(upward.values()))


def below(roots: Iterable[int]) -> CTE:
    """Each of the roots with every group below it, itself included: columns `root` and `pk`."""
    start = (
        select(col(GroupRow.pk).label("root"), col(GroupRow.pk).label("pk"))
        .where(col(GroupRow.pk).in_(list(roots)))
        .cte("below", recursive=True)
    )
    child = aliased(GroupRow)
    return start.union(
        select(start.c.root, col(child.pk)).where(col(child.parent_pk) == start.c.pk)
    )


def counts_at(now: datetime) -> ColumnElement[bool]:
    """The condition that a membership has not expired."""
    expires_at = col(MembershipRow.expires_at)
    return or_(expires_at.is_(None), expires_at > now)


def count_members(session: Session, pks: Iterable[int], now: datetime) -> dict[int, MemberCount]:
    """How many members each of these groups has."""
    direct: dict[int, int] = {}
    effective: dict[int, int] = {}
    wanted = list(pks)
    for part in in_chunks(wanted):
        group_pk, user_pk = col(MembershipRow.group_pk), col(MembershipRow.user_pk)
        direct |= session.exec(
            select(group_pk, func.count())
            .where(group_pk.in_(part), counts_at(now))
            .group_by(group_pk)
        ).all()
        # Where nothing lies below, the two counts are one: only parents are worth the recursion.
        parent_pk = col(GroupRow.parent_pk)
        parents = session.exec(select(parent_pk).where(parent_pk.in_(part)).distinct()).all()
        tree = below(pk for pk in parents if pk is not None)
        effective |= session.exec(
            select(tree.c.root, func.count(user_pk.distinct()))
            .join(MembershipRow, group_pk == tree.c.pk)
            .where(counts_at(now))
            .group_by(tree.c.root)
        ).all()
    return {
        pk: MemberCount(direct.get(pk, 0), effective.get(pk, direct.get(pk, 0))) for pk in wanted
    }
