"""Settings as they are shown: masked where they may be secret, on one line where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.errors import GrantctlError
from grantctl.render.style import Format
from grantctl.store.masked_url import mask_password

if TYPE_CHECKING:
    from grantctl.operations.policy_seeds import Disagreement

_MAX_ECHO = 80


def client_value(key: str, value: str) -> str:
    """The value of a client setting, the password of a database URL masked."""
    return mask_password(value) if key == "database" else value


def one_line(call: Call, value: object) -> object:
    """A value for a record; a list on the line of its key where the record is shown as lines."""
    if call.style.format is Format.TABLE and isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return value


def seed_warning(one: Disagreement) -> str:
    """What is to be said of a seed that says something else than the database."""
    seed, text = one.seed, operations.policy_values.value_text(one.in_force)
    return (
        f"`{seed.key}` is `{text[:_MAX_ECHO]}`: the database decides, though {seed.origin} says "
        f"`{seed.text[:_MAX_ECHO]}`"
    )


def with_hint(error: GrantctlError) -> str:
    """An error on one line, for where it does not end the command."""
    return f"{error.message}; {error.hint}" if error.hint else error.message
