"""Where our verdicts on resources differ from what Open WebUI's own functions answered.

Each difference says which cases it is about and how many there are; a case that none is about
fails, and so does a number that is no longer right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.interop.access_facts_of import World
from tests.interop.sources import answers

from grantctl.evaluation.access import has_access, users_with_access
from grantctl.evaluation.facts import AccessFacts
from grantctl.model import Action, ResourceRef

Everybody = Callable[[ResourceRef, str], Iterable[AccessFacts]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
# As the reference's functions: they look at neither role, owner nor base.
AS_ASKED: Mapping[str, bool] = {"ignore_role": True, "ignore_owner": True, "ignore_base": True}


@dataclass(frozen=True)
class Case:
    """One user, resource and action about which the answers differ; `reference` is theirs.

    `stored`: the JSON access control, or the list of grants.
    """

    kind: str
    stored: Any
    action: str
    reference: bool
    name: str
    role: str

    @property
    def is_null(self) -> bool:
        return self.stored is None

    @property
    def is_everyone(self) -> bool:
        return isinstance(self.stored, list) and ["user", "*", self.action] in self.stored

    def ids(self, name: str) -> object:
        """What is stored as the user or group ids of the action."""
        return self.stored[self.action][name]


@dataclass(frozen=True)
class Difference:
    """Cases that are answered otherwise, and why."""

    why: str
    includes: Callable[[Case], bool]
    cases: int


def _is_loose(case: Case) -> bool:
    return case.is_null and case.kind in ("channel", "note") and case.action == "write"


def _is_substring(case: Case) -> bool:
    return isinstance(case.ids("user_ids"), str) and case.reference


def _is_null_beside_groups(case: Case) -> bool:
    return case.ids("user_ids") is None and bool(case.ids("group_ids"))


SUBSTRING = "a string in place of a list: the reference finds any id that is a part of it"
NULL_IDS = "null user_ids: the reference raises before it comes to the groups"
NULL_IS_WRITABLE = (
    "without access control it lists everyone as writing, though has_access denies it"
)
PENDING = "who may do what everyone may: it leaves out pending users, though has_access does not"

HAS_ACCESS: Mapping[str, tuple[Difference, ...]] = {
    "0.5.20": (
        Difference(SUBSTRING, _is_substring, cases=5),
        Difference(
            "members are found by LIKE: letter case is ignored, so that a twin's groups count",
            lambda case: case.name == "Exotic 3" and case.reference,
            cases=19,
        ),
        Difference(
            "members are found by LIKE: ids that are not ASCII, or hold quotes, never match",
            lambda case: case.name in ("Exotic 4", "Exotic 5") and not case.reference,
            cases=36,
        ),
    ),
    "0.6.43": (
        Difference(SUBSTRING, _is_substring, cases=6),
        Difference(
            "channels and notes without access control: their write checks ask with strict=False,"
            " this has_access was asked with strict=True",
            lambda case: _is_loose(case) and not case.reference,
            cases=13 * 62,
        ),
    ),
    "0.8.12": (),
    "0.12.4": (),
}

# Where has_access raises an exception and we allow: for most we deny.
RAISED: Mapping[str, tuple[Difference, ...]] = {
    "0.5.20": (Difference(NULL_IDS, _is_null_beside_groups, cases=5 * 7),),
    "0.6.43": (Difference(NULL_IDS, _is_null_beside_groups, cases=6 * 7),),
    "0.8.12": (),
    "0.12.4": (),
}

USERS_WITH_ACCESS: Mapping[str, tuple[Difference, ...]] = {
    "0.5.20": (
        Difference(
            NULL_IS_WRITABLE,
            lambda case: case.is_null and case.action == "write" and case.reference,
            cases=28 * 62,
        ),
    ),
    "0.6.43": (
        Difference(
            NULL_IS_WRITABLE,
            lambda case: case.is_null and case.action == "write" and case.reference,
            cases=22 * 54,
        ),
        Difference(
            PENDING,
            lambda case: (
                case.is_null
                and case.role == "pending"
                and (case.action == "read" or _is_loose(case))
            ),
            cases=35 * 8 + 13 * 8,
        ),
    ),
    "0.8.12": (Difference(PENDING, lambda case: case.is_everyone, cases=68 * 8),),
    "0.12.4": (Difference(PENDING, lambda case: case.is_everyone, cases=91 * 8),),
}


def assert_has_access_agrees(version: str, world: World) -> None:
    """Every user, resource and action is answered as by has_access, but for the lists."""
    differing: list[Case] = []
    raising: list[Case] = []
    asked = answers(version)
    for kind, row, action in _questions(asked):
        ref = ResourceRef(kind, row["id"])
        answer = asked["has_access"][kind][row["id"]]
        raised = {one for users in answer.get(f"{action}_errors", {}).values() for one in users}
        for at, user in enumerate(asked["users"]):
            ours = has_access(world.facts(user["id"], ref), action, now=NOW, **AS_ASKED)
            if ours != (at in answer[action]):
                case = _case(kind, row, action, user, reference=not ours)
                (raising if at in raised else differing).append(case)
    assert _counted(differing, HAS_ACCESS[version]) == _expected(HAS_ACCESS[version])
    assert _counted(raising, RAISED[version]) == _expected(RAISED[version])


def assert_users_with_access_agree(version: str, everybody: Everybody) -> None:
    """Every resource's readers and writers are those of get_users_with_access, but for the list.

    `everybody`: the facts of all who come into question for a resource and an action.
    """
    differing: list[Case] = []
    asked = answers(version)
    for kind, row, action in _questions(asked):
        answer = asked["get_users_with_access"][kind][row["id"]][action]
        if isinstance(answer, dict):  # it raised
            continue
        asking = everybody(ResourceRef(kind, row["id"]), action)
        ours = {one.user.id for one in users_with_access(asking, action, now=NOW, **AS_ASKED)}
        for at, user in enumerate(asked["users"]):
            if (user["id"] in ours) != (at in answer):
                differing.append(_case(kind, row, action, user, reference=at in answer))
    expected = USERS_WITH_ACCESS[version]
    assert _counted(differing, expected) == _expected(expected)


def _questions(asked: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for kind, rows in asked["resources"].items():
        for row in rows:
            for action in Action:
                yield kind, row, action.value


def _case(
    kind: str, row: Mapping[str, Any], action: str, user: Mapping[str, Any], *, reference: bool
) -> Case:
    stored = row["grants"] if "grants" in row else row["access_control"]
    return Case(kind, stored, action, reference, user["name"], user["role"])


def _counted(cases: list[Case], differences: tuple[Difference, ...]) -> dict[str, int]:
    """How many cases each difference is about; one that none is about is spelled out."""
    counts: Counter[str] = Counter()
    for case in cases:
        reasons = [one.why for one in differences if _includes(one, case)]
        counts[" and ".join(reasons) or str(case)] += 1
    return dict(counts)


def _expected(differences: tuple[Difference, ...]) -> dict[str, int]:
    return {one.why: one.cases for one in differences}


def _includes(difference: Difference, case: Case) -> bool:
    try:
        return difference.includes(case)
    except (TypeError, KeyError):  # the access control has no such part
        return False
