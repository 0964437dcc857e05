"""A command line in its plain form, read without Typer.

Owns which lines are plain: one of the hot questions with its words, and options that `OPTIONS`
declares, each at most once and spelled in full; of a list, that nothing but names is asked for.
`questions`, `access` and `command` make Typer's options of the same declarations, so that the two
cannot differ in a name. What Typer would read otherwise, or refuse, is not plain.
"""

from __future__ import annotations

from grantctl.lean import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Option:
    """An option: the parameter that it fills, its spellings, and its line in the help.

    `metavar` None: a switch, which takes no value.
    """

    parameter: str
    spellings: tuple[str, ...]
    help: str
    metavar: str | None = None


DATABASE = Option("database", ("--database",), "the database", "URL")
OUTPUT = Option("output", ("--output", "-o"), "table, json, ndjson, yaml, csv or name", "FORMAT")
COLOR = Option("color", ("--color",), "auto, always or never", "WHEN")
CONFIG = Option("config", ("--config",), "the configuration file", "FILE")
CONTEXT = Option("context", ("--context",), "the context of the configuration file", "NAME")
IGNORE_ROLE = Option("ignore_role", ("--ignore-role",), "leave out what the role decides")
IGNORE_OWNER = Option(
    "ignore_owner", ("--ignore-owner",), "of a resource, leave out what its owner may do"
)
IGNORE_BASE = Option(
    "ignore_base", ("--ignore-base",), "of a resource, leave out what it is made of"
)
ALL = Option("every", ("--all",), "of a category, ask for every permission under it")
QUIET = Option("quiet", ("--quiet", "-q"), "only the exit code")
TYPE = Option("type_", ("--type",), "of the resources of this type, * for all", "TYPE")
ACTION = Option("action", ("--action",), "with --type, only this action", "ACTION")

SHARED = (DATABASE, OUTPUT, COLOR, CONFIG, CONTEXT)
OF_QUESTIONS = (IGNORE_ROLE, IGNORE_OWNER, IGNORE_BASE, ALL)
OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "check": (*SHARED, *OF_QUESTIONS, QUIET),
    "explain": (*SHARED, *OF_QUESTIONS),
    "who-can": (*SHARED, IGNORE_ROLE, IGNORE_OWNER, IGNORE_BASE),
    "access": (*SHARED, TYPE, ACTION, IGNORE_ROLE, IGNORE_OWNER, IGNORE_BASE),
}
LISTS = ("who-can", "access")


@dataclass(frozen=True, slots=True)
class PlainLine:
    """A question: its command, its words, the values of options and the switches given."""

    command: str
    words: tuple[str, ...]
    flags: Mapping[str, str]
    switches: frozenset[str]


def read_plain_line(arguments: Sequence[str]) -> PlainLine | None:
    """The question that a line asks in plain form; None for every other line."""
    command = next((one for one in arguments if one in OPTIONS), None)
    if command is None:
        return None
    known = {spelling: option for option in OPTIONS[command] for spelling in option.spellings}
    at_root = {spelling for option in SHARED for spelling in option.spellings}
    words: list[str] = []
    flags: dict[str, str] = {}
    switches: set[str] = set()
    is_named = False
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            if not is_named and argument != command:
                return None
            if is_named:
                words.append(argument)
            is_named = True
            continue
        spelling, equals, value = argument.partition("=")
        option = known.get(spelling)
        if option is None or (equals and not spelling.startswith("--")):
            return None
        if not is_named and spelling not in at_root:
            return None
        if option.metavar is None:
            if equals or option.parameter in switches:
                return None
            switches.add(option.parameter)
            continue
        value = value if equals else next(rest, "")
        if not value or value.startswith("-") or option.parameter in flags:
            return None
        flags[option.parameter] = value
    if not all(words) or not _is_whole(command, len(words), flags):
        return None
    return PlainLine(command, tuple(words), flags, frozenset(switches))


def _is_whole(command: str, count: int, flags: Mapping[str, str]) -> bool:
    """Whether so many words make a question, or a list of which only the names are asked for."""
    if command not in LISTS:
        return count in (2, 3)
    is_named = flags.get("output") == "name"
    if command == "who-can":
        return is_named and count in (1, 2)
    return is_named and count == 1 and "type_" in flags
