"""What would turn a denial about a resource into an allow, as commands.

Owns which remedies there are, and their order, the narrowest first. INVARIANT, held by a property
test: on a denial there is at least one, and after all commands of any one of them the same question
is allowed.
"""

from __future__ import annotations

from grantctl.evaluation.access_decision import AccessDecision, AccessReason, Hop
from grantctl.evaluation.command_words import Command, command, group_word, user_word
from grantctl.evaluation.decision import Remedy
from grantctl.evaluation.facts import AccessGrant
from grantctl.evaluation.remedies import MAX_SUGGESTED_GROUPS
from grantctl.evaluation.rules import held_groups
from grantctl.evaluation.steps import named
from grantctl.lean import replace
from grantctl.model import Action, PrincipalType, Role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def find_remedies(decision: AccessDecision) -> tuple[Remedy, ...]:
    """What would allow what is denied; nothing where it is allowed."""
    if decision.allowed:
        return ()
    prefixes: list[Remedy | None] = [*_mending(decision)] or [None]
    found = [_joined(prefix, one) for prefix in prefixes for one in _granting(decision)]
    if decision.reason is AccessReason.PENDING:
        approve = Remedy("approve the user", (command("users", "approve", _user(decision)),))
        found = [_joined(approve, one) for one in found]
    if decision.user.role is Role.ADMIN and not decision.question.ignore_role:
        bypass = command("config", "set", "access.admin_bypass", "true")
        found.append(Remedy("let admins do everything again", (bypass,)))
    return tuple(found)


def _joined(first: Remedy | None, second: Remedy) -> Remedy:
    """Both, one after the other; an empty one adds nothing."""
    if first is None:
        return second
    if not second.commands:
        return first
    words = f"{first.description} and {second.description}"
    return replace(second, description=words, commands=first.commands + second.commands)


def _mending(decision: AccessDecision) -> Iterator[Remedy]:
    """Ways to mend a broken chain of bases."""
    facts = decision.facts
    if not decision.is_base_broken:
        return
    last, base = str(facts.chain[-1].ref), str(facts.broken_base)
    if not (facts.is_cyclic or facts.is_too_deep):
        made = command("resources", "create", base, options=("--public",))
        yield Remedy(f"make `{base}` known, for every user to read", (made,))
    cut = command("resources", "update", last, options=("--no-base",))
    yield Remedy(f"let `{last}` have no base", (cut,))


def _granting(decision: AccessDecision) -> list[Remedy]:
    """Ways to have every resource that denies let the user in; an empty one if none does."""
    failing = decision.failing
    if not failing:
        return [Remedy("", ())]
    user = _user(decision)
    what = " and ".join(f"`{hop.action}` on `{hop.resource.ref}`" for hop in failing)
    found = [Remedy(f"grant the user {what}", _grants(failing, f"--user={user}"))]
    found += _joining(decision, failing, user)
    for held in held_groups(decision.facts, decision.decided_at):
        if not held.is_inherited:
            word = group_word(held.group.name, held.group.id, decision.facts.taken_names)
            words = f"grant every member of `{held.group.name}` {what}"
            found.append(Remedy(words, _grants(failing, f"--group={word}")))
            break
    return [*found, Remedy(f"grant everyone {what}", tuple(map(_opening, failing)))]


def _grants(failing: tuple[Hop, ...], option: str) -> tuple[Command, ...]:
    return tuple(
        command("resources", "grant", str(hop.resource.ref), hop.action, options=(option,))
        for hop in failing
    )


def _opening(hop: Hop) -> Command:
    ref = str(hop.resource.ref)
    if hop.action == Action.READ:
        return command("resources", "publish", ref)
    return command("resources", "grant", ref, hop.action, options=("--everyone",))


def _joining(decision: AccessDecision, failing: tuple[Hop, ...], user: str) -> list[Remedy]:
    """Groups that are granted all that is missing; those of expired memberships first."""
    facts, expired = decision.facts, {group.pk for group in decision.expired}
    groups = _granted_groups(failing[0])
    for hop in failing[1:]:
        granted = _granted_groups(hop)
        groups = {pk: grant for pk, grant in groups.items() if pk in granted}
    ordered = sorted(
        groups.items(), key=lambda one: (one[0] not in expired, one[1].name, one[1].principal_id)
    )
    found = []
    for pk, grant in ordered[:MAX_SUGGESTED_GROUPS]:
        name = grant.name or ""
        word = group_word(name, grant.principal_id, facts.taken_names)
        does = "renew the expired membership in" if pk in expired else "add the user to"
        found.append(
            Remedy(f"{does} {named([name])}, which has it", (command("groups", "add", word, user),))
        )
    return found


def _granted_groups(hop: Hop) -> dict[int, AccessGrant]:
    """The groups that have the action, by pk; none where there is no access control."""
    if hop.resource.is_public:
        return {}
    return {
        one.grant.principal: one.grant
        for one in hop.grants
        if one.covers_action
        and one.grant.principal_type is PrincipalType.GROUP
        and one.grant.principal is not None
    }


def _user(decision: AccessDecision) -> str:
    return user_word(decision.user, decision.facts.taken_names)
