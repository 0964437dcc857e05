"""Where our mapping of claims differs from what Open WebUI's own functions made of them.

Each difference says which cases it is about and how many there are; a case that none is about
fails, and so does a number that is no longer right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from tests.interop.identity_cases import RAISED, Case


@dataclass(frozen=True)
class Difference:
    """Cases that are answered otherwise, and why."""

    why: str
    includes: Callable[[Case], bool]
    cases: int


def _is_empty_text(case: Case) -> bool:
    return case.subject == "allowed empty string" and case.claims.get("roles") in ("", [""])


def _is_list_missing(case: Case) -> bool:
    return case.subject in ("no allowed", "no admin") and case.reference == "pending"


ODD = Difference(
    "a role that is none of the three: imported as pending",
    lambda case: (case.user, case.reference, case.ours) == ("odd", "odd", "pending"),
    cases=10,
)
EMPTY_TEXT = Difference(
    "an empty role in the settings: the reference takes an empty text in the claim for it",
    _is_empty_text,
    cases=4,
)
WALKED = Difference(
    "a claim's name that leads through what is no object: the reference raises",
    lambda case: case.reference == RAISED,
    cases=7,
)

ROLES: Mapping[str, tuple[Difference, ...]] = {
    "0.6.43": (
        ODD,
        EMPTY_TEXT,
        WALKED,
        Difference(
            "without any allowed or any admin role it maps none of the others either",
            _is_list_missing,
            cases=11,
        ),
        Difference(
            "`*` among the allowed roles is a role of this name",
            lambda case: case.subject == "allowed star" and case.ours == "user",
            cases=24,
        ),
        Difference(
            "where the nested claim is empty it takes the flat one of the same name; 0.12 does not",
            lambda case: case.claims == {"a": {"b": {"roles": []}}, "a.b.roles": ["admin"]},
            cases=1,
        ),
    ),
    "0.12.4": (
        replace(ODD, cases=12),
        EMPTY_TEXT,
        Difference(
            "the first user becomes admin after the user is made, not by this function",
            lambda case: case.user is None and not case.claims and case.ours == "admin",
            cases=14,
        ),
    ),
}

SAYS_NOTHING = "a claim that names no group changes nothing: the reference leaves every group"
EMPTY_NAME = Difference(
    "a group without a name is not made",
    lambda case: (case.subject, case.reference) == ("create: empty name/", "+"),
    cases=1,
)
SILENT = Difference(
    SAYS_NOTHING,
    lambda case: case.subject.startswith(("empty string/", "list of objects/")),
    cases=10,
)
GROUPS: Mapping[str, tuple[Difference, ...]] = {
    "0.6.43": (
        SILENT,
        EMPTY_NAME,
        replace(WALKED, cases=1),
    ),
    "0.12.4": (SILENT, EMPTY_NAME),
}
KEPT = Difference(
    "memberships that no claim has made are not removed",
    lambda case: case.reference == "-" and not SILENT.includes(case),
    cases=68,
)

GROUP_NAMES: tuple[Difference, ...] = (
    Difference(SAYS_NOTHING, lambda case: not case.claims["groups"], cases=5),
    Difference(
        "of two groups of one name, the one that the user is in is meant: no other is joined",
        lambda case: case.subject.endswith("/twin2") and case.reference == "+",
        cases=1,
    ),
)


def differing(cases: Iterable[Case]) -> list[Case]:
    """The cases that we answer otherwise."""
    return [case for case in cases if case.ours != case.reference]


def counted(cases: Iterable[Case], differences: tuple[Difference, ...]) -> dict[str, int]:
    """How many cases each difference is about; one that none is about is spelled out."""
    counts: Counter[str] = Counter()
    for case in cases:
        reasons = [one.why for one in differences if one.includes(case)]
        counts[" and ".join(reasons) or str(case)] += 1
    return dict(counts)


def expected(differences: tuple[Difference, ...]) -> dict[str, int]:
    """How many there have to be."""
    return {one.why: one.cases for one in differences}
