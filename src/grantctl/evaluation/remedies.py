"""What would turn a denial into an allow, as commands.

Owns which remedies there are, their order, the narrowest first, and how a command line names a user
and a group. INVARIANT, held by a property test: on a denial there is at least one, and after all
commands of any one of them the same question is allowed.
"""

from __future__ import annotations

from grantctl.evaluation.decision import Decision, Leaf, Reason, Remedy
from grantctl.evaluation.facts import Group, PermissionFacts
from grantctl.evaluation.rules import is_met
from grantctl.evaluation.steps import named
from grantctl.model import is_unprintable

MAX_SUGGESTED_GROUPS = 3

Command = tuple[str, ...]


def find_remedies(facts: PermissionFacts, decision: Decision) -> tuple[Remedy, ...]:
    """What would allow what is denied; nothing where it is allowed."""
    if decision.allowed:
        return ()
    user = _user_reference(facts)
    if decision.reason is not Reason.PENDING:
        return tuple(_tree_remedies(facts, decision, user))
    approve = Remedy("approve the user", (_command("users", "approve", user),))
    if is_met((leaf.allowed for leaf in decision.leaves), require_all=decision.is_all_asked):
        return (approve,)
    return tuple(
        Remedy(f"{approve.description} and {one.description}", approve.commands + one.commands)
        for one in _tree_remedies(facts, decision, user)
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
        command = _command("groups", "add", _group_reference(facts, group), user)
        found.append(Remedy(does, (command,)))
    what, keys = _to_set(decision, denied)
    settings = [f"{key}=true" for key in keys]
    for held in [held for held in decision.held if not held.is_inherited][:1]:
        option = f"--group={_group_reference(facts, held.group)}"
        command = _command("permissions", "set", *settings, options=(option,))
        found.append(Remedy(f"set {what} for every member of `{held.group.name}`", (command,)))
    command = _command("permissions", "set", *settings, options=("--default",))
    return [*found, Remedy(f"set {what} for every user", (command,))]


def _to_set(decision: Decision, denied: tuple[Leaf, ...]) -> tuple[str, list[str]]:
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


def _group_reference(facts: PermissionFacts, group: Group) -> str:
    """What names the group on a command line and no other one: its name, else its id."""
    return group.name if _is_clear(facts, group.name) else group.id


def _user_reference(facts: PermissionFacts) -> str:
    email = facts.user.email
    return email if email is not None and _is_clear(facts, email) else facts.user.id


def _is_clear(facts: PermissionFacts, name: str) -> bool:
    """Whether the name can be copied from a terminal, and is known to name nothing else."""
    return (
        facts.taken_names is not None
        and name not in facts.taken_names
        and bool(name.strip())
        and not any(map(is_unprintable, name))
    )


def _command(noun: str, verb: str, *arguments: str, options: Command = ()) -> Command:
    """A command's words; arguments that look like options come behind `--`."""
    guard = ("--",) if any(argument.startswith("-") for argument in arguments) else ()
    return ("grantctl", noun, verb, *options, *guard, *arguments)
