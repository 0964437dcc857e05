"""Completion of names from the database: silent, never prompting, by the reader alone."""

from __future__ import annotations

import os
from collections.abc import Callable

from grantctl import operations
from grantctl.config import OUTPUTS, load_settings
from grantctl.errors import GrantctlError
from grantctl.render.escape import escape
from grantctl.store.reader import Reader

_LIMIT = 100


def complete_user(incomplete: str) -> list[str]:
    """E-mails that begin so."""
    return _from_database(lambda reader: reader.emails_from(incomplete, limit=_LIMIT))


def complete_group(incomplete: str) -> list[str]:
    """Group names that begin so."""
    return _from_database(lambda reader: reader.group_names_from(incomplete, limit=_LIMIT))


def complete_permission(incomplete: str) -> list[str]:
    """Keys and categories that begin so."""

    def names(reader: Reader) -> list[str]:
        keys = reader.catalogue()
        categories = {key[:at] for key in keys for at, one in enumerate(key) if one == "."}
        return sorted({*keys, *categories})

    return [name for name in _from_database(names) if name.startswith(incomplete)]


def complete_role(incomplete: str) -> list[str]:
    """Roles that begin so."""
    return [role for role in ("admin", "user", "pending") if role.startswith(incomplete)]


def complete_output(incomplete: str) -> list[str]:
    """Output formats that begin so."""
    return [output for output in OUTPUTS if output.startswith(incomplete)]


def _from_database(names: Callable[[Reader], list[str]]) -> list[str]:
    try:
        settings = load_settings(flags={}, environ=os.environ)
        database = operations.attaching.find_database(settings.database.value)
        with database.reader() as reader:
            found = names(reader)
    except GrantctlError:
        return []
    return [name for name in found if name == escape(name)]
