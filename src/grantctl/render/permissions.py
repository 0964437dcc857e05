"""The catalogue as a tree of categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from grantctl.evaluation.facts import Permission
from grantctl.render.explanation import Node, tree_lines
from grantctl.render.style import Style


def permission_tree(
    permissions: Sequence[Permission], stream: TextIO, style: Style
) -> Iterator[str]:
    """The lines of the tree: categories, and under them leaves with their default."""
    root = Node("permissions", children=_children(permissions, ""))
    return tree_lines(root, stream, style)


def _children(permissions: Sequence[Permission], prefix: str) -> tuple[Node, ...]:
    below: dict[str, list[Permission]] = {}
    for permission in permissions:
        below.setdefault(permission.key.removeprefix(prefix).split(".")[0], []).append(permission)
    return tuple(
        _leaf(name, found[0])
        if len(found) == 1 and found[0].key == prefix + name
        else Node(name, children=_children(found, f"{prefix}{name}."))
        for name, found in below.items()
    )


def _leaf(name: str, permission: Permission) -> Node:
    notes = [
        "restricts" if permission.restricts else "",
        f"gated by {permission.gated_by}" if permission.gated_by else "",
        permission.description,
    ]
    text = "; ".join(note for note in notes if note)
    default = "true" if permission.default else "false"
    return Node(
        f"{name}: {default}" + (f" ({text})" if text else ""),
        "✓" if permission.default else "✗",
        "allow" if permission.default else "dim",
    )
