"""A healthy installation with fixed ids, for the tests of `doctor`, and how it is looked at."""

from __future__ import annotations

import re
import shlex
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import psycopg
from typer.main import get_command

from grantctl.cli.main import app
from grantctl.evaluation.facts import Group, Membership, Permission, User
from grantctl.model import Role, Source
from grantctl.operations.doctor import examine, load_anyway
from grantctl.store.database import Database
from grantctl.store.url import SQLITE
from tests.cli.credential_desk import SIGNED
from tests.contract.worlds import World

FAR = datetime(2099, 1, 1, tzinfo=UTC)
HEALTHY = World(
    users=(
        User(1, "u-ada", "ada@example.com", "Ada", Role.ADMIN),
        User(2, "u-amy", "amy@example.com", "Amy", Role.ADMIN),
        User(3, "u-bob", "bob@example.com", "Bob", Role.USER),
        User(4, "u-chen", "chen@example.com", "Chen", Role.USER),
        User(5, "u-dana", "dana@example.com", "Dana", Role.USER),
    ),
    groups=(
        Group(1, "g-staff", "staff"),
        Group(2, "g-eng", "engineering", 1),
        Group(3, "g-int", "interns", 2),
        Group(4, "g-sup", "support", 1),
    ),
    memberships=(
        (3, Membership(2, Source.MANUAL)),
        (4, Membership(3, Source.MANUAL, None, None, FAR)),
        (5, Membership(4, Source.OAUTH)),
    ),
    catalogue={
        one.key: one
        for one in (
            Permission("chat.controls", False, "open the controls"),
            Permission("chat.share", True, "share chats"),
            Permission("workspace.prompts", False, "manage prompts"),
            Permission("workspace.tools", False, "manage tools"),
        )
    },
    flags={
        (1, "workspace.prompts"): True,
        (2, "chat.controls"): True,
        (3, "workspace.tools"): True,
        (4, "chat.controls"): False,
    },
)

Row = tuple[str, str, str, str, str]  # status, check, subject, message, advice

IMPORT = ["grantctl", "import", "openwebui"]  # as an error's hint, which leaves its source open
_COMMAND = re.compile(r"(?:^|, (?:or|and|then): |: )(grantctl .*?)(?=, (?:or|and|then)[: ]|$)")


def make_healthy(database: Database) -> None:
    """Make the database the healthy one, its file its owner's alone."""
    HEALTHY.write(database)
    if database.url.path is not None:
        database.url.path.chmod(0o600)


def write_past(database: Database, *statements: str) -> None:
    """Run statements to which no foreign key, and on SQLite no check, objects."""
    if database.url.engine == SQLITE:
        assert database.url.path is not None
        with sqlite3.connect(database.url.path) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA ignore_check_constraints=ON")
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(database.url.dsn) as server:
        server.execute("SET session_replication_role = replica")
        for statement in statements:
            server.execute(statement)


def look(
    url: str,
    environ: Mapping[str, str] = SIGNED,
    *,
    clock: Callable[[], datetime] | None = None,
    **flags: str,
) -> list[Row]:
    """Every row, each command that it advises being one that exists."""
    report = examine(load_anyway({"database": url, **flags}, environ), environ, clock=clock)
    rows = [
        (one.status.value, one.check, one.subject, one.message, one.advice)
        for one in report.findings
    ]
    for row in rows:
        for command in commands_in(row[4]):
            require_command(command)
    return rows


def amiss(rows: list[Row]) -> list[Row]:
    """The rows of what is not well."""
    return [row for row in rows if row[0] != "ok"]


def checks(rows: list[Row]) -> dict[str, str]:
    """Each check with the status of its first row."""
    found: dict[str, str] = {}
    for status, check, *_ in rows:
        found.setdefault(check, status)
    return found


def commands_in(advice: str) -> list[list[str]]:
    """The commands of grantctl in a piece of advice, as words."""
    return [shlex.split(command) for command in _COMMAND.findall(advice)]


def require_command(words: list[str]) -> None:
    """Have the command line's own parser take the words, without running them."""
    command = get_command(app)
    rest = [*words[1:], "SOURCE"] if words == IMPORT else words[1:]
    while hasattr(command, "commands"):
        command = command.commands[rest.pop(0)]
    command.make_context(words[-1], rest)
