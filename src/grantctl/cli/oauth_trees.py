"""A login from an identity provider for a person to read: who, what role, which groups, and why.

Owns the words and their order. The same tree tells what would be and what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from grantctl.evaluation.identity import GroupAction, GroupChange
from grantctl.evaluation.identity_words import group_sentence, groups_sentence, role_sentence
from grantctl.model import Role
from grantctl.render.tree import Node, Tone

if TYPE_CHECKING:
    from grantctl.operations.oauth_effects import PermissionsChange
    from grantctl.operations.oauth_plan import LoginPlan

MAX_NAMED = 5

_SIGNS = {
    GroupAction.ADD: "+",
    GroupAction.CREATE: "+",
    GroupAction.ADOPT: "=",
    GroupAction.REMOVE: "-",
    GroupAction.KEEP: "=",
    GroupAction.SKIP: ".",
}
_MATCHES = {
    "identity": "found by the subject",
    "provider": "found by the name under which it was imported",
    "named": "tried on the user who is named",
    "nobody": "nobody has it yet",
}


def login_tree(
    plan: LoginPlan, *, warnings: Sequence[str], notes: Sequence[str], is_done: bool
) -> Node:
    """The whole of what a login does, or did."""
    children = [_identity_node(plan)]
    if plan.refusal is None:
        children += [*_profile_nodes(plan), *_role_nodes(plan), *_group_nodes(plan)]
        children += _permission_nodes(plan.permissions)
    children += [Node(note, Tone.ASIDE) for note in notes]
    children += [Node(warning, Tone.WARNING) for warning in warnings]
    return Node(_title(plan, is_done=is_done), _tone(plan), tuple(children))


def _tone(plan: LoginPlan) -> Tone:
    if plan.refusal is not None:
        return Tone.NO
    return Tone.WARNING if plan.new_role is Role.PENDING else Tone.YES


def _title(plan: LoginPlan, *, is_done: bool) -> str:
    if plan.refusal is not None:
        return f"refused: {plan.refusal.message}"
    who = f"{plan.label}, who is new," if plan.user is None else plan.label
    verb = "is" if is_done else "would be"
    if plan.new_role is Role.PENDING:
        return f"{who} {verb} pending, and so denied everything"
    return f"{who} {verb} let in as {plan.new_role}"


def _identity_node(plan: LoginPlan) -> Node:
    subject = "no subject" if plan.subject is None else f"`{plan.subject}`"
    issuer = "an issuer that nobody names" if plan.issuer is None else f"`{plan.issuer}`"
    linked = ", and noted under this issuer" if plan.links and plan.refusal is None else ""
    found = _MATCHES[plan.matched_by.value]
    return Node(f"identity: {subject} of {issuer}: {found}{linked}", Tone.ASIDE)


def _profile_nodes(plan: LoginPlan) -> Iterator[Node]:
    if plan.user is None:
        yield Node(f"name: {plan.name}", Tone.ASIDE)
        return
    for what, before, after in (
        ("e-mail", plan.user.email, plan.email),
        ("name", plan.user.name, plan.name),
    ):
        if before != after:
            yield Node(f"{what}: {before or 'none'} → {after}", Tone.YES)


def _role_nodes(plan: LoginPlan) -> Iterator[Node]:
    role = plan.role
    if role is None:
        return
    before = "none" if role.before is None else role.before
    change = f"{before} → {role.role}" if role.is_change else f"{role.role}, as before"
    why = role_sentence(role, plan.rules)
    setting = f" ({role.setting})" if role.setting is not None and role.setting not in why else ""
    yield Node(f"role: {change}: {why}{setting}", Tone.PLAIN)


def _group_nodes(plan: LoginPlan) -> Iterator[Node]:
    if plan.default_group is not None:
        yield Node(f"default group: + {plan.default_group.name} (users.default_group)")
    groups = plan.groups
    if groups is None:
        return
    joined = None if plan.default_group is None else plan.default_group.id
    changes = [one for one in groups.changes if one.group_id != joined or one.action.is_change]
    yield Node(
        f"groups: {groups_sentence(groups, plan.rules)}",
        Tone.PLAIN,
        tuple(map(_group_node, changes)),
    )


def _group_node(one: GroupChange) -> Node:
    made = " (made)" if one.action is GroupAction.CREATE else ""
    return Node(f"{_SIGNS[one.action]} {one.name}{made}: {group_sentence(one)}")


def _permission_nodes(permissions: PermissionsChange | None) -> Iterator[Node]:
    if permissions is None:
        return
    children = []
    if permissions.gained:
        children.append(Node(f"+ {len(permissions.gained)}: {_listed(permissions.gained)}"))
    if permissions.lost:
        children.append(Node(f"- {len(permissions.lost)}: {_listed(permissions.lost)}"))
    same = "" if children else ", as before"
    yield Node(
        f"permissions: {permissions.allowed_count} of {permissions.total_count}{same}",
        Tone.PLAIN,
        tuple(children),
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
