"""Groups inside of a row: names for people, ids with names for programs."""

from __future__ import annotations

from collections.abc import Sequence

from grantctl.evaluation.facts import Group
from grantctl.render.decisions import path_text
from grantctl.render.style import Format, Style

_STRUCTURED = frozenset({Format.JSON, Format.NDJSON, Format.YAML})


def path_value(path: Sequence[Group], style: Style) -> object:
    """A way through groups: `company › backend`."""
    return groups_value(path, style) if style.format in _STRUCTURED else path_text(tuple(path))


def groups_value(groups: Sequence[Group], style: Style) -> object:
    """Several groups."""
    if style.format in _STRUCTURED:
        return [{"id": group.id, "name": group.name} for group in groups]
    return [group.name for group in groups]
