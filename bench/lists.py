"""Lists: who may, and what one may, named a line each.

Owns the questions, and that the names are the floor's. The first line is timed by the clock, the
rate by processor time; the start of the process is part of both.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.children import (
    GRANTCTL_SCRIPT,
    ROOT,
    ChildError,
    environment,
    first_line_seconds,
    naive,
    spend,
)
from bench.directory import RESOURCE_TYPE, email_of
from bench.measuring import ratio_of
from bench.results import GRANTCTL, Result, at_least, at_most
from bench.setting import Setting

SECTION = "lists"

_KEY = "workspace.models"
_ACTION = "read"
_ADMIN = email_of(1)
_SCRIPT = "a script over sqlite3"


@dataclass(frozen=True, slots=True)
class Listing:
    """A question, and how the floor and grantctl are asked it."""

    question: str
    floor: Sequence[str]
    ours: Sequence[str]


def run(setting: Setting) -> Iterator[Result]:
    """Each list: its first line, then all of them."""
    path = setting.directory()
    url = f"sqlite:///{path}"
    env = environment(setting.scratch, {"GRANTCTL_DATABASE": url})
    floor_env = environment(setting.scratch, {"NAIVE_DATABASE": url, "PYTHONPATH": str(ROOT)})
    for listing in _listings(path):
        floor: list[float] = []
        ours: list[float] = []
        first: list[float] = []
        count = 0
        for _ in range(setting.rounds):
            expected = spend(listing.floor, floor_env, scratch=setting.scratch)
            found = spend(listing.ours, env, scratch=setting.scratch)
            count = _require_same_names(listing.question, found.stdout, expected.stdout)
            floor.append(expected.cpu_seconds)
            ours.append(found.cpu_seconds)
            first.append(first_line_seconds(listing.ours, env))
        yield _first_line(listing, median(first))
        yield Result(
            section=SECTION,
            question=f"{listing.question}: {count:,} names",
            who=GRANTCTL,
            figure=count / median(ours),
            unit="names/s",
            ratio=ratio_of(floor, ours),
            reference=_SCRIPT,
            is_rate=True,
            goal=at_least(0.8),
        )


def _listings(path: Path) -> Iterator[Listing]:
    with closing(sqlite3.connect(path)) as connection:
        query = (
            "SELECT u.email FROM memberships AS m JOIN users AS u ON u.pk = m.user_pk"
            " WHERE u.role = 'user' GROUP BY u.pk ORDER BY count(*) DESC, u.pk LIMIT 1"
        )
        busy = str(connection.execute(query).fetchone()[0])
    yield Listing("who-can KEY", naive("listing", "who-can", _KEY), _own("who-can", _KEY))
    of_type = ("--type", RESOURCE_TYPE, "--action", _ACTION)
    for words, who, floor in (
        ("of a user in 50 groups", busy, ("reached", busy, _ACTION, RESOURCE_TYPE)),
        ("of an admin", _ADMIN, ("all", RESOURCE_TYPE)),
    ):
        yield Listing(
            f"access USER --type, {words}", naive("listing", *floor), _own("access", who, *of_type)
        )


def _first_line(listing: Listing, seconds: float) -> Result:
    return Result(
        section=SECTION,
        question=f"{listing.question}: the first line",
        who=GRANTCTL,
        figure=seconds * 1000,
        unit="ms",
        ratio=seconds,
        reference="a second",
        is_rate=False,
        goal=at_most(0.2),
        note="by the clock",
    )


def _require_same_names(question: str, found: bytes, expected: bytes) -> int:
    """How many names there are. Raises ChildError unless they are the floor's."""
    names = expected.split()
    if not names or sorted(found.split()) != sorted(names):
        raise ChildError(f"{question}: {len(found.split())} names, not those {len(names)}")
    return len(names)


def _own(*words: str) -> list[str]:
    return [str(GRANTCTL_SCRIPT), *words, "-o", "name"]
