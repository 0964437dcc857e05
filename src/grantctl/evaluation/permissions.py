"""Permission trees as the reference stores them: fill, combine, flatten, look up.

Owns the shape {category: {leaf: bool}} and its rules (specification, "Permission System"). Nothing
here changes its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Tree = Mapping[str, Union["Tree", bool]]
MutableTree = dict[str, Union["MutableTree", bool]]


def copy_tree(tree: Tree) -> MutableTree:
    """The tree again, sharing no inner node with it."""
    return {
        name: copy_tree(value) if isinstance(value, Mapping) else value
        for name, value in tree.items()
    }


def fill(tree: Tree, default: Tree) -> MutableTree:
    """The tree with what it lacks taken from the default; nothing that it has is overridden.

    Where one has a category and the other a leaf, the tree's own stays.
    """
    filled = copy_tree(tree)
    for name, value in default.items():
        own = filled.get(name)
        if name not in filled:
            filled[name] = copy_tree(value) if isinstance(value, Mapping) else value
        elif isinstance(own, Mapping) and isinstance(value, Mapping):
            filled[name] = fill(own, value)
    return filled


def combine(trees: Iterable[Tree]) -> MutableTree:
    """The trees joined by OR: a leaf is true if it is true in any of them.

    Where a leaf and a category meet under one name, the category stays.
    """
    combined: MutableTree = {}
    for tree in trees:
        for name, value in tree.items():
            own = combined.get(name)
            if isinstance(value, Mapping):
                combined[name] = combine([own, value] if isinstance(own, Mapping) else [value])
            elif not isinstance(own, Mapping):
                combined[name] = own or value
    return combined


def flatten(tree: Tree) -> dict[str, bool]:
    """Every leaf of the tree by its dotted key."""
    return dict(_leaves(tree, ""))


def _leaves(tree: Tree, prefix: str) -> Iterator[tuple[str, bool]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def grow(flags: Mapping[str, bool]) -> MutableTree:
    """The tree of these dotted keys, the inverse of `flatten` for a catalogue's keys.

    Raises ValueError where one key is both a leaf and a category.
    """
    tree: MutableTree = {}
    for key, value in flags.items():
        *categories, leaf = key.split(".")
        node = tree
        for category in categories:
            inner = node.setdefault(category, {})
            if not isinstance(inner, dict):
                raise ValueError(f"`{key}` lies under a leaf")
            node = inner
        if isinstance(node.get(leaf), dict):
            raise ValueError(f"`{key}` is a category too")
        node[leaf] = value
    return tree


def look_up(tree: Tree, key: str) -> bool | None:
    """What the tree says of a key: a leaf's value, for a category whether any leaf is true.

    None where the key leads nowhere, and where the category is empty.
    """
    node: Tree | bool = tree
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    if isinstance(node, Mapping):
        leaves = flatten(node).values()
        return any(leaves) if leaves else None
    return node
