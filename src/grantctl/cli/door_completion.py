"""A TAB at the door: names from the database, completed before Typer is imported.

Owns the lines of which every word stands there as it is meant, without quotes and options, and the
places of `PLACES`, which a test holds against the commands. Every other line is left to
`completing`, which answers these alike.
"""

from __future__ import annotations

import sys

from grantctl.cli import candidates
from grantctl.cli.completion_variables import BREAKS_VARIABLE, LINE_VARIABLE, SHELL_VARIABLE
from grantctl.config import load_settings
from grantctl.errors import GrantctlError
from grantctl.render.escape import is_encodable
from grantctl.store.database import Database
from grantctl.store.url import parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grantctl.store.reader import Reader

_SHELLS = ("bash", "zsh", "fish")
_KEPT_BREAK = "@"  # as in `shell_line`
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+:,./-")
MANY = "…"  # the place before is that of every further word, too

USER, GROUP, KEY, ASKED, RESOURCE = "user", "group", "permission", "asked", "resource"
PLACES: Mapping[str, tuple[str, ...]] = {
    "check": (USER, ASKED, RESOURCE),
    "explain": (USER, ASKED, RESOURCE),
    "who-can": (ASKED, RESOURCE),
    "access": (USER, KEY),
    "revoke plan": (USER, ASKED, RESOURCE),
    "test record": (USER, MANY),
    "users show": (USER,),
    "users update": (USER,),
    "users approve": (USER, MANY),
    "users suspend": (USER, MANY),
    "users set-role": (USER,),
    "users set-password": (USER,),
    "users delete": (USER, MANY),
    "users unlock": (USER,),
    "groups show": (GROUP,),
    "groups impact": (GROUP,),
    "groups update": (GROUP,),
    "groups move": (GROUP,),
    "groups delete": (GROUP, MANY),
    "groups add": (GROUP, USER, MANY),
    "groups remove": (GROUP, USER, MANY),
    "groups members": (GROUP,),
    "resources show": (RESOURCE,),
    "resources create": (RESOURCE,),
    "resources update": (RESOURCE,),
    "resources set-owner": (RESOURCE, USER),
    "resources delete": (RESOURCE, MANY),
    "resources grant": (RESOURCE,),
    "resources revoke": (RESOURCE,),
    "resources publish": (RESOURCE,),
    "resources restrict": (RESOURCE,),
    "permissions list": (KEY,),
    "permissions tree": (KEY,),
    "permissions show": (KEY,),
    "permissions unset": (KEY, MANY),
    "permissions undefine": (KEY,),
    "tokens issue": (USER,),
    "tokens create-key": (USER,),
    "oauth link": (USER,),
    "oauth unlink": (USER,),
}
_CANDIDATES: Mapping[str, Callable[[Reader, str], list[str]]] = {
    USER: candidates.users,
    GROUP: candidates.groups,
    KEY: candidates.permissions,
    RESOURCE: candidates.resources,
}


def complete(environ: Mapping[str, str]) -> str | None:
    """The completions of the line in the environment, one a line; None to leave it to Typer."""
    text, shell = environ.get(LINE_VARIABLE, ""), environ.get(SHELL_VARIABLE, "")
    *words, begun = text.split(" ")
    words = [word for word in words if word]
    is_plain = all(_PLAIN.issuperset(word) for word in (*words, begun))
    if shell not in _SHELLS or not is_plain or not words or begun.startswith("-"):
        return None
    if any(word.startswith("-") for word in words):
        return None
    place = _place(words[1:])
    if place is None:
        return None
    found = _names(place, begun, environ)
    if found is None:
        return None
    found = [name for name in found if name.startswith(begun)]
    if not all(map(_PLAIN.issuperset, found)):
        return None
    kept = _kept(begun, environ.get(BREAKS_VARIABLE, "")) if shell == "bash" else 0
    return "".join(f"{name[kept:]}\n" for name in found if is_encodable(name, sys.stdout))


def _place(words: list[str]) -> str | None:
    """What stands behind these words of a command line."""
    for length in (1, 2):
        places = PLACES.get(" ".join(words[:length]))
        if places is not None and len(words) >= length:
            at = len(words) - length
            if places[-1] == MANY:
                return places[min(at, len(places) - 2)]
            return places[at] if at < len(places) else None
    return None


def _names(place: str, begun: str, environ: Mapping[str, str]) -> list[str] | None:
    try:
        url = parse_url(load_settings(flags={}, environ=environ).database.value)
        if url.is_attached:
            return None
        with Database(url).reader() as reader:
            if place == ASKED:
                keys = candidates.showable(candidates.permissions(reader, begun))
                return [*keys, *candidates.actions(begun)]
            return candidates.showable(_CANDIDATES[place](reader, begun))
    except GrantctlError:
        return None


def _kept(begun: str, breaks: str) -> int:
    """How many characters of the word bash leaves as they are; see `shell_line`."""
    at = max((begun.rfind(one) for one in breaks), default=-1)
    return max(at, 0) if at < 0 or begun[at] == _KEPT_BREAK else at + 1
