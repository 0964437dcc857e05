"""The catalogue as a tree of categories."""

from __future__ import annotations

from collections.abc import Sequence

from grantctl.evaluation.facts import Permission
from grantctl.render.tree import Node, Tone


def permission_tree(permissions: Sequence[Permission]) -> Node:
    """Categories, and under them the leaves with their default."""
    return Node("permissions", children=_children(permissions, ""))


def _children(permissions: Sequence[Permission], prefix: str) -> tuple[Node, ...]:
    below: dict[str, list[Permission]] = {}
    for permission in permissions:
        below.setdefault(permission.key.removeprefix(prefix).split(".")[0], []).append(permission)
    return tuple(_node(prefix + name, name, found) for name, found in below.items())


def _node(key: str, name: str, found: list[Permission]) -> Node:
    """A leaf, or a category; a foreign writer may have made one key both."""
    children = _children([one for one in found if one.key != key], f"{key}.")
    leaves = [one for one in found if one.key == key]
    return _leaf(name, leaves[0], children) if leaves else Node(name, children=children)


def _leaf(name: str, permission: Permission, children: tuple[Node, ...]) -> Node:
    notes = [
        "restricts" if permission.restricts else "",
        f"gated by {permission.gated_by}" if permission.gated_by else "",
        permission.description,
    ]
    text = "; ".join(note for note in notes if note)
    default = "true" if permission.default else "false"
    return Node(
        f"{name}: {default}" + (f" ({text})" if text else ""),
        Tone.YES if permission.default else Tone.ASIDE,
        children,
    )
