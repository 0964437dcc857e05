"""Completion of names from the database: silent, never prompting, by the reader alone."""

from __future__ import annotations

import os
from collections.abc import Callable

import typer

from grantctl import operations
from grantctl.config import OUTPUTS, load_settings
from grantctl.errors import GrantctlError
from grantctl.evaluation.rules import categories_of
from grantctl.model import Action
from grantctl.render.escape import escape
from grantctl.store.reader import Reader

_LIMIT = 100
_VALUES = ("true", "false")


def complete_user(context: typer.Context, incomplete: str) -> list[str]:
    """E-mails that begin so."""
    return _from_database(context, lambda reader: reader.emails_from(incomplete, limit=_LIMIT))


def complete_group(context: typer.Context, incomplete: str) -> list[str]:
    """Group names that begin so."""
    return _from_database(context, lambda reader: reader.group_names_from(incomplete, limit=_LIMIT))


def complete_permission(context: typer.Context, incomplete: str) -> list[str]:
    """Keys and categories that begin so."""
    return [name for name in _keys(context) if name.startswith(incomplete)]


def complete_asked(context: typer.Context, incomplete: str) -> list[str]:
    """What a question may ask: keys and categories that begin so, and actions."""
    return [*complete_permission(context, incomplete), *complete_action(incomplete)]


def complete_action(incomplete: str) -> list[str]:
    """The built-in actions that begin so."""
    return [action.value for action in Action if action.startswith(incomplete)]


def complete_resource(context: typer.Context, incomplete: str) -> list[str]:
    """Resources that begin so; types with their colon as long as none is written."""
    type_, colon, begun = incomplete.partition(":")

    def names(reader: Reader) -> list[str]:
        if not colon:
            return [f"{one}:" for one in reader.resources.types() if one.startswith(type_)]
        ids = reader.resources.ids_from(type_, begun, limit=_LIMIT)
        return [f"{type_}:{id_}" for id_ in ids]

    return _from_database(context, names)


def complete_resource_type(context: typer.Context, incomplete: str) -> list[str]:
    """Types of resources that begin so."""
    types = _from_database(context, lambda reader: reader.resources.types())
    return [one for one in types if one.startswith(incomplete)]


def complete_assignment(context: typer.Context, incomplete: str) -> list[str]:
    """`KEY=` for keys that begin so; the values too where only one does."""
    key, equals, begun = incomplete.partition("=")
    keys = _keys(context)
    found = [one for one in keys if (one == key if equals else one.startswith(key))]
    if len(found) != 1:
        return [f"{one}=" for one in found]
    return [f"{found[0]}={value}" for value in _VALUES if value.startswith(begun)]


def complete_role(incomplete: str) -> list[str]:
    """Roles that begin so."""
    return [role for role in ("admin", "user", "pending") if role.startswith(incomplete)]


def complete_output(incomplete: str) -> list[str]:
    """Output formats that begin so."""
    return [output for output in OUTPUTS if output.startswith(incomplete)]


def _keys(context: typer.Context) -> list[str]:
    def names(reader: Reader) -> list[str]:
        keys = reader.catalogue()
        return sorted({*keys, *categories_of(keys)})

    return _from_database(context, names)


def _from_database(context: typer.Context, names: Callable[[Reader], list[str]]) -> list[str]:
    """Names that can be shown as they are and are no options; none where anything is wrong."""
    given = {**context.find_root().params, **{k: v for k, v in context.params.items() if v}}
    try:
        settings = load_settings(
            flags={key: given.get(key) for key in ("database", "config")}, environ=os.environ
        )
        database = operations.attaching.find_database(settings.database.value)
        with database.reader() as reader:
            found = names(reader)
    except GrantctlError:
        return []
    return [name for name in found if name == escape(name) and not name.startswith("-")]
