"""The options by which a question is asked of a world that is not.

Owns how assumptions are written on the command line, and that every answer under them is marked.
Leaves what they mean to `operations.assuming`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.complete import (
    complete_assignment,
    complete_group,
    complete_group_assignment,
    complete_role,
)
from grantctl.cli.times import parse_time
from grantctl.errors import InvalidError, UsageError
from grantctl.model import parse_role

if TYPE_CHECKING:
    from grantctl.evaluation.assumptions import Assumptions
    from grantctl.operations.assuming import FlagPremise, Premises
    from grantctl.store.reader import Reader

_MAX_ECHO = 80
_VALUES = {"true": True, "false": False, "unset": None}
_SET_HINT = "e.g. --set editors:chat.controls=true"
_DEFAULT_HINT = "e.g. --default chat.controls=true"

ASSUMING: dict[str, Any] = {  # Any: what Typer reads of an option
    "with_group": Annotated[
        list[str] | None,
        typer.Option(
            "--with-group",
            metavar="GROUP",
            help="as if the user were in this group; may be repeated",
            autocompletion=complete_group,
            show_default=False,
        ),
    ],
    "without_group": Annotated[
        list[str] | None,
        typer.Option(
            "--without-group",
            metavar="GROUP",
            help="as if the user did not hold this group; may be repeated",
            autocompletion=complete_group,
            show_default=False,
        ),
    ],
    "role": Annotated[
        str | None,
        typer.Option(
            "--role",
            metavar="ROLE",
            help="as if the user had this role",
            autocompletion=complete_role,
            show_default=False,
        ),
    ],
    "set_flag": Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="GROUP:KEY=VALUE",
            help="as if the group set KEY true or false, or left it unset; may be repeated",
            autocompletion=complete_group_assignment,
            show_default=False,
        ),
    ],
    "default": Annotated[
        list[str] | None,
        typer.Option(
            "--default",
            metavar="KEY=VALUE",
            help="as if the default of KEY were true or false; may be repeated",
            autocompletion=complete_assignment,
            show_default=False,
        ),
    ],
    "at": Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="as if it were this time already, or still, for what expires",
            show_default=False,
        ),
    ],
}


def read_premises(call: Call) -> Premises | None:
    """What the options assume, None where none was given. Raises UsageError, InvalidError."""
    given = {name: call.flags.get(name) for name in ASSUMING}
    if not any(value not in (None, []) for value in given.values()):
        return None
    role, at = given["role"], given["at"]
    return operations.assuming.Premises(
        with_groups=tuple(given["with_group"] or ()),
        without_groups=tuple(given["without_group"] or ()),
        role=None if role is None else parse_role(role),
        flags=(
            *map(_flag, given["set_flag"] or ()),
            *map(_default, given["default"] or ()),
        ),
        at=None if at is None else parse_time(at, datetime.now(UTC)),
    )


@contextmanager
def assumed(call: Call, reader: Reader, premises: Premises | None) -> Iterator[Assumptions | None]:
    """The assumptions, and one moment for all that is asked under them.

    INVARIANT: whatever the call shows from then on is marked as hypothetical. Raises NotFoundError,
    AmbiguousError, InvalidError, DatabaseError.
    """
    if premises is None:
        yield None
        return
    with operations.assuming.assumed(reader, premises) as assumptions:
        call.assumptions = assumptions
        yield assumptions


def _flag(text: str) -> FlagPremise:
    named, key_value = _value(text, form="GROUP:KEY=true, false or unset", hint=_SET_HINT)
    try:
        group, key = operations.assuming.parse_flag(named)
    except InvalidError as error:
        raise UsageError(error.message, hint=_SET_HINT) from None
    return operations.assuming.FlagPremise(group, key, key_value)


def _default(text: str) -> FlagPremise:
    form = "KEY=true or KEY=false"
    key, value = _value(text, form=form, hint=_DEFAULT_HINT)
    if value is None:
        raise UsageError(f"`{text[:_MAX_ECHO]}` is not of the form {form}", hint=_DEFAULT_HINT)
    return operations.assuming.FlagPremise(None, key, value)


def _value(text: str, *, form: str, hint: str) -> tuple[str, bool | None]:
    """What stands before the last `=`, and the value behind it. Raises UsageError."""
    name, equals, word = text.rpartition("=")
    if not (equals and name) or word.lower() not in _VALUES:
        raise UsageError(f"`{text[:_MAX_ECHO]}` is not of the form {form}", hint=hint)
    return name, _VALUES[word.lower()]
