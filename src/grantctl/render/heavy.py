"""The one door to the formats that import a library: tables (Rich), YAML (PyYAML), CSV (csv).

Owns when they are loaded: on first use. Rich alone takes longer to import than a whole check takes
to run, and most answers are JSON or tab-separated lines; so no other module here may import them.
"""

from __future__ import annotations

from grantctl.render.columns import Column
from grantctl.render.style import Style
from grantctl.render.values import Plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TextIO


def write_table(
    stream: TextIO,
    records: Iterable[dict[str, Plain]],
    *,
    columns: Sequence[Column],
    style: Style,
) -> None:
    """Draw a table for a terminal; see `table`."""
    _function("table", "write_table")(stream, records, columns=columns, style=style)


def write_csv(stream: TextIO, records: Iterable[dict[str, Plain]], *, keys: Sequence[str]) -> None:
    """Write a header and a line for each record; see `csv_rows`."""
    _function("csv_rows", "write_csv")(stream, records, keys=keys)


def yaml_text(document: dict[str, Plain], stream: TextIO) -> str:
    """The document as YAML; see `yaml_text`."""
    text: str = _function("yaml_text", "yaml_text")(document, stream)
    return text


def _function(module: str, name: str) -> Callable[..., Any]:
    from importlib import import_module

    # Any: what a module loaded by name holds, the type checker cannot know.
    function: Callable[..., Any] = getattr(import_module(f"grantctl.render.{module}"), name)
    return function
