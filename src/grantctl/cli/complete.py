"""Completion of names from the database: silent, never prompting, by the reader alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from grantctl import operations
from grantctl.cli import candidates
from grantctl.config import COLORS, KEYS, OUTPUTS, load_settings
from grantctl.errors import GrantctlError
from grantctl.evaluation.rules import categories_of

if TYPE_CHECKING:
    from grantctl.store.reader import Reader

_VALUES = ("true", "false")


def complete_user(context: typer.Context, incomplete: str) -> list[str]:
    """E-mails that begin so."""
    return _from_database(context, lambda reader: candidates.users(reader, incomplete))


def complete_group(context: typer.Context, incomplete: str) -> list[str]:
    """Group names that begin so."""
    return _from_database(context, lambda reader: candidates.groups(reader, incomplete))


def complete_permission(context: typer.Context, incomplete: str) -> list[str]:
    """Keys and categories that begin so."""
    return _from_database(context, lambda reader: candidates.permissions(reader, incomplete))


def complete_asked(context: typer.Context, incomplete: str) -> list[str]:
    """What a question may ask: keys and categories that begin so, and actions."""
    return [*complete_permission(context, incomplete), *complete_action(incomplete)]


def complete_graphed(context: typer.Context, incomplete: str) -> list[str]:
    """What a graph may be about: users, groups, keys and categories, resources, that begin so."""
    finders = (complete_user, complete_group, complete_permission, complete_resource)
    return [name for find in finders for name in find(context, incomplete)]


def complete_action(incomplete: str) -> list[str]:
    """The built-in actions that begin so."""
    return candidates.actions(incomplete)


def complete_resource(context: typer.Context, incomplete: str) -> list[str]:
    """Resources that begin so; types with their colon as long as none is written."""
    return _from_database(context, lambda reader: candidates.resources(reader, incomplete))


def complete_resource_type(context: typer.Context, incomplete: str) -> list[str]:
    """Types of resources that begin so."""
    types = _from_database(context, lambda reader: reader.resources.types())
    return [one for one in types if one.startswith(incomplete)]


def complete_assignment(context: typer.Context, incomplete: str) -> list[str]:
    """`KEY=` for keys that begin so; the values too where only one does."""
    return _assignments(context, incomplete, _VALUES)


def complete_group_assignment(context: typer.Context, incomplete: str) -> list[str]:
    """`GROUP:` for groups that begin so; behind it `KEY=`, and the values where one key does."""
    group, colon, assignment = incomplete.rpartition(":")
    if not colon:
        return [f"{one}:" for one in complete_group(context, incomplete)]
    values = _assignments(context, assignment, (*_VALUES, "unset"))
    return [f"{group}:{one}" for one in values]


def _assignments(context: typer.Context, incomplete: str, values: Sequence[str]) -> list[str]:
    key, equals, begun = incomplete.partition("=")
    keys = _keys(context)
    found = [one for one in keys if (one == key if equals else one.startswith(key))]
    if len(found) != 1:
        return [f"{one}=" for one in found]
    return [f"{found[0]}={value}" for value in values if value.startswith(begun)]


def complete_role(incomplete: str) -> list[str]:
    """Roles that begin so."""
    return [role for role in ("admin", "user", "pending") if role.startswith(incomplete)]


def complete_output(incomplete: str) -> list[str]:
    """Output formats that begin so."""
    return [output for output in OUTPUTS if output.startswith(incomplete)]


def complete_setting(incomplete: str) -> list[str]:
    """Settings of both kinds that begin so."""
    known = (*operations.policy_settings.SETTINGS, *KEYS)
    return [key for key in known if key.startswith(incomplete)]


def complete_setting_value(context: typer.Context, incomplete: str) -> list[str]:
    """Values that begin so, of a setting that has few."""
    key = str(context.params.get("key"))
    if key == "context":
        return complete_context(context, incomplete)
    if key in operations.policy_settings.SETTINGS:
        words = operations.policy_settings.SETTINGS[key].allowed.split(" or ")
        known: Sequence[str] = words if len(words) > 1 and all(map(_is_word, words)) else ()
    else:
        known = {"output": OUTPUTS, "color": COLORS}.get(key, ())
    return [one for one in known if one.startswith(incomplete)]


def _is_word(text: str) -> bool:
    return text.replace("_", "").isalpha()


def complete_context(context: typer.Context, incomplete: str) -> list[str]:
    """Contexts of the configuration file that begin so."""
    try:
        settings = load_settings(flags=_flags(context, "config"), environ=os.environ)
    except GrantctlError:
        return []
    return candidates.showable(one for one in settings.file.contexts if one.startswith(incomplete))


def _keys(context: typer.Context) -> list[str]:
    def names(reader: Reader) -> list[str]:
        keys = reader.catalogue()
        return sorted({*keys, *categories_of(keys)})

    return _from_database(context, names)


def _from_database(context: typer.Context, names: Callable[[Reader], list[str]]) -> list[str]:
    """Names that can be shown as they are and are no options; none where anything is wrong."""
    try:
        flags = _flags(context, "database", "config", "context")
        settings = load_settings(flags=flags, environ=os.environ)
        database = operations.attaching.find_database(settings.database.value)
        with database.reader() as reader:
            found = names(reader)
    except GrantctlError:
        return []
    return candidates.showable(found)


def _flags(context: typer.Context, *names: str) -> dict[str, str | None]:
    """Shared options as they are given so far, before or behind the command's name."""
    given = {**context.find_root().params, **{k: v for k, v in context.params.items() if v}}
    return {name: given.get(name) for name in names}
