"""Tables for a terminal, drawn by Rich.

Owns the layout; the only module that imports Rich, loaded on first use, by `heavy`. A cell is
escaped text in a Text, never a string: Rich would read markup and emoji codes in it, and lets
control characters through.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grantctl.render.columns import Column
from grantctl.render.escape import fit, is_encodable
from grantctl.render.style import Style
from grantctl.render.values import Plain, cell_text

# A column folds down to this width and no further. Where even that does not fit, the table is
# wider than the terminal, which wraps its lines: ugly, but nothing is lost.
MIN_COLUMN_WIDTH = 8
GAP = 2

_ASCII_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


def write_table(
    stream: TextIO,
    records: Iterable[dict[str, Plain]],
    *,
    columns: Sequence[Column],
    style: Style,
) -> None:
    """Draw the records, folded to the width of the style."""
    table = Table(
        box=SIMPLE_HEAD if is_encodable("\u2500", stream) else _ASCII_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for column in columns:
        # Rich leaves out a column that it takes for empty, such as one of a lone skin tone.
        table.add_column(
            Text(fit(column.title, stream)), justify=column.justify, overflow="fold", min_width=1
        )
    for record in records:
        table.add_row(*(Text(fit(cell_text(record[c.key]), stream)) for c in columns))
    buffer = io.StringIO()
    width = max(style.width, len(columns) * (MIN_COLUMN_WIDTH + GAP))
    _console(buffer, width, use_color=style.use_color).print(table)
    lines = buffer.getvalue().split("\n")
    stream.write("\n".join(line.rstrip(" ") for line in lines))


def _console(buffer: TextIO, width: int, *, use_color: bool) -> Console:
    """A console that asks nobody: neither the environment nor the stream."""
    return Console(
        file=buffer,
        width=width,
        force_terminal=use_color,
        color_system="standard" if use_color else None,
        no_color=not use_color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
