"""The results as tables, and the page that shows them.

Owns docs/performance.md between its two marks, and the files of results that it is made of. Leaves
the chart to `chart`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.chart import draw
from bench.children import ROOT
from bench.results import Result, Run, run_of, slower_than_peers
from bench.sizes import SIZES, Size

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "performance.svg"
RESULTS = ROOT / "bench" / "results"

_BEGIN, _END = "<!-- results: begin -->", "<!-- results: end -->"
_IMAGE = "![How far each goal is reached](performance.svg)"
_HEAD = ("Question", "Who", "Median", "Ratio", "to", "Goal", "")
_TITLES = {
    "process": "A process",
    "decide": "Deciding in a process, SQLite",
    "postgres": "Deciding in a process, Postgres over a local socket",
    "batch": "Many questions",
    "lists": "Lists",
    "bulk": "Bulk import",
    "tokens": "Tokens",
}


def table(run: Run) -> str:
    """A run for a terminal: columns of text."""
    rows = [_HEAD, *map(_cells, run.results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def summary(run: Run) -> str:
    """What a run says against grantctl: goals missed, peers that are quicker, what is left out."""
    complaints = _complaints(run) or ["every goal is met, and no peer is quicker"]
    return "\n".join([*complaints, *(f"left out: {one}" for one in run.left_out)])


def write(run: Run) -> None:
    """Keep a run's results in place of earlier ones of its size and sections; render the page."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{run.size}.json"
    sections = {one.section for one in run.results}
    kept = run_of(json.loads(file.read_text())).results if file.exists() else ()
    results = [*run.results, *(one for one in kept if one.section not in sections)]
    results.sort(key=lambda one: list(_TITLES).index(one.section))
    whole = Run(run.size, run.machine, results, run.left_out)
    file.write_text(json.dumps(whole.to_json(), indent=1, ensure_ascii=False) + "\n")
    runs = [run_of(json.loads(one.read_text())) for one in _files()]
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    PAGE.write_text(f"{before}{_BEGIN}\n\n{_IMAGE}\n\n{_tables(runs)}\n{_END}{after}")
    CHART.write_text(draw(runs[-1]))


def _files() -> Iterator[Path]:
    return (RESULTS / f"{name}.json" for name in SIZES if (RESULTS / f"{name}.json").exists())


def _tables(runs: Sequence[Run]) -> str:
    parts: list[str] = []
    for run in runs:
        size = SIZES[run.size]
        machine = ", ".join(f"{name} {value}" for name, value in run.machine.items())
        parts += [f"## {_size_words(size)}", f"Measured on: {machine}."]
        parts += [f"Left out: {one}." for one in run.left_out]
        for section, title in _TITLES.items():
            results = [one for one in run.results if one.section == section]
            if results:
                parts += [f"### {title}", _markdown(results)]
        complaints = _complaints(run)
        if complaints:
            parts += ["### What falls short", "\n".join(f"- {one}" for one in complaints)]
    return "\n\n".join(parts) + "\n"


def _size_words(size: Size) -> str:
    return f"Size {size.name}: {size.users:,} users, {size.groups:,} groups"


def _markdown(results: Iterable[Result]) -> str:
    rows = [_HEAD, ("---", "---", "---:", "---:", "---", "---:", "---"), *map(_cells, results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(one: Result) -> tuple[str, ...]:
    verdict = ""
    if one.goal is not None:
        verdict = "met" if one.goal.is_met(one.ratio) else "missed"
    question = f"{one.question} ({one.note})" if one.note and not one.is_peer else one.question
    who = f"{one.who} ({one.note})" if one.note and one.is_peer else one.who
    return (
        question,
        who,
        f"{_number(one.figure)} {one.unit}",
        f"{one.ratio:.2f}" if one.ratio >= 0.1 else f"{one.ratio:.3f}",
        one.reference,
        "" if one.goal is None else str(one.goal),
        verdict,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _complaints(run: Run) -> list[str]:
    missed = [
        f"{one.question}: {one.ratio:.2f}, the goal is {one.goal}"
        for one in run.results
        if one.goal is not None and not one.goal.is_met(one.ratio)
    ]
    slower = [
        f"{own.question}: {peer.who} does better, {peer.ratio:.2f} against {own.ratio:.2f}"
        for own, peer in slower_than_peers(run.results)
    ]
    return [*missed, *slower]
