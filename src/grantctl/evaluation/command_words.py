"""Commands as words, and how one names a user or a group so that nothing else is meant.

Owns the choice between name and id. Leaves which commands help to the remedies.
"""

from __future__ import annotations

from grantctl.evaluation.facts import User
from grantctl.model import is_unprintable

Command = tuple[str, ...]
TakenNames = frozenset[str] | None  # names that find something else; None where nobody has looked


def user_word(user: User, taken: TakenNames) -> str:
    """What names the user on a command line and nobody else: the e-mail address, else the id."""
    return user.email if user.email is not None and _is_clear(user.email, taken) else user.id


def group_word(name: str, id_: str, taken: TakenNames) -> str:
    """What names the group on a command line and no other one: its name, else its id."""
    return name if _is_clear(name, taken) else id_


def command(noun: str, verb: str, *arguments: str, options: Command = ()) -> Command:
    """A command's words; arguments that look like options come behind `--`."""
    guard = ("--",) if any(argument.startswith("-") for argument in arguments) else ()
    return ("grantctl", noun, verb, *options, *guard, *arguments)


def _is_clear(name: str, taken: TakenNames) -> bool:
    """Whether the name can be copied from a terminal, and is known to name nothing else."""
    return (
        taken is not None
        and name not in taken
        and bool(name.strip())
        and not any(map(is_unprintable, name))
    )
