"""A plan to revoke something: as data, and as a numbered list of ways.

Owns the names of the JSON contract `grantctl.revocation-plan/v1`, and the words for what a way
takes away besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from grantctl.evaluation.way_ranking import RatedWay
from grantctl.render.decisions import Document
from grantctl.render.escape import escape, fit
from grantctl.render.shell import shell_line
from grantctl.render.style import Style
from grantctl.render.tree import Tone, paint

MAX_NAMED = 5


def way_document(rated: RatedWay) -> Document:
    """One way as JSON: its commands, quoted for a shell, and what is lost besides."""
    way = rated.way
    return {
        "kind": way.kind.value,
        "description": way.description,
        "commands": [shell_line(command) for command in way.commands],
        "user_loses": {
            "permissions": list(rated.permissions_besides),
            "resources": list(rated.resources_besides),
        },
        "others_losing": rated.others_losing,
        "others_lose": [{"what": one.what, "users": one.users} for one in rated.others],
        "privileges": rated.privileges,
        "demotes": way.is_demotion,
    }


def write_ways(stream: TextIO, ways: Sequence[RatedWay], style: Style) -> None:
    """Write a numbered list, the commands on lines of their own to be copied."""
    stream.writelines(fit(line, stream) + "\n" for line in _lines(ways, style.use_color))


def _lines(ways: Sequence[RatedWay], use_color: bool) -> Iterator[str]:
    yield "to take it away:" if len(ways) == 1 else "to take it away, one of these:"
    for number, rated in enumerate(ways, start=1):
        yield f"  {number}. {escape(rated.way.description)}"
        for command in rated.way.commands:
            yield f"    {paint(escape(shell_line(command)), Tone.TITLE, use_color=use_color)}"
        yield f"    {escape(own_words(rated))}; {escape(others_words(rated))}"


def own_words(rated: RatedWay) -> str:
    """What the user itself loses besides: `the user also loses 1 permission (notes)`."""
    lost = [
        _counted(rated.permissions_besides, "permission", "permissions"),
        _counted(rated.resources_besides, "right to a resource", "rights to resources"),
    ]
    said = " and ".join(filter(None, lost))
    return f"the user also loses {said}" if said else "the user loses nothing else"


def others_words(rated: RatedWay) -> str:
    """What others lose: `40 others lose `chat.controls``."""
    lost = [one for one in rated.others if one.users]
    if not lost:
        return "nobody else loses anything"
    said = (
        f"{one.users:,} {'other loses' if one.users == 1 else 'others lose'} `{one.what}`"
        for one in lost[:MAX_NAMED]
    )
    more = f", and {len(lost) - MAX_NAMED} more are lost" if len(lost) > MAX_NAMED else ""
    return ", ".join(said) + more


def _counted(names: Sequence[str], one: str, many: str) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    noun = one if len(names) == 1 else many
    return f"{len(names):,} {noun} ({', '.join(names[:MAX_NAMED])}{more})"
