"""A noun's commands, each built when it is asked for.

Owns the way from a noun's app to its group: Typer would look at every option of every command
before the help of any could be printed. What is built, and what is printed, is what Typer builds
and prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from inspect import cleandoc
from typing import Any

import typer
from typer._click.utils import make_default_short_help  # no public name for it
from typer.core import TyperGroup
from typer.main import get_command, get_command_from_info
from typer.models import CommandInfo

Click = Any  # Typer carries Click as a private part, whose types it does not name
Noun = CommandInfo | typer.Typer  # a command, or a noun below the noun


class Loaded(MutableMapping[str, Click]):
    """Commands by name, each made when it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Click]]) -> None:
        self._makers = makers
        self._made: dict[str, Click] = {}

    def __getitem__(self, name: str) -> Click:
        if name not in self._made:
            self._made[name] = self._makers[name]()
            self._made[name].name = name
        return self._made[name]

    def __setitem__(self, name: str, command: Click) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class NounGroup(TyperGroup):
    """The commands of a noun; their help is listed without building them."""

    def __init__(self, app: typer.Typer) -> None:
        info = app.info
        super().__init__(
            help=cleandoc(str(info.help)),
            no_args_is_help=info.no_args_is_help,
            context_settings=dict(info.context_settings or {}),
            rich_markup_mode=None,
        )
        self._found = _commands_of(app)
        self.commands = Loaded({name: _maker(one) for name, one in self._found.items()})

    def list_commands(self, ctx: Click) -> list[str]:
        return list(self._found)

    def format_commands(self, ctx: Click, formatter: Click) -> None:
        limit = formatter.width - 6 - max(map(len, self._found))
        rows = [
            (name, make_default_short_help(_help_of(one), limit))
            for name, one in self._found.items()
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def command_of(app: typer.Typer) -> Click:
    """The group of a noun's app; of an app that has one command only, the command."""
    is_single = len(app.registered_commands) == 1 and not app.registered_groups
    if is_single:
        return get_command(app)
    kind: Any = app.info.cls  # where none was given, it is no class at all
    is_own = isinstance(kind, type) and issubclass(kind, NounGroup)
    return kind(app) if is_own else NounGroup(app)


def _commands_of(app: typer.Typer) -> dict[str, Noun]:
    """By name, those of its parts without a name among them."""
    found: dict[str, Noun] = {str(one.name): one for one in app.registered_commands}
    for group in app.registered_groups:
        assert group.typer_instance is not None
        if isinstance(group.name, str):
            found[group.name] = group.typer_instance
        else:
            found |= _commands_of(group.typer_instance)
    return found


def _maker(noun: Noun) -> Callable[[], Click]:
    if isinstance(noun, typer.Typer):
        return lambda: NounGroup(noun)
    return lambda: get_command_from_info(noun, pretty_exceptions_short=True, rich_markup_mode=None)


def _help_of(noun: Noun) -> str:
    text = noun.info.help if isinstance(noun, typer.Typer) else noun.help
    if not isinstance(noun, typer.Typer) and text is None:
        text = getattr(noun.callback, "__doc__", None)
    return cleandoc(str(text or ""))
