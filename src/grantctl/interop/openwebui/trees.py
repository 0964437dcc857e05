"""Permission trees as anybody may have stored them, made into flags by dotted key.

Owns the shape: which names are permissions and which are categories. A tree of Open WebUI's is
{category: {name: bool}}, but what is stored is any JSON. Leaves which trees there are to
`permissions`.

INVARIANT: after `learn`, no key is of a kind of its own unless all that it lies under are
categories; so no permission is a category too, whatever the trees hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache

from grantctl.interop.openwebui.findings import Subject, quoted
from grantctl.model import key_problem

Nodes = dict[str, object]  # dotted key → what JSON has there, categories before what is in them


class Kind(Enum):
    """What a dotted key is in one directory; the same in all its trees."""

    PERMISSION = "permission"
    CATEGORY = "category"


Kinds = dict[str, Kind]

_problem_of_key = lru_cache(maxsize=4096)(key_problem)


def parent_of(key: str) -> str:
    """The category in which a key lies; empty at the top."""
    return key.rpartition(".")[0]


def kinds_of(keys: Iterable[str]) -> Kinds:
    """The kinds of these permissions, which have no conflicts, and of all above them."""
    kinds: Kinds = {}
    for key in keys:
        kinds[key] = Kind.PERMISSION
        above = parent_of(key)
        while above:
            kinds[above] = Kind.CATEGORY
            above = parent_of(above)
    return kinds


def nodes_of(tree: Mapping[str, object], subject: Subject) -> Nodes:
    """Every place in the tree whose name is a key of ours, down to the deepest level of keys.

    What has another name is left out with all that is in it, and told.
    """
    nodes: Nodes = {}
    waiting = [("", tree)]
    while waiting:
        prefix, node = waiting.pop()
        for name in sorted(node):
            key = prefix + name
            problem = _problem_of_key(key)
            if "." in name:
                # Open WebUI finds no such name; as a key it would be that of another place.
                problem = "a name in it holds a dot"
            if problem:
                subject.rejected(f"{quoted(key)} is no permission key: {problem}")
                continue
            value = node[name]
            nodes[key] = value
            if isinstance(value, dict):
                waiting.append((f"{key}.", value))
    return nodes


def learn(kinds: Kinds, forest: Iterable[Nodes]) -> None:
    """Add the kinds of the keys that `kinds` does not know yet.

    Such a key is a permission if any tree has a value there that is no tree, null aside; else a
    category if any has something in it there; else a permission if null stands there.
    """
    valued: set[str] = set()
    filled: set[str] = set()
    nulled: set[str] = set()
    for nodes in forest:
        for key, value in nodes.items():
            if key in kinds:
                continue
            if value is None:
                nulled.add(key)
            elif not isinstance(value, dict):
                valued.add(key)
            elif value:
                filled.add(key)
    for key in sorted(valued | filled | nulled, key=lambda one: (one.count("."), one)):
        above = parent_of(key)
        if above and kinds.get(above) is not Kind.CATEGORY:
            continue
        is_category = key in filled and key not in valued
        kinds[key] = Kind.CATEGORY if is_category else Kind.PERMISSION


def flags_of(nodes: Nodes, kinds: Kinds, subject: Subject) -> dict[str, bool]:
    """What one tree says of each permission, by the truth that Open WebUI's code sees in it."""
    flags: dict[str, bool] = {}
    closed: set[str] = set()
    for key, value in nodes.items():
        if parent_of(key) in closed:
            closed.add(key)
        elif kinds.get(key) is Kind.CATEGORY:
            if not isinstance(value, dict):
                _tell_of_category(key, value, subject)
        elif kinds.get(key) is Kind.PERMISSION:
            flags[key] = bool(value)
            _tell_of_permission(key, value, subject)
            closed.add(key)
    return flags


def _tell_of_category(key: str, value: object, subject: Subject) -> None:
    if value is None:
        subject.adapted(f"{quoted(key)} is a category and null here: taken as nothing set")
    else:
        subject.rejected(
            f"{quoted(key)} is a category, not a permission: {spelled(value)} left out"
        )


def _tell_of_permission(key: str, value: object, subject: Subject) -> None:
    if isinstance(value, bool):
        return
    truth = "true" if value else "false"
    if isinstance(value, dict):
        subject.adapted(f"{quoted(key)} is a permission and a category here: taken as {truth}")
        if value:
            subject.rejected(f"what lies under {quoted(key)} left out: it is a permission")
    else:
        subject.adapted(f"{quoted(key)} is {spelled(value)} here: taken as {truth}")


def spelled(value: object) -> str:
    """A JSON value in a sentence: small ones as they are, large ones by their kind."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return quoted(value)
    return "a list" if isinstance(value, list) else "an object"
