"""What a login changes of a user's effective permissions.

Owns the facts before and after, of which nothing is written. Leaves the verdicts to the evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from grantctl.evaluation.evaluator import effective_permissions
from grantctl.evaluation.facts import Membership, Permission, PermissionFacts, User
from grantctl.evaluation.identity import GroupAction, GroupsDecision, IdentityFacts
from grantctl.model import Role, Source
from grantctl.operations.chunks import in_chunks
from grantctl.operations.group_tree import read_upward
from grantctl.store.tables import GroupPermissionRow, PermissionRow

NOBODY = User(0, "", None, "", Role.PENDING)  # who does not exist yet, and is allowed nothing


@dataclass(frozen=True, slots=True)
class PermissionsChange:
    """The permissions that a user gains and loses, in order; how many of all it then has."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    allowed_count: int
    total_count: int


def measure_permissions(
    session: Session,
    user: User | None,
    *,
    role: Role,
    facts: IdentityFacts,
    groups: GroupsDecision,
) -> PermissionsChange:
    """What the user, or nobody yet, gains and loses by this role and these changes to groups."""
    now = facts.now
    before = _memberships(facts)
    after = _memberships_after(facts, groups)
    whole = _facts(session, {one.group for one in (*before, *after)})
    had: dict[str, bool] = {}
    if user is not None:
        had = effective_permissions(_of(whole, user, before), now=now)
    person = user or NOBODY
    later = User(person.pk, person.id, person.email, person.name, role)
    has = effective_permissions(_of(whole, later, after), now=now)
    return PermissionsChange(
        gained=tuple(key for key, allowed in has.items() if allowed and not had.get(key)),
        lost=tuple(key for key, allowed in had.items() if allowed and not has.get(key)),
        allowed_count=sum(has.values()),
        total_count=len(has),
    )


def _memberships(facts: IdentityFacts) -> tuple[Membership, ...]:
    return tuple(one.membership for one in facts.groups if one.membership is not None)


def _memberships_after(facts: IdentityFacts, groups: GroupsDecision) -> tuple[Membership, ...]:
    """A group that is made has no pk yet, and sets nothing."""
    pks = {one.group.id: one.group.pk for one in facts.groups}
    found = {one.group: one for one in _memberships(facts)}
    for change in groups.changes:
        pk = pks.get(change.group_id or "")
        if pk is None:
            continue
        if change.action is GroupAction.ADD:
            found[pk] = Membership(pk, Source.OAUTH, None, facts.now, None)
        elif change.action is GroupAction.REMOVE:
            found.pop(pk, None)
    return tuple(found.values())


def _of(whole: PermissionFacts, user: User, memberships: tuple[Membership, ...]) -> PermissionFacts:
    return PermissionFacts(
        user=user,
        groups=whole.groups,
        memberships=memberships,
        flags=whole.flags,
        catalogue=whole.catalogue,
    )


def _facts(session: Session, group_pks: Iterable[int]) -> PermissionFacts:
    """The catalogue, and these groups and all above them with their flags; of nobody."""
    groups = read_upward(session, group_pks)
    flags: dict[tuple[int, str], bool] = {}
    for part in in_chunks(list(groups)):
        query = (
            select(GroupPermissionRow.group_pk, PermissionRow.key, GroupPermissionRow.allowed)
            .where(col(GroupPermissionRow.group_pk).in_(part))
            .where(PermissionRow.pk == GroupPermissionRow.permission_pk)
        )
        flags |= {(group, key): bool(allowed) for group, key, allowed in session.exec(query)}
    rows = session.exec(select(PermissionRow.key, PermissionRow.default_allowed))
    catalogue = {key: Permission(key, bool(default)) for key, default in rows}
    return PermissionFacts(user=NOBODY, groups=groups, flags=flags, catalogue=catalogue)
