"""The rules about resources one by one: what the role, the owner, the state and a grant say.

Owns what each rule says alone (docs/semantics.md; specification, "Access Control Implementation").
Leaves their order, and the decision that records them, to `access`.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessQuestion, AccessReason, GrantJudgement, Hop
from grantctl.evaluation.decision import HeldGroup
from grantctl.evaluation.facts import AccessFacts, AccessGrant, Resource
from grantctl.evaluation.rules import held_groups
from grantctl.model import Action, PrincipalType, Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import TypeAlias

Held: TypeAlias = "Mapping[int, HeldGroup]"  # by the group's pk


def role_verdict(facts: AccessFacts, question: AccessQuestion) -> bool | None:
    """What the role decides; None where the access control decides.

    Pending users nothing. Admins everything, unless the policy setting `access.admin_bypass` is
    off: then they are judged as any user is.
    """
    if question.ignore_role:
        return None
    if facts.user.role is Role.PENDING:
        return False
    return True if facts.user.role is Role.ADMIN and facts.admin_bypass else None


def held_by_pk(facts: AccessFacts, now: datetime) -> dict[int, HeldGroup]:
    """The groups that the user holds, by their pk."""
    return {one.group.pk: one for one in held_groups(facts, now)}


def actions_named(resource: Resource) -> tuple[str, ...]:
    """The actions that can be told of a resource: those built in, and those that grants name."""
    others = {grant.action for grant in resource.grants} - {*Action}
    return (*Action, *sorted(others))


def allowing_rule(
    facts: AccessFacts, resource: Resource, action: str, held: Held, *, ignore_owner: bool
) -> AccessReason:
    """What gives the user the action on this one resource, the first that does.

    The owner may do everything. Without an access control everyone may read, and no more. Else a
    grant of this very action to the user, to a group that the user holds, or to everyone: no action
    implies another. Grants that dangle give nothing.
    """
    if not ignore_owner and is_owner(facts, resource):
        return AccessReason.OWNER
    if resource.is_public:
        is_read = action == Action.READ
        return AccessReason.PUBLIC if is_read else AccessReason.NOT_GRANTED
    if any(
        grant.action == action and includes_user(facts, grant, held) for grant in resource.grants
    ):
        return AccessReason.GRANT
    return AccessReason.NOT_GRANTED


def is_owner(facts: AccessFacts, resource: Resource) -> bool:
    """Whether the user owns the resource."""
    return resource.owner is not None and resource.owner == facts.user.pk


def includes_user(facts: AccessFacts, grant: AccessGrant, held: Held) -> bool:
    """Whether the user is among those to whom the grant gives something."""
    if grant.principal_type is PrincipalType.EVERYONE:
        return True
    if grant.principal is None:
        return False
    if grant.principal_type is PrincipalType.USER:
        return grant.principal == facts.user.pk
    return grant.principal in held


def judge_hop(
    facts: AccessFacts, resource: Resource, action: str, held: Held, *, ignore_owner: bool
) -> Hop:
    """One resource on its own, with every grant looked at."""
    return Hop(
        resource=resource,
        action=action,
        rule=allowing_rule(facts, resource, action, held, ignore_owner=ignore_owner),
        is_owner=is_owner(facts, resource),
        grants=tuple(
            GrantJudgement(
                grant,
                covers_action=grant.action == action,
                includes_user=includes_user(facts, grant, held),
                held=_held_of(grant, held),
            )
            for grant in resource.grants
        ),
    )


def asks_bases(question: AccessQuestion) -> bool:
    """Whether the bases count: using a preset reads what it is made of, changing it does not."""
    return question.action == Action.READ and not question.ignore_base


def _held_of(grant: AccessGrant, held: Held) -> HeldGroup | None:
    is_group = grant.principal_type is PrincipalType.GROUP and grant.principal is not None
    return held.get(grant.principal or 0) if is_group else None
