"""Who logs in, for the tests of identity providers: facts that are quickly written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grantctl.evaluation.facts import Group, Membership
from grantctl.evaluation.identity import (
    GroupAction,
    GroupsDecision,
    HeldGroup,
    IdentityFacts,
    RoleDecision,
)
from grantctl.model import Role, Source

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
TOMORROW = NOW + timedelta(days=1)


def facts_of(
    role: Role | None = Role.USER,
    *groups: HeldGroup,
    user_count: int = 5,
    is_last_admin: bool = False,
    taken_names: frozenset[str] = frozenset(),
) -> IdentityFacts:
    """The facts of somebody with this role, in these groups."""
    return IdentityFacts(user_count, role, is_last_admin, groups, NOW, taken_names)


def held(
    name: str,
    source: Source | None = Source.OAUTH,
    *,
    pk: int | None = None,
    expires_at: datetime | None = None,
) -> HeldGroup:
    """A group of that name, and the user's membership by that source, if there is one."""
    number = sum(name.encode()) if pk is None else pk
    group = Group(number, f"g-{name}-{number}" if pk else f"g-{name}", name)
    if source is None:
        return HeldGroup(group)
    return HeldGroup(group, Membership(group.pk, source, expires_at=expires_at))


def after(facts: IdentityFacts, role: RoleDecision, groups: GroupsDecision) -> IdentityFacts:
    """The facts once both decisions are carried out."""
    by_id: dict[str, HeldGroup] = {one.group.id: one for one in facts.groups}
    for change in groups.changes:
        match change.action:
            case GroupAction.ADD | GroupAction.ADOPT:
                assert change.group_id is not None
                _join(by_id, by_id[change.group_id].group, change.action)
            case GroupAction.CREATE:
                pk = 1 + max((one.group.pk for one in by_id.values()), default=0)
                _join(by_id, Group(pk, f"made-{pk}", change.name), change.action)
            case GroupAction.REMOVE:
                assert change.group_id is not None
                by_id[change.group_id] = replace(by_id[change.group_id], membership=None)
    is_new = facts.role is None and role.role is not None
    return replace(
        facts,
        user_count=facts.user_count + is_new,
        role=role.role or facts.role,
        is_last_admin=facts.is_last_admin and role.role in (Role.ADMIN, None),
        groups=tuple(by_id.values()),
    )


def _join(by_id: dict[str, HeldGroup], group: Group, action: GroupAction) -> None:
    held_before = by_id.get(group.id)
    membership = held_before.membership if held_before else None
    is_adopted = action is GroupAction.ADOPT and membership is not None
    by_id[group.id] = HeldGroup(
        group,
        replace(membership, source=Source.OAUTH)
        if is_adopted and membership is not None
        else Membership(group.pk, Source.OAUTH),
    )


def actions(decision: GroupsDecision) -> Mapping[str, tuple[str, str]]:
    """What is done about each group, by its name, and why."""
    return {one.name: (one.action.value, one.reason.value) for one in decision.changes}
