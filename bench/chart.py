"""A small chart of one run: a bar for each of grantctl's goals, with the goal as a mark.

Owns the SVG. Bars show how far the goal is reached, on a scale of halvings and doublings: to the
right of the line it is met, whether the ratio was to be large or small.
"""

from __future__ import annotations

from html import escape
from math import log2

from bench.results import Result, Run

_LEFT, _WIDTH, _ROW, _TOP = 420, 760, 22, 46
_LONGEST = 62  # characters of a label that fit
_DOUBLINGS = 3.0  # shown to each side of the goal
_MET, _MISSED = "#2f7d5b", "#b5523b"


def draw(run: Run) -> str:
    """The chart as the text of an SVG file."""
    rows = [one for one in run.results if one.goal is not None]
    height = _TOP + _ROW * len(rows) + 34
    middle = _x(0.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + 40} {height}" '
        'font-family="sans-serif" font-size="12" role="img" '
        f'aria-label="grantctl\'s ratios against their goals, size {run.size}">',
        f'<rect width="{_WIDTH + 40}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="20" font-size="14" fill="#222222">'
        f"How far each goal is reached, size {run.size}</text>",
        *_scale(height),
    ]
    for number, one in enumerate(rows):
        parts.extend(_bar(one, _TOP + number * _ROW))
    parts.append(
        f'<line x1="{middle}" y1="{_TOP - 6}" x2="{middle}" y2="{height - 26}" stroke="#222222"/>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _scale(height: int) -> list[str]:
    words = {-3: "⅛", -2: "¼", -1: "½", 0: "goal", 1: "2×", 2: "4×", 3: "8×"}
    return [
        f'<text x="{_x(doublings)}" y="{height - 10}" text-anchor="middle" fill="#666666">'
        f"{word}</text>"
        for doublings, word in words.items()
    ]


def _bar(one: Result, top: int) -> list[str]:
    assert one.goal is not None
    reached = one.ratio / one.goal.bound if one.goal.is_least else one.goal.bound / one.ratio
    end, middle = _x(log2(max(reached, 1e-9))), _x(0.0)
    begin, width = min(end, middle), max(abs(end - middle), 1.0)
    color = _MET if one.goal.is_met(one.ratio) else _MISSED
    label = one.question if len(one.question) <= _LONGEST else f"{one.question[: _LONGEST - 1]}…"
    return [
        f'<text x="{_LEFT - 10}" y="{top + 13}" text-anchor="end" fill="#222222">'
        f"{escape(label)}</text>",
        f'<rect x="{begin:.1f}" y="{top + 2}" width="{width:.1f}" height="14" fill="{color}"/>',
        f'<text x="{max(end, middle) + 5:.1f}" y="{top + 13}" fill="#222222">'
        f"{one.ratio:.2f} ({one.goal})</text>",
    ]


def _x(doublings: float) -> float:
    """Where so many doublings of the goal are."""
    share = (max(-_DOUBLINGS, min(_DOUBLINGS, doublings)) + _DOUBLINGS) / (2 * _DOUBLINGS)
    return round(_LEFT + share * (_WIDTH - _LEFT - 60), 1)
