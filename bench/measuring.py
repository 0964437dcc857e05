"""Timing contenders against each other: in turns, so that a slow moment of the machine hits all.

Owns rounds, medians and ratios, and that every contender gives the answers of the first: one that
is quick and wrong fails the benchmark. Leaves what is asked to the sections.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter, process_time

from bench.results import Goal, Result

Pair = tuple[str, str]
Ask = Callable[[str, str], object]
AskAll = Callable[[Sequence[Pair]], Sequence[object]]

_SLOW_SECONDS = 0.5  # a slow contender is asked only so many questions as fit into this
_FEWEST = 10
_PROBED = 3


class WrongAnswerError(Exception):
    """A contender did not answer as the first one."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that answers `ask(user, key)`, and what its result is to reach.

    `ask_all`: how it is asked many at once, if it can be. `is_checked`: whether its answers have to
    be the right ones; one may only give the pace.
    """

    who: str
    ask: Ask
    goal: Goal | None = None
    note: str = ""
    is_checked: bool = True
    ask_all: AskAll | None = None


def compare(
    contenders: Sequence[Contender],
    pairs: Sequence[Pair],
    *,
    rounds: int,
    is_wall: bool = False,
    truth: Ask | None = None,
) -> Mapping[str, list[float]]:
    """Seconds a question in each round, by contender; processor's, or by the clock on the wall.

    The right answers are those of `truth`, or else of the first contender. The first round is not
    counted. Raises WrongAnswerError.
    """
    expected = _answers(truth or contenders[0].ask, pairs)
    asked = {one.who: pairs[: _affordable(one.ask, pairs)] for one in contenders}
    clock = perf_counter if is_wall else process_time
    seconds: dict[str, list[float]] = {one.who: [] for one in contenders}
    for number in range(rounds + 1):
        for one in contenders:
            gc.collect()
            begun = clock()
            answers = (one.ask_all or partial(_answers, one.ask))(asked[one.who])
            taken = clock() - begun
            if one.is_checked:
                require_same(one.who, answers, expected)
            if number > 0:
                seconds[one.who].append(taken / len(answers))
    return seconds


def results_of(
    section: str,
    question: str,
    contenders: Sequence[Contender],
    seconds: Mapping[str, Sequence[float]],
    *,
    unit: str = "checks/s",
) -> list[Result]:
    """A result for each contender but the first, to which the others' rates are set in ratio."""
    first = contenders[0].who
    return [
        Result(
            section=section,
            question=question,
            who=one.who,
            figure=1 / median(seconds[one.who]),
            unit=unit,
            ratio=ratio_of(seconds[first], seconds[one.who]),
            reference=first,
            is_rate=True,
            goal=one.goal,
            note=one.note,
        )
        for one in contenders[1:]
    ]


def ratio_of(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median of the ratios of each round: what both met with cancels out."""
    return median(a / b for a, b in zip(numerators, denominators, strict=True))


def require_same(who: str, answers: Sequence[object], expected: Sequence[object]) -> None:
    """Raise WrongAnswerError unless the answers are the first of the expected ones."""
    for number, (given, right) in enumerate(zip(answers, expected, strict=False)):
        if given != right:
            raise WrongAnswerError(f"{who}: question {number}: {given!r}, not {right!r}")
    if len(answers) > len(expected):
        raise WrongAnswerError(f"{who}: {len(answers)} answers, not {len(expected)}")


def percentiles(ask: Ask, pairs: Sequence[Pair]) -> tuple[float, float]:
    """The median of the seconds of single questions, and the 99th percentile, by the clock."""
    taken: list[float] = []
    for user, key in pairs:
        begun = perf_counter()
        ask(user, key)
        taken.append(perf_counter() - begun)
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


def _answers(ask: Ask, pairs: Sequence[Pair]) -> list[object]:
    return [ask(user, key) for user, key in pairs]


def _affordable(ask: Ask, pairs: Sequence[Pair]) -> int:
    """How many of the questions a contender can be asked in one round."""
    _answers(ask, pairs[:_PROBED])
    begun = perf_counter()
    _answers(ask, pairs[:_PROBED])
    each = (perf_counter() - begun) / _PROBED
    return min(len(pairs), max(_FEWEST, int(_SLOW_SECONDS / each)))
