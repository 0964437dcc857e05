"""What a change would do to one user: joining or leaving a group, another role.

Owns which facts change. Each verdict before and after is the evaluator's.
"""

from __future__ import annotations

from grantctl.evaluation.access import has_access
from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.evaluator import effective_permissions
from grantctl.evaluation.facts import AccessFacts, Group, Membership, PermissionFacts, User
from grantctl.evaluation.rules import held_groups
from grantctl.lean import dataclass, replace
from grantctl.model import Action, Role
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class MembershipImpact:
    """What one user gains and loses: keys of permissions, and how many actions on resources.

    `restricting`: those of the keys gained by which the user may do less.
    """

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    gained_accesses: int
    lost_accesses: int
    restricting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleImpact:
    """What one user gains and loses by another role, as keys of permissions.

    `hands_over_admin`: the user may then do everything, and give it to others too.
    """

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    hands_over_admin: bool


def membership_impact(
    reader: Reader,
    user: User,
    *,
    joins: Group | None = None,
    leaves: Group | None = None,
    now: datetime,
) -> MembershipImpact:
    """What the user gains and loses by joining one group, leaving another, or both.

    Who leaves a group holds it still through a group below it. Raises DatabaseError.
    """
    with reader.at_one_moment():
        facts = _with_groups_above(reader, reader.impacts.permission_facts(user), joins)
        changed = replace(facts, memberships=_memberships(facts, joins, leaves, now))
        gained, lost = _differences(facts, changed, now)
        accesses = [*_access_differences(reader, facts, changed, now)]
        return MembershipImpact(
            gained,
            lost,
            sum(gains for gains in accesses),
            sum(not gains for gains in accesses),
            tuple(key for key in gained if facts.catalogue[key].restricts),
        )


def role_impact(reader: Reader, user: User, role: Role, *, now: datetime) -> RoleImpact:
    """What the user gains and loses by that role. Raises DatabaseError."""
    with reader.at_one_moment():
        facts = reader.impacts.permission_facts(user)
    gained, lost = _differences(facts, replace(facts, user=replace(user, role=role)), now)
    return RoleImpact(gained, lost, role is Role.ADMIN and user.role is not Role.ADMIN)


def _with_groups_above(
    reader: Reader, facts: PermissionFacts, group: Group | None
) -> PermissionFacts:
    """The facts with a group more and all above it, whether the user is in it or not."""
    if group is None or group.pk in facts.groups:
        return facts
    above = reader.impacts.tree().above(group.pk)
    every = reader.impacts.groups()
    return replace(
        facts,
        groups={**facts.groups, **{pk: every[pk] for pk in above}},
        flags={**facts.flags, **reader.impacts.flags_of(above)},
    )


def _memberships(
    facts: PermissionFacts, joins: Group | None, leaves: Group | None, now: datetime
) -> tuple[Membership, ...]:
    gone = None if leaves is None else leaves.pk
    kept = [one for one in facts.memberships if one.group != gone]
    if joins is None or any(one.group == joins.pk and not one.is_expired(now) for one in kept):
        return tuple(kept)
    return (*(one for one in kept if one.group != joins.pk), Membership(joins.pk))


def _differences(
    before: PermissionFacts, after: PermissionFacts, now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    had = effective_permissions(before, now=now)
    has = effective_permissions(after, now=now)
    gained = tuple(key for key, value in has.items() if value and not had[key])
    return gained, tuple(key for key, value in had.items() if value and not has[key])


def _access_differences(
    reader: Reader, before: PermissionFacts, after: PermissionFacts, now: datetime
) -> Iterator[bool]:
    """For each action on a resource that the user gains, True, and for each lost one, False."""
    had = {one.group.pk for one in held_groups(before, now)}
    has = {one.group.pk for one in held_groups(after, now)}
    granted = reader.impacts.granted_to(had ^ has)
    read = {pk for pk, action in granted if action == Action.READ}
    made = {pk for resource in read for pk in reader.impacts.made_of(resource)}
    bypass = reader.resources.admin_bypass()
    for pk in sorted(made.union(pk for pk, _ in granted)):
        chain = reader.resources.chain_from(pk)
        old, new = (
            AccessFacts(one.user, chain, one.groups, one.memberships, bypass)
            for one in (before, after)
        )
        for action in actions_named(chain[0]):
            is_had = has_access(old, action, now=now)
            if is_had is not has_access(new, action, now=now):
                yield not is_had
