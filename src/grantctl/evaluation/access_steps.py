"""The steps of a decision about a resource, in words.

Owns the order of the rules and the wording of what each found. What a rule says, `access_rules`
found out.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import (
    AccessQuestion,
    AccessReason,
    AccessState,
    Hop,
    state_of,
)
from grantctl.evaluation.access_rules import asks_bases, role_verdict
from grantctl.evaluation.decision import Step
from grantctl.evaluation.facts import MAX_BASES, AccessFacts, Resource
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.steps import named, role_steps, scope_step
from grantctl.model import Action, PrincipalType, Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_HOP_RULES = (AccessReason.OWNER, AccessReason.PUBLIC, AccessReason.GRANT)


def record_steps(
    facts: AccessFacts,
    question: AccessQuestion,
    hops: tuple[Hop, ...],
    scope: Scope | None = None,
) -> tuple[Step, ...]:
    """Every rule in the order of asking; exactly one has a verdict: the one that decides."""
    ref = facts.resource.ref
    is_covered = scope is None or scope.covers_access(question.action, ref)
    reason = _deciding(facts, question, hops) if is_covered else AccessReason.SCOPE
    verdict = reason in (AccessReason.ADMIN, *_HOP_RULES)
    asked = f"{question.action} {ref}"
    of_scope = () if scope is None else (scope_step(scope, asked, is_covered=is_covered),)
    return of_scope + tuple(
        Step(rule.value, verdict if rule is reason else None, words)
        for rule, words in _words(facts, question, hops)
        if rule is reason or rule is not AccessReason.BROKEN_BASE
    )


def _deciding(facts: AccessFacts, question: AccessQuestion, hops: tuple[Hop, ...]) -> AccessReason:
    by_role = role_verdict(facts, question)
    if by_role is not None:
        return AccessReason.ADMIN if by_role else AccessReason.PENDING
    if not hops[0].allowed or not asks_bases(question):
        return hops[0].rule
    if not all(hop.allowed for hop in hops):
        return AccessReason.BASE
    return hops[0].rule if facts.broken_base is None else AccessReason.BROKEN_BASE


def _words(
    facts: AccessFacts, question: AccessQuestion, hops: tuple[Hop, ...]
) -> Iterator[tuple[AccessReason, str]]:
    first = hops[0]
    pending, admin = role_steps(facts.user.role, question.ignore_role)
    yield AccessReason.PENDING, pending.detail
    is_plain_admin = facts.user.role is Role.ADMIN and not facts.admin_bypass
    off = "admins are judged as any user: `access.admin_bypass` is off"
    yield AccessReason.ADMIN, off if is_plain_admin and not question.ignore_role else admin.detail
    yield AccessReason.OWNER, owner_words(first, question)
    yield AccessReason.PUBLIC, _public_words(first)
    yield AccessReason.GRANT, grant_words(first)
    yield AccessReason.BASE, _base_words(facts, question, hops)
    yield AccessReason.BROKEN_BASE, broken_words(facts)
    denied = "not reached" if first.allowed else denial_words(first)
    yield AccessReason.NOT_GRANTED, denied


def owner_words(hop: Hop, question: AccessQuestion) -> str:
    """Whose the resource is, and whether that counts."""
    resource = hop.resource
    if question.ignore_owner:
        return "the owner is not asked for"
    if hop.is_owner:
        return f"the user owns `{resource.ref}`, and owners are allowed everything"
    if resource.owner is not None:
        return f"the owner is `{resource.owner_name}`, not the user"
    if resource.owner_id is not None:
        return f"the owner `{resource.owner_id}` does not exist"
    return f"`{resource.ref}` has no owner"


def state_words(resource: Resource) -> str:
    """The state of an access control in words."""
    match state_of(resource):
        case AccessState.PUBLIC:
            return "public: no access control"
        case AccessState.PRIVATE:
            return "private: an empty access control"
        case AccessState.RESTRICTED:
            count = len(resource.grants)
            return f"restricted: {count} grant{'s' * (count != 1)}"


def grant_words(hop: Hop) -> str:
    """Through which grants the user has the action, or why through none."""
    if hop.resource.is_public:
        return "not asked: there is no access control"
    if not hop.effective:
        return _no_grant_words(hop)
    one = hop.effective[0]
    more = len(hop.effective) - 1
    gives = "1 more grant gives it" if more == 1 else f"{more} more grants give it"
    others = f" ({gives})" if more else ""
    action = f"`{one.grant.action}`"
    match one.grant.principal_type:
        case PrincipalType.EVERYONE:
            return f"everyone is granted {action}{others}"
        case PrincipalType.USER:
            return f"the user is granted {action} directly{others}"
        case PrincipalType.GROUP:
            way = ""
            if one.held is not None and one.held.is_inherited:
                way = f", held through `{one.held.path[0].name}`,"
            return f"group `{one.grant.name}`{way} is granted {action}{others}"


def denial_words(hop: Hop) -> str:
    """Why this resource on its own is denied."""
    ref, action = hop.resource.ref, hop.action
    if hop.resource.is_public:
        return f"`{ref}` is public, which lets every user read it and no more"
    if not hop.resource.grants:
        return f"`{ref}` is private, and not the user's own"
    denied = f"`{ref}` is restricted, and {_no_grant_words(hop)}"
    if Action.WRITE.value in hop.other_actions and action == Action.READ:
        return f"{denied}: the user may write it, but write does not imply read"
    if hop.other_actions:
        return f"{denied}: the user has {named(hop.other_actions)}, which does not imply `{action}`"
    return denied


def broken_words(facts: AccessFacts) -> str:
    """What is wrong with the chain of bases."""
    last, base = facts.chain[-1].ref, facts.broken_base
    if facts.is_cyclic:
        names = [str(one.ref) for one in facts.chain]
        cycle = names[names.index(str(base)) :]
        return f"the bases go round in a circle: {' → '.join([*cycle, str(base)])}"
    if facts.is_too_deep:
        return (
            f"`{facts.resource.ref}` has more than {MAX_BASES} bases, of which `{last}` is the last"
        )
    return f"`{base}`, the base of `{last}`, does not exist"


def _no_grant_words(hop: Hop) -> str:
    grants = hop.grants
    if not grants:
        return "there are no grants"
    covering = sum(one.covers_action for one in grants)
    whole = "its one grant" if len(grants) == 1 else f"its {len(grants)} grants"
    if not covering:
        return (
            f"none of {whole} is for `{hop.action}`"
            if len(grants) > 1
            else (f"{whole} is not for `{hop.action}`")
        )
    if len(grants) == 1:
        return f"{whole} is not to the user"
    if covering == len(grants):
        return f"none of {whole} is to the user"
    them = "the one" if covering == 1 else f"none of the {covering}"
    return f"of {whole} {them} for `{hop.action}` is {'not ' * (covering == 1)}to the user"


def _public_words(hop: Hop) -> str:
    ref = hop.resource.ref
    if not hop.resource.is_public:
        return f"`{ref}` has an access control, so that it is not public"
    if hop.action == Action.READ:
        return f"`{ref}` is public, and every user may read it"
    return f"`{ref}` is public, which lets every user read it and no more"


def _base_words(facts: AccessFacts, question: AccessQuestion, hops: tuple[Hop, ...]) -> str:
    if not asks_bases(question):
        return "the bases are not asked"
    if len(hops) == 1:
        return "there is no base" if facts.broken_base is None else "not reached"
    failing = next((hop for hop in hops[1:] if not hop.allowed), None)
    if failing is None:
        return (
            f"the user may read {named(str(hop.resource.ref) for hop in hops[1:])}, of which "
            "it is made"
        )
    made_of = f"`{hops[0].resource.ref}` is made of `{failing.resource.ref}`, which the user may "
    return f"{made_of}not read: {denial_words(failing)}"
