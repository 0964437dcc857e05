"""Names from the database that a word may become, without Typer.

Owns what `complete` hands to Typer and the door to a shell: the same candidates. Silent: never an
error, never a prompt.
"""

from __future__ import annotations

from grantctl.evaluation.rules import categories_of
from grantctl.model import Action
from grantctl.render.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from grantctl.store.reader import Reader

_LIMIT = 100


def users(reader: Reader, begun: str) -> list[str]:
    """E-mails that begin so."""
    return reader.emails_from(begun, limit=_LIMIT)


def groups(reader: Reader, begun: str) -> list[str]:
    """Group names that begin so."""
    return reader.group_names_from(begun, limit=_LIMIT)


def permissions(reader: Reader, begun: str) -> list[str]:
    """Keys and categories that begin so."""
    keys = reader.catalogue()
    return [name for name in sorted({*keys, *categories_of(keys)}) if name.startswith(begun)]


def resources(reader: Reader, begun: str) -> list[str]:
    """Resources that begin so; types with their colon as long as none is written."""
    type_, colon, begun_id = begun.partition(":")
    if not colon:
        return [f"{one}:" for one in reader.resources.types() if one.startswith(type_)]
    ids = reader.resources.ids_from(type_, begun_id, limit=_LIMIT)
    return [f"{type_}:{id_}" for id_ in ids]


def actions(begun: str) -> list[str]:
    """The built-in actions that begin so."""
    return [action.value for action in Action if action.startswith(begun)]


def showable(names: Iterable[str]) -> list[str]:
    """Those that can be shown as they are and are no options."""
    return [name for name in names if name == escape(name) and not name.startswith("-")]
