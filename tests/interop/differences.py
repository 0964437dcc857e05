"""Where our verdicts differ from what Open WebUI's own functions answered, one by one.

Every difference is listed with its reason; one that no longer occurs fails as a new one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.interop.sources import answers

from grantctl.evaluation.evaluator import effective_permissions, has_permission
from grantctl.evaluation.facts import PermissionFacts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Difference:
    """Keys about which we answer otherwise, and for whom: their number, or their names."""

    keys: tuple[str, ...]
    reference: bool
    users: int | tuple[str, ...]
    why: str


CATEGORY = "a category: the reference allows any that is not empty, we one with an allowed leaf"
NO_KEY = "a part of the key is empty or ends with a space: no key of ours, rejected"
UNDER_LEAF = "what lies under a permission is rejected"
LIKE = "0.5.20 finds members by LIKE on JSON text: letter case is ignored, non-ASCII never matches"
UNFILLED = "get_permissions combines before it fills, so that a group's false hides the default"

# Set true by the group `Ünïcode Δ群`, of which these users are members or are not.
BY_LIKE = (
    "workspace.tools",
    "workspace.models_export",
    "workspace.tools_import",
    "workspace.skills_import",
    "sharing.public_models",
    "sharing.prompts",
    "sharing.tools",
    "sharing.public_tools",
    "sharing.notes",
    "sharing.public_notes",
    "chat.regenerate_response",
    "chat.import",
    "chat.stt",
    "chat.multiple_models",
    "chat.temporary",
    "chat.temporary_enforced",
    "features.memories",
    "features.webhooks",
)
NO_KEYS = Difference(("", ".", "chat.", "chat.controls "), True, ("Weird 55",), NO_KEY)
CUSTOM = ("custom.deep", "custom.deep.key")
BELOW = Difference(("chat.controls.x",), True, ("Weird 51",), UNDER_LEAF)

HAS_PERMISSION: Mapping[str, tuple[Difference, ...]] = {
    "0.5.20": (
        Difference(CUSTOM, True, 43, CATEGORY),
        Difference(("settings",), True, 10, CATEGORY),
        Difference(("notes",), True, 16, CATEGORY),
        Difference(("access_grants",), True, 18, CATEGORY),
        Difference(("sharing",), True, 5, CATEGORY + "; `Exotic 3`: " + LIKE),
        BELOW,
        NO_KEYS,
        Difference(BY_LIKE, True, ("Exotic 3",), LIKE),
        Difference((*BY_LIKE, "sharing"), False, ("Exotic 4", "Exotic 5"), LIKE),
    ),
    "0.6.43": (
        Difference(CUSTOM, True, 52, CATEGORY),
        Difference(("settings",), True, 11, CATEGORY),
        Difference(("notes",), True, 17, CATEGORY),
        Difference(("access_grants",), True, 19, CATEGORY),
        BELOW,
        NO_KEYS,
    ),
    "0.8.12": (
        Difference(CUSTOM, True, 52, CATEGORY),
        Difference(("notes",), True, 17, CATEGORY),
        Difference(("access_grants",), True, 55, CATEGORY),
        BELOW,
        NO_KEYS,
    ),
    "0.12.4": (
        Difference(CUSTOM, True, 52, CATEGORY),
        Difference(("notes",), True, ("Exotic 0", "Exotic 2", "Exotic 4", "Exotic 5"), CATEGORY),
        NO_KEYS,
    ),
}

NO_LEAVES = Difference(("chat.", "chat.controls ", "."), True, ("Weird 55",), NO_KEY)

# 0.5.20 has no group tree that sets these, and so does not know them where nobody sets them.
UNKNOWN_BY_LIKE = tuple(key for key in BY_LIKE if key not in ("workspace.tools", "chat.temporary"))

GET_PERMISSIONS: Mapping[str, tuple[Difference, ...]] = {
    "0.5.20": (
        Difference(("chat.delete",), False, 13, UNFILLED),
        NO_LEAVES,
        Difference(BY_LIKE, True, ("Exotic 3",), LIKE),
        Difference(("workspace.tools", "chat.temporary"), False, ("Exotic 4", "Exotic 5"), LIKE),
    ),
    "0.6.43": (
        Difference(("chat.delete_message",), False, 8, UNFILLED),
        Difference(("features.web_search",), False, 9, UNFILLED),
        NO_LEAVES,
    ),
    "0.8.12": (
        Difference(("chat.stt",), False, 7, UNFILLED),
        Difference(("chat.temporary",), False, ("User 26",), UNFILLED),
        NO_LEAVES,
    ),
    "0.12.4": (NO_LEAVES,),
}

# Keys that get_permissions leaves out for some, and that we allow: up to 0.8.12 it does not fill
# from the built-in defaults, though has_permission does.
LEFT_OUT: Mapping[str, tuple[Difference, ...]] = {
    "0.5.20": (
        Difference(("chat.delete",), True, 25, UNFILLED),
        Difference(UNKNOWN_BY_LIKE, True, ("Exotic 4", "Exotic 5"), LIKE),
    ),
    "0.6.43": (
        Difference(("chat.delete_message",), True, 29, UNFILLED),
        Difference(("features.web_search",), True, 44, UNFILLED),
    ),
    "0.8.12": (
        Difference(("chat.stt",), True, 26, UNFILLED),
        Difference(("chat.temporary",), True, 29, UNFILLED),
    ),
    "0.12.4": (),
}


class Observed:
    """Who differs, by key and the reference's answer."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._names = users
        self._found: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)

    def add(self, key: str, reference: bool, user: str) -> None:
        self._found[key, reference].append(self._names[user])

    def listed(self, differences: tuple[Difference, ...]) -> dict[tuple[str, bool], object]:
        """What was found, in the form in which it is listed: names, or only how many."""
        counted = {
            (key, one.reference)
            for one in differences
            for key in one.keys
            if isinstance(one.users, int)
        }
        return {
            pair: len(names) if pair in counted else tuple(sorted(names))
            for pair, names in self._found.items()
        }


