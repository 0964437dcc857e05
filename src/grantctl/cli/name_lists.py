"""Lists of names alone, `-o name`, for very many of them.

Owns writing them as `write_rows` would. Leaves what the names are to who asks.
"""

from __future__ import annotations

import sys

from grantctl.render.escape import escape, fit
from grantctl.render.style import Format, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def wants_names(style: Style) -> bool:
    """Whether nothing but each row's name is asked for."""
    return style.format is Format.NAME and not style.fields


def write_names(parts: Iterable[list[str]]) -> None:
    """Write a line for each name, and some at a time; the first at once."""
    is_first = True
    for names in parts:
        if names:
            sys.stdout.write(fit(_lines(names), sys.stdout))
            if is_first or sys.stdout.isatty():
                sys.stdout.flush()
            is_first = False


def _lines(names: list[str]) -> str:
    if not " ".join(names).isprintable():  # looked at all at once: nearly always they are
        names = [escape(name) for name in names]
    return "\n".join(names) + "\n"
