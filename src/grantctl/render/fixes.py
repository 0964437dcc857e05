"""Fixes of a denial: as data, and as a numbered list below the tree of an explanation.

Owns the names of the member `fixes` of decisions, and the words for what a fix hands over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from grantctl.evaluation.fix_ranking import RatedFix
from grantctl.evaluation.fixes import FixKind
from grantctl.render.decisions import Document
from grantctl.render.escape import escape, fit
from grantctl.render.shell import shell_line
from grantctl.render.style import Style
from grantctl.render.tree import Tone, paint

MAX_NAMED = 5
NOTHING = "there is nothing to fix: it is allowed"


def fix_document(rated: RatedFix) -> Document:
    """One fix as JSON: its commands, quoted for a shell, and what it hands over."""
    fix = rated.fix
    return {
        "kind": fix.kind.value,
        "description": fix.description,
        "commands": [shell_line(command) for command in fix.commands],
        "group": None if fix.group is None else {"id": fix.group.id, "name": fix.group.name},
        "users_gaining": rated.users_gaining,
        "permissions_besides": list(rated.permissions_besides),
        "resources_besides": rated.resources_besides,
        "privileges": rated.privileges,
        "restricting": list(rated.restricting),
        "closed_gates": list(rated.closed_gates),
        "hands_over_admin": fix.hands_over_admin,
    }


def write_fixes(stream: TextIO, fixes: Sequence[RatedFix], style: Style) -> None:
    """Write a numbered list, the commands on lines of their own to be copied."""
    lines = _lines(fixes, use_color=style.use_color)
    stream.writelines(fit(line, stream) + "\n" for line in lines)


def _lines(fixes: Sequence[RatedFix], *, use_color: bool) -> Iterator[str]:
    if not fixes:
        yield NOTHING
        return
    yield "to allow it:" if len(fixes) == 1 else "to allow it, the least privilege first:"
    for number, rated in enumerate(fixes, start=1):
        yield f"  {number}. {escape(rated.fix.description)} ({escape(blast_words(rated))})"
        for command in rated.fix.commands:
            yield f"    {paint(escape(shell_line(command)), Tone.TITLE, use_color=use_color)}"
        for note in _notes(rated):
            yield f"    {paint('! ' + escape(note), Tone.WARNING, use_color=use_color)}"


def blast_words(rated: RatedFix) -> str:
    """What a fix hands over: `1 user gains it; the user also gains 6 permissions`."""
    if rated.fix.hands_over_admin:
        return "hands over admin rights: everything is allowed"
    count = rated.users_gaining
    users = f"{count:,} users gain it" if count != 1 else "1 user gains it"
    if rated.fix.kind is FixKind.WIDER_SCOPE:
        users = "the token alone gains it"
    return "; ".join((users, *_besides(rated)))


def _besides(rated: RatedFix) -> Iterator[str]:
    parts = [
        _counted(len(rated.permissions_besides), "permission", "permissions"),
        _counted(rated.resources_besides or 0, "right to a resource", "rights to resources"),
    ]
    said = " and ".join(filter(None, parts))
    if said:
        yield f"the user also gains {said}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""


def _notes(rated: RatedFix) -> Iterator[str]:
    if rated.restricting:
        verb = "restricts" if len(rated.restricting) == 1 else "restrict"
        yield f"{_named(rated.restricting)} {verb}: the user may then do less"
    if rated.closed_gates:
        yield f"gated by {_named(rated.closed_gates)}, which the user is still denied"


def _named(names: Sequence[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names[:MAX_NAMED])
    return f"{listed} and {len(names) - MAX_NAMED} more" * (len(names) > MAX_NAMED) or listed
