"""What was measured: one contender, one question, one ratio.

Owns the values and their JSON. Leaves tables to `report` and the chart to `chart`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

GRANTCTL = "grantctl"

_CHANCE = 1.02  # medians of two runs of the same program differ by so much


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio should reach, or stay below."""

    bound: float
    is_least: bool

    def is_met(self, ratio: float) -> bool:
        """Whether the ratio, as it is shown with two digits, is on the right side."""
        shown = round(ratio, 2)
        return shown >= self.bound if self.is_least else shown <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.bound:g}"


def at_least(bound: float) -> Goal:
    """A goal for rates: more is better."""
    return Goal(bound, is_least=True)


def at_most(bound: float) -> Goal:
    """A goal for what something costs: less is better."""
    return Goal(bound, is_least=False)


@dataclass(frozen=True, slots=True)
class Result:
    """How `who` did on a question.

    `figure` is a median in `unit`; `ratio` is that to the contender `reference`, a median of the
    rounds' ratios. `is_rate`: whether a larger ratio is the better one.
    """

    section: str
    question: str
    who: str
    figure: float
    unit: str
    ratio: float
    reference: str
    is_rate: bool
    goal: Goal | None = None
    note: str = ""

    @property
    def is_peer(self) -> bool:
        """Whether this is somebody else's result, that grantctl's are to be seen beside."""
        return not self.who.startswith(GRANTCTL)

    def is_better_than(self, other: Result) -> bool:
        """Whether this one did better on the same question, by more than chance would have it."""
        lead = self.ratio / other.ratio if self.is_rate else other.ratio / self.ratio
        return lead > _CHANCE


@dataclass(frozen=True, slots=True)
class Run:
    """All results of a run, where they were measured, and what was left out."""

    size: str
    machine: Mapping[str, str]
    results: Sequence[Result]
    left_out: Sequence[str]

    def to_json(self) -> dict[str, Any]:  # Any: JSON
        """The run as JSON holds it; `run_of` reads it."""
        return asdict(self)


def run_of(document: Mapping[str, Any]) -> Run:
    """The run of a document that `Run.to_json` made."""
    results = [
        Result(**{**one, "goal": None if one["goal"] is None else Goal(**one["goal"])})
        for one in document["results"]
    ]
    return Run(document["size"], document["machine"], results, document["left_out"])


def slower_than_peers(results: Sequence[Result]) -> Iterator[tuple[Result, Result]]:
    """Each of grantctl's results with the peers' on the same question that are better."""
    for own in results:
        if own.is_peer:
            continue
        for peer in _peers_of(own, results):
            if peer.is_better_than(own):
                yield own, peer


def _peers_of(own: Result, results: Iterable[Result]) -> Iterator[Result]:
    for one in results:
        if one.is_peer and (one.section, one.question) == (own.section, own.question):
            yield one
