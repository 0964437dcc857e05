"""Carrying out what a login is to do: user, identity, role, memberships, each with its audit entry.

Owns the writing, in the transaction in which the plan was made. Leaves what is to be done to
`oauth_plan`; a role ends tokens as `users set-role` does, by the same function.
"""

from __future__ import annotations

from uuid import uuid4

from sqlmodel import select

from grantctl.evaluation.identity import GroupAction, GroupChange
from grantctl.model import Role, Source
from grantctl.operations.changes import Change
from grantctl.operations.default_group import join_default_group
from grantctl.operations.group_records import group_facts, group_record
from grantctl.operations.identity_rows import add_identity, find_identity
from grantctl.operations.member_lists import membership_of
from grantctl.operations.memberships import membership_facts
from grantctl.operations.oauth_plan import LoginPlan
from grantctl.operations.roles import change_role
from grantctl.operations.user_rows import save_user, user_facts
from grantctl.store.tables import GroupRow, MembershipRow, UserRow


def carry_out(change: Change, plan: LoginPlan) -> UserRow:
    """Do what the plan says; it was made in this transaction, and nothing is refused in it."""
    role = plan.new_role
    assert role is not None
    if plan.user is None:
        row = _create_user(change, plan, role)
    else:
        found = change.session.get(UserRow, plan.user.pk)
        assert found is not None
        row = _update_user(change, found, plan, role)
    if plan.links and plan.issuer is not None and plan.subject is not None:
        add_identity(change, row, plan.issuer, plan.subject)
    for one in plan.groups.changes if plan.groups else ():
        _change_membership(change, row, one)
    change.session.flush()
    return row


def note_login(change: Change, plan: LoginPlan, row: UserRow) -> None:
    """Note that the user logged in, and when."""
    assert plan.issuer is not None
    assert plan.subject is not None
    identity = find_identity(change.session, plan.issuer, plan.subject)
    if identity is not None:
        identity.last_login_at = change.now
        change.session.add(identity)
    after = {"issuer": plan.issuer, "subject": plan.subject, "role": row.role}
    change.record("login.succeed", "user", row.id, after=after)


def _create_user(change: Change, plan: LoginPlan, role: Role) -> UserRow:
    row = UserRow(
        id=str(uuid4()),
        email=plan.email,
        name=plan.name,
        role=role.value,
        password_hash=None,
        created_at=change.now,
        updated_at=change.now,
    )
    change.session.add(row)
    change.session.flush()
    change.record("user.create", "user", row.id, after=user_facts(row))
    join_default_group(change, row)
    change.session.flush()
    return row


def _update_user(change: Change, row: UserRow, plan: LoginPlan, role: Role) -> UserRow:
    before = user_facts(row)
    row.email, row.name = plan.email, plan.name
    if user_facts(row) != before:
        save_user(change, row, "user.update", before)
    change_role(change, row, role)
    return row


def _change_membership(change: Change, row: UserRow, one: GroupChange) -> None:
    if not one.action.is_change:
        return
    group = _find_group(change, one)
    current = change.session.get(MembershipRow, (row.pk, group.pk))
    before = None
    if current is not None:
        before = {"members": {row.id: membership_facts(membership_of(current))}}
    if one.action is GroupAction.REMOVE:
        change.session.delete(current)
        change.record("group.remove_members", "group", group.id, before=before)
        return
    if current is None:
        current = MembershipRow(user_pk=row.pk, group_pk=group.pk)
    if one.action is not GroupAction.ADOPT:
        current.added_by, current.added_at = change.intent.actor, change.now
        current.expires_at = None
    current.source = Source.OAUTH.value
    change.session.add(current)
    is_new = one.action is not GroupAction.ADOPT
    after = {
        "added": [row.id] * is_new,
        "updated": [row.id] * (not is_new),
        "source": Source.OAUTH.value,
    }
    change.record("group.add_members", "group", group.id, before=before, after=after)


def _find_group(change: Change, one: GroupChange) -> GroupRow:
    """The group of the change, made if that is what it says."""
    if one.group_id is not None:
        return change.session.exec(select(GroupRow).where(GroupRow.id == one.group_id)).one()
    row = GroupRow(
        id=str(uuid4()),
        name=one.name,
        description="",
        parent_pk=None,
        created_at=change.now,
        updated_at=change.now,
    )
    change.session.add(row)
    change.session.flush()
    facts = group_facts(group_record(change.session, row))
    change.record("group.create", "group", row.id, after=facts)
    return row
