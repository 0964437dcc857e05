"""Columns of a list, and which of them `--fields` chooses.

Owns the choice and its errors. Leaves drawing to the formats.
"""

from __future__ import annotations

from grantctl.config import choices_hint
from grantctl.errors import UsageError
from grantctl.lean import dataclass
from grantctl.render.style import MAX_ECHO, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in a row, and its title in a table.

    `is_name`: what `-o name` prints. `is_extra`: left out of tables unless `--fields` names it.
    """

    key: str
    title: str
    is_name: bool = False
    justify: Literal["left", "right", "center"] = "left"
    is_extra: bool = False


def select(known: Sequence[str], style: Style) -> tuple[str, ...]:
    """The fields to show, in order: those of `--fields`, else all that are known.

    Raises UsageError for a field that is not known.
    """
    for field in style.fields:
        if field not in known:
            raise UsageError(f"no field `{field[:MAX_ECHO]}`", hint=choices_hint(field, known))
    return style.fields or tuple(known)


def select_name(known: Sequence[str], name: str, style: Style) -> str:
    """The one field that `-o name` prints: the name, unless `--fields` asks for another.

    Raises UsageError for a field that is not known, and for more than one.
    """
    if not style.fields:
        return name
    chosen = select(known, style)
    if len(chosen) > 1:
        raise UsageError("`-o name` prints one field", hint="name one, or use -o csv")
    return chosen[0]
