"""Users in groups: added and removed.

Owns what an addition makes of a membership that is there already. One that has expired counts for
nothing, so that adding its user again makes a new one. Leaves listing to `member_lists`, whose
names it offers too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, delete, insert, select, update

from grantctl.errors import InvalidError
from grantctl.evaluation.facts import Group, Membership, User
from grantctl.model import Source
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.chunks import in_chunks
from grantctl.operations.member_lists import MemberRecord, list_members, membership_of
from grantctl.operations.resolving import find_users
from grantctl.store.database import Database
from grantctl.store.session import reader_of
from grantctl.store.tables import MembershipRow

__all__ = [
    "MemberChange",
    "MemberRecord",
    "MembersChanged",
    "Outcome",
    "add_members",
    "list_members",
    "remove_members",
]

# Rows that the session has read are not looked at again: no need to bring them up to date.
_AS_IT_IS = {"synchronize_session": False}


class Outcome(StrEnum):
    """What became of one user's membership."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What a change did to one user; `expires_at` is that of the membership as it is now."""

    user: User
    outcome: Outcome
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """What a change did to a group's members, in the order of their naming."""

    group: Group
    members: tuple[MemberChange, ...]


def add_members(
    database: Database,
    intent: Intent,
    group: str,
    users: Sequence[str],
    *,
    expires_at: datetime | None = None,
) -> MembersChanged:
    """Add users to a group; all of them or none.

    Who is a member already stays one as they are, but for `expires_at` (aware) where it is given.
    Raises NotFoundError naming every unknown user, AmbiguousError, InvalidError for a time that is
    past.
    """

    def work(change: Change) -> MembersChanged:
        if expires_at is not None and expires_at <= change.now:
            raise InvalidError("a membership cannot expire in the past")
        found = reader_of(change.session).find_group(group)
        people = find_users(change.session, users)
        current = _read_memberships(change.session, found, people)
        members = tuple(
            _judge_addition(user, current.get(user.pk), expires_at, change.now) for user in people
        )
        _write_additions(change, found, members, current, expires_at)
        return MembersChanged(found, members)

    return perform(database, intent, work)


def remove_members(
    database: Database, intent: Intent, group: str, users: Sequence[str]
) -> MembersChanged:
    """Remove users from a group; all of them or none. Who is no member is left unchanged.

    Raises NotFoundError naming every unknown user, AmbiguousError.
    """

    def work(change: Change) -> MembersChanged:
        found = reader_of(change.session).find_group(group)
        people = find_users(change.session, users)
        current = _read_memberships(change.session, found, people)
        gone = [user for user in people if user.pk in current]
        _delete(change.session, found, gone)
        if gone:
            before = {"members": {user.id: membership_facts(current[user.pk]) for user in gone}}
            change.record("group.remove_members", "group", found.id, before=before)
        outcomes = (Outcome.REMOVED if one.pk in current else Outcome.UNCHANGED for one in people)
        members = zip(people, outcomes, strict=True)
        return MembersChanged(found, tuple(MemberChange(*member, None) for member in members))

    return perform(database, intent, work)


def _read_memberships(
    session: Session, group: Group, users: Sequence[User]
) -> dict[int, Membership]:
    """The memberships that these users have in the group, by the user's pk."""
    found: dict[int, Membership] = {}
    for part in in_chunks(users):
        rows = session.exec(select(MembershipRow).where(_are(group, part)))
        found |= {row.user_pk: membership_of(row) for row in rows}
    return found


def _judge_addition(
    user: User, current: Membership | None, expires_at: datetime | None, now: datetime
) -> MemberChange:
    if current is None or current.is_expired(now):
        return MemberChange(user, Outcome.ADDED, expires_at)
    if expires_at is None or expires_at == current.expires_at:
        return MemberChange(user, Outcome.UNCHANGED, current.expires_at)
    return MemberChange(user, Outcome.UPDATED, expires_at)


def _write_additions(
    change: Change,
    group: Group,
    members: Sequence[MemberChange],
    current: Mapping[int, Membership],
    expires_at: datetime | None,
) -> None:
    session = change.session
    added = [one.user for one in members if one.outcome is Outcome.ADDED]
    updated = [one.user for one in members if one.outcome is Outcome.UPDATED]
    if not added and not updated:
        return
    _delete(session, group, [user for user in added if user.pk in current])
    for part in in_chunks(added):
        rows = [_new_row(change, group, user, expires_at) for user in part]
        session.exec(insert(MembershipRow), params=rows)
    for part in in_chunks(updated):
        session.exec(
            update(MembershipRow).where(_are(group, part)).values(expires_at=expires_at),
            execution_options=_AS_IT_IS,
        )
    replaced = [user for user in (*added, *updated) if user.pk in current]
    before = {"members": {user.id: membership_facts(current[user.pk]) for user in replaced}}
    after = {
        "added": [user.id for user in added],
        "updated": [user.id for user in updated],
        "expires_at": _text(expires_at),
    }
    change.record(
        "group.add_members", "group", group.id, before=before if replaced else None, after=after
    )


def _new_row(
    change: Change, group: Group, user: User, expires_at: datetime | None
) -> dict[str, object]:
    return {
        "user_pk": user.pk,
        "group_pk": group.pk,
        "source": Source.MANUAL.value,
        "added_by": change.intent.actor,
        "added_at": change.now,
        "expires_at": expires_at,
    }


def _delete(session: Session, group: Group, users: Sequence[User]) -> None:
    for part in in_chunks(users):
        session.exec(delete(MembershipRow).where(_are(group, part)), execution_options=_AS_IT_IS)


def _are(group: Group, users: Sequence[User]) -> ColumnElement[bool]:
    """The condition that a membership is that of one of these users in the group."""
    user_pks = [user.pk for user in users]
    return and_(col(MembershipRow.group_pk) == group.pk, col(MembershipRow.user_pk).in_(user_pks))


def membership_facts(membership: Membership) -> dict[str, object]:
    """A membership as audit entries keep it."""
    return {
        "source": membership.source.value,
        "added_by": membership.added_by,
        "added_at": _text(membership.added_at),
        "expires_at": _text(membership.expires_at),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