def expected(differences: tuple[Difference, ...]) -> dict[tuple[str, bool], object]:
    return {(key, one.reference): one.users for one in differences for key in one.keys}


def names_of(asked: Mapping[str, Any]) -> dict[str, str]:
    return {user["id"]: user["name"] for user in asked["users"]}


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, bool]]:
    """The reference's tree by dotted key, its odd values by their truth."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, bool(value)


def our_answer(facts: PermissionFacts, key: str) -> bool:
    try:
        return has_permission(facts, key, now=NOW, ignore_role=True)
    except KeyError:
        return False


def assert_has_permission_agrees(version: str, facts: Mapping[str, PermissionFacts]) -> None:
    """Every user and key is answered as by the reference's has_permission, but for the list."""
    asked = answers(version)
    observed = Observed(names_of(asked))
    assert set(facts) == set(asked["permissions"]["has_permission"]) == set(names_of(asked))
    for user, answer in asked["permissions"]["has_permission"].items():
        raised = {key for keys in answer["errors"].values() for key in keys}
        for key in set(asked["permissions"]["keys"]) - raised:
            reference = key in answer["granted"]
            if our_answer(facts[user], key) != reference:
                observed.add(key, reference, user)
    assert observed.listed(HAS_PERMISSION[version]) == expected(HAS_PERMISSION[version])


def assert_get_permissions_agrees(version: str, facts: Mapping[str, PermissionFacts]) -> None:
    """Every user's effective permissions are the tree of get_permissions, but for the list."""
    asked = answers(version)
    trees = [dict(leaves(tree)) for tree in asked["permissions"]["get_permissions"]["trees"]]
    differing, left_out = Observed(names_of(asked)), Observed(names_of(asked))
    for user, which in asked["permissions"]["get_permissions"]["of_user"].items():
        if isinstance(which, dict):  # it raised
            continue
        ours = effective_permissions(facts[user], now=NOW, ignore_role=True)
        for key, reference in trees[which].items():
            if ours.get(key) is not reference:
                differing.add(key, reference, user)
        for key in ours.keys() - trees[which].keys():
            if ours[key]:
                left_out.add(key, True, user)
    assert differing.listed(GET_PERMISSIONS[version]) == expected(GET_PERMISSIONS[version])
    assert left_out.listed(LEFT_OUT[version]) == expected(LEFT_OUT[version])
