"""Lists of names, answered before Typer is imported: `who-can` and `access USER --type TYPE`.

Owns their plain form with `-o name`. What is wrong before the first name is known is left whole to
the Typer app, as the door leaves it.
INVARIANT: once the first name may have been written the list is ended here, by an error too, which
is told as the app tells it: nothing is printed twice.
"""

from __future__ import annotations

import sys
from itertools import chain

from grantctl.cli.asking import parse_asked
from grantctl.cli.name_lists import write_names
from grantctl.config import load_settings
from grantctl.errors import ExitCode
from grantctl.store.database import Database
from grantctl.store.url import parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from grantctl.cli.plain_line import PlainLine
    from grantctl.store.reader import Reader

_OF_THE_LIST = ("type_", "action")


def answer_list(line: PlainLine, environ: Mapping[str, str]) -> int | None:
    """The exit code of a list that was written; None for what is left to the Typer app."""
    shared = {name: value for name, value in line.flags.items() if name not in _OF_THE_LIST}
    is_begun = False
    try:
        url = parse_url(load_settings(flags=shared, environ=environ).database.value)
        if url.is_attached:
            return None
        with Database(url).reader() as reader:
            parts = _parts(reader, line)
            first = next(parts, [])
            is_begun = True
            write_names(chain((first,), parts))
            sys.stdout.flush()
    except Exception as error:
        return _told(error) if is_begun else None
    return int(ExitCode.OK)


def _parts(reader: Reader, line: PlainLine) -> Iterator[list[str]]:
    # Loaded here, and the rest too, because one kind of list needs nothing of the others.
    from grantctl.moments import UTC, datetime

    now = datetime.now(UTC)
    ignores = [f"ignore_{rule}" in line.switches for rule in ("role", "owner", "base")]
    if line.command == "access":
        return _reachable(reader, line, ignores, now)
    role, owner, base = ignores
    key, *rest = line.words
    resource = rest[0] if rest else None
    asked = parse_asked(key, resource, ignore_role=role, ignore_owner=owner, ignore_base=base)
    if asked.ref is not None and asked.access is not None:
        from grantctl.operations.access_questions import names_with_access

        return names_with_access(reader, asked.ref, asked.access, now=now)
    from grantctl.evaluation.compiled import Asked
    from grantctl.store.member_cache import microseconds_now

    return reader.names_of_permitted(Asked(key, role), now=microseconds_now())


def _reachable(
    reader: Reader, line: PlainLine, ignores: list[bool], now: datetime
) -> Iterator[list[str]]:
    from grantctl.evaluation.access_decision import AccessQuestion
    from grantctl.model import require_action
    from grantctl.operations.access_questions import ANY, names_of_reachable

    action = line.flags.get("action")
    question = AccessQuestion(ANY if action is None else require_action(action), *ignores)
    return names_of_reachable(reader, line.words[0], line.flags["type_"], question, now=now)


def _told(error: Exception) -> int:
    """What the app makes of an error in the middle of a command."""
    from importlib import import_module

    def fail() -> None:
        raise error

    return int(import_module("grantctl.cli.main").exit_code_of(fail, sys.argv[1:]))
