"""What another access control of resources would do to everybody.

Owns what grants given and taken away make of a resource, as the changing commands do. Leaves the
counting to `impact_counts`.
"""

from __future__ import annotations

from grantctl.evaluation.access_rules import actions_named
from grantctl.evaluation.facts import AccessGrant, Resource
from grantctl.evaluation.impact import Audience, Shift
from grantctl.evaluation.impact_tree import audiences_of
from grantctl.lean import replace
from grantctl.model import EVERYONE_ID, Action, PrincipalType, ResourceRef
from grantctl.operations.impact_counts import FIRST, Impact, Impacts, measure, measure_all
from grantctl.store.reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

EVERYONE_READS = AccessGrant(Action.READ, PrincipalType.EVERYONE, EVERYONE_ID)


def access_impact(
    reader: Reader,
    ref: ResourceRef,
    action: str,
    *,
    principal_type: PrincipalType,
    principal: int | None,
    given: bool,
    now: datetime,
    first: int | None = FIRST,
) -> Impact:
    """Who gains or loses an action if a grant on the resource is given, or taken away.

    `principal` is the pk of the user or group, None for everyone. That everyone may read is taken
    away from a public resource as from one that grants it. What is made of the resource is not
    looked at. Raises NotFoundError, DatabaseError.
    """
    with reader.at_one_moment():
        chain = reader.resources.chain(ref)
        wanted = AccessGrant(action, principal_type, EVERYONE_ID, principal)
        changed = (granted if given else revoked)(chain[0], wanted)
        tree = reader.impacts.tree()
        shift = Shift(
            audiences_of(chain, action, tree),
            audiences_of((changed, *chain[1:]), action, tree),
            includes_admins=not reader.resources.admin_bypass(),
        )
        return measure(reader, shift, now=now, first=first)


def resources_impact(
    reader: Reader,
    refs: Iterable[ResourceRef],
    change: Callable[[Resource], Resource],
    *,
    now: datetime,
) -> Impacts:
    """How many users gain and lose something if each of these resources becomes what `change` says.

    Nobody is named, and what is made of the resources is not looked at. Raises NotFoundError,
    DatabaseError.
    """
    with reader.at_one_moment():
        shifts = [*_shifts(reader, refs, change)]
        return measure_all(reader, shifts, _touched(shifts), now=now, first=0)


def _shifts(
    reader: Reader, refs: Iterable[ResourceRef], change: Callable[[Resource], Resource]
) -> Iterator[Shift]:
    tree, includes_admins = reader.impacts.tree(), not reader.resources.admin_bypass()
    for ref in refs:
        chain = reader.resources.chain(ref)
        changed = change(chain[0])
        for action in dict.fromkeys((*actions_named(chain[0]), *actions_named(changed))):
            before = audiences_of(chain, action, tree)
            after = audiences_of((changed, *chain[1:]), action, tree)
            if before != after:
                yield Shift(before, after, includes_admins)


def _touched(shifts: Sequence[Shift]) -> Audience:
    """Everybody whom one of the shifts may reach."""
    withins = [part.within for one in shifts for part in (*one.gained(), *one.lost())]
    return Audience(
        any(one.is_everyone for one in withins),
        frozenset(pk for one in withins for pk in one.groups),
        frozenset(pk for one in withins for pk in one.users),
    )


def granted(resource: Resource, grant: AccessGrant) -> Resource:
    """The resource with that grant: one that is public then grants what everyone had."""
    if not resource.is_public:
        return replace(resource, grants=(*resource.grants, grant))
    return replace(resource, is_public=False, grants=(EVERYONE_READS, grant))


def revoked(resource: Resource, grant: AccessGrant) -> Resource:
    """The resource without that grant; that everyone may read makes a public one private."""
    if resource.is_public:
        is_reading = grant.principal_type is PrincipalType.EVERYONE and grant.action == Action.READ
        return replace(resource, is_public=not is_reading)
    kept = tuple(one for one in resource.grants if not _is_same(one, grant))
    return replace(resource, grants=kept)


def restricted(resource: Resource, *, private: bool) -> Resource:
    """The resource closed to everyone, or to all but its owner where it shall be private."""
    kept = tuple(
        one
        for one in resource.grants
        if not private and one.principal_type is not PrincipalType.EVERYONE
    )
    return replace(resource, is_public=False, grants=kept)


def _is_same(one: AccessGrant, other: AccessGrant) -> bool:
    return (one.action, one.principal_type, one.principal) == (
        other.action,
        other.principal_type,
        other.principal,
    ) and not one.is_dangling
