"""What would turn a denial into an allow, as commands.

Owns which remedies there are, and their order, the narrowest first. INVARIANT, held by a property
test: on a denial there is at least one, and after all commands of any one of them the same question
is allowed.
"""

from __future__ import annotations

from grantctl.evaluation.command_words import command, group_word, user_word
from grantctl.evaluation.decision import Decision, Leaf, Reason, Remedy
from grantctl.evaluation.facts import Group, PermissionFacts
from grantctl.evaluation.rules import is_met
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.steps import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from grantctl.evaluation.facts import AskedFacts

MAX_SUGGESTED_GROUPS = 3


def find_remedies(facts: PermissionFacts, decision: Decision) -> tuple[Remedy, ...]:
    """What would allow what is denied; nothing where it is allowed."""
    if decision.allowed:
        return ()
    user = user_word(facts.user, facts.taken_names)
    if decision.reason is not Reason.PENDING:
        return tuple(_tree_remedies(facts, decision, user))
    approve = Remedy("approve the user", (command("users", "approve", user),))
    if is_met((leaf.allowed for leaf in decision.leaves), require_all=decision.is_all_asked):
        return (approve,)
    return tuple(
        Remedy(f"{approve.description} and {one.description}", approve.commands + one.commands)
        for one in _tree_remedies(facts, decision, user)
    )


def scope_remedies(
    facts: AskedFacts, scope: Scope, wider: Sequence[str], others: tuple[Remedy, ...]
) -> tuple[Remedy, ...]:
    """Another token, whose scope holds these entries too; `others` is what it takes besides."""
    user = user_word(facts.user, facts.taken_names)
    whole = " ".join(sorted({*scope.entries, *wider}))
    issue = command("tokens", "issue", user, options=(f"--scope={whole}",))
    wide = Remedy("issue a token whose scope covers it", (issue,))
    if not others:
        return (wide,)
    return tuple(
        Remedy(f"{one.description} and {wide.description}", one.commands + wide.commands)
        for one in others
    )


def _tree_remedies(facts: PermissionFacts, decision: Decision, user: str) -> list[Remedy]:
    denied = tuple(leaf for leaf in decision.leaves if not leaf.allowed)
    found = []
    for group in _groups_that_would_do(facts, decision, denied)[:MAX_SUGGESTED_GROUPS]:
        does = (
            f"renew the expired membership in `{group.name}`, which has it"
            if group in decision.expired
            else f"add the user to `{group.name}`, which has it"
        )
        word = group_word(group.name, group.id, facts.taken_names)
        found.append(Remedy(does, (command("groups", "add", word, user),)))
    what, keys = to_set(decision, denied)
    settings = [f"{key}=true" for key in keys]
    for held in [held for held in decision.held if not held.is_inherited][:1]:
        word = group_word(held.group.name, held.group.id, facts.taken_names)
        change = command("permissions", "set", *settings, options=(f"--group={word}",))
        found.append(Remedy(f"set {what} for every member of `{held.group.name}`", (change,)))
    change = command("permissions", "set", *settings, options=("--default",))
    return [*found, Remedy(f"set {what} for every user", (change,))]


def to_set(decision: Decision, denied: tuple[Leaf, ...]) -> tuple[str, list[str]]:
    """What has to be set, in words, and its keys: of a category no more than is asked for."""
    if not decision.is_category:
        return "it", [decision.key]
    keys = [leaf.permission.key for leaf in denied]
    if decision.is_all_asked:
        return f"what is missing, {named(keys)},", keys
    plain = [
        leaf.permission.key
        for leaf in denied
        if not leaf.permission.restricts and leaf.permission.gated_by is None
    ]
    key = (plain or keys)[0]
    return f"one of them, e.g. `{key}`,", [key]


def _groups_that_would_do(
    facts: PermissionFacts, decision: Decision, denied: tuple[Leaf, ...]
) -> list[Group]:
    """Groups that set true what is missing, all of it if all is asked; expired ones first."""
    per_leaf = [
        {group.pk: group for group in facts.granting.get(leaf.permission.key, ())}
        for leaf in denied
    ]
    groups = {pk: group for granting in per_leaf for pk, group in granting.items()}
    found = [
        group
        for pk, group in groups.items()
        if not decision.is_all_asked or all(pk in granting for granting in per_leaf)
    ]
    return sorted(found, key=lambda one: (one not in decision.expired, one.name, one.id))
