"""Decisions as plain values, for every output that is not a tree.

Owns the names of the JSON contract `grantctl.decision/v1`. Leaves the tree to `explanation`.
"""

from __future__ import annotations

from grantctl.evaluation.decision import Decision, HeldGroup, Leaf, Remedy, Warning
from grantctl.evaluation.facts import Group, User
from grantctl.render.shell import shell_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from grantctl.evaluation.assumptions import Assumptions

Document: TypeAlias = "dict[str, Any]"  # JSON


def verdict_word(allowed: bool) -> str:
    """`allow` or `deny`, as batches and lists say it."""
    return "allow" if allowed else "deny"


def decision_document(decision: Decision) -> Document:
    """The whole decision, tree included, as JSON."""
    return {
        "allowed": decision.allowed,
        "verdict": verdict_word(decision.allowed),
        "reason": decision.reason.value,
        "cause": decision.cause,
        "user": user_document(decision.user),
        "permission": decision.key,
        "kind": "category" if decision.is_category else "permission",
        "asks_all": decision.is_all_asked,
        "ignores_role": decision.is_role_ignored,
        "scope": None if decision.scope is None else str(decision.scope),
        "decided_at": decision.decided_at,
        "steps": [
            {"rule": step.rule, "verdict": step.verdict, "detail": step.detail}
            for step in decision.steps
        ],
        "leaves": [leaf_document(leaf) for leaf in decision.leaves],
        "expired": [group_document(group) for group in decision.expired],
        **advice_members(decision.remedies, decision.warnings),
        **assumption_members(decision.assumptions),
    }


def assumption_members(assumptions: Assumptions | None) -> Document:
    """What is assumed, where anything is."""
    if assumptions is None:
        return {}
    # Loaded here because decisions about the world as it is need none of it.
    from grantctl.render.assumptions import assumption_documents

    return {"assumptions": assumption_documents(assumptions)}


def advice_members(remedies: Sequence[Remedy], warnings: Sequence[Warning]) -> Document:
    """What the reader of a decision should know besides: the last members of its document."""
    return {
        "remedies": [remedy_document(remedy) for remedy in remedies],
        "notices": [{"code": one.code.value, "message": one.message} for one in warnings],
    }


def user_document(user: User) -> Document:
    """A user by its public fields."""
    return {"id": user.id, "email": user.email, "name": user.name, "role": user.role.value}


def group_document(group: Group) -> Document:
    """A group by its public fields."""
    return {"id": group.id, "name": group.name}


def leaf_document(leaf: Leaf) -> Document:
    """One permission: its default and what each group says."""
    return {
        "permission": leaf.permission.key,
        "allowed": leaf.allowed,
        "default": leaf.permission.default,
        "default_decides": leaf.is_default_decisive,
        "groups": [
            {
                **held_document(flag.held),
                "value": flag.value,
                "decides": flag.is_decisive,
            }
            for flag in leaf.flags
        ],
    }


def held_document(held: HeldGroup) -> Document:
    """A held group with the way to it and the membership that leads there."""
    membership = held.membership
    return {
        "group": group_document(held.group),
        "path": [group_document(group) for group in held.path],
        "membership": {
            "source": membership.source.value,
            "added_by": membership.added_by,
            "added_at": membership.added_at,
            "expires_at": membership.expires_at,
        },
    }


def remedy_document(remedy: Remedy) -> Document:
    """What would help, and the commands, quoted for a shell."""
    return {
        "description": remedy.description,
        "commands": [shell_line(command) for command in remedy.commands],
    }


def path_text(path: tuple[Group, ...], up: str = " › ") -> str:
    """The way from the direct group up: `backend › engineering`."""
    return up.join(group.name for group in path)
