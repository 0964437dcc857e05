"""The group that every new user is put into, where somebody chose one.

Owns the membership that comes of it. Leaves making users to `users` and to logins, which call this.
"""

from __future__ import annotations

from sqlmodel import select

from grantctl.evaluation.facts import Group
from grantctl.model import Source
from grantctl.operations.changes import Change
from grantctl.operations.policies import read_policy
from grantctl.operations.policy_settings import DEFAULT_GROUP
from grantctl.store.tables import GroupRow, MembershipRow, UserRow


def join_default_group(change: Change, user: UserRow) -> Group | None:
    """Put a new user into the default group, whose id `users.default_group` holds; the group.

    None where there is no such setting, or no such group any more: that keeps nobody out. Who is a
    member already stays one as they are. Raises InvalidError for a broken setting.
    """
    session = change.session
    group_id = read_policy(session, DEFAULT_GROUP).value
    if not group_id:
        return None
    row = session.exec(select(GroupRow).where(GroupRow.id == group_id)).first()
    if row is None:
        return None
    if session.get(MembershipRow, (user.pk, row.pk)) is None:
        session.add(
            MembershipRow(
                user_pk=user.pk,
                group_pk=row.pk,
                source=Source.MANUAL.value,
                added_by=change.intent.actor,
                added_at=change.now,
                expires_at=None,
            )
        )
        after = {"added": [user.id], "updated": [], "expires_at": None}
        change.record("group.add_members", "group", row.id, after=after)
    return Group(row.pk, row.id, row.name, row.parent_pk)
