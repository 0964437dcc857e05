"""Commands of advice, carried out by the real command line, and what is allowed around them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grantctl.errors import NotFoundError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.facts import User
from grantctl.operations.access_questions import ANY, reachable
from grantctl.operations.questions import Question, access
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.url import parse_url
from tests.commands import Cli, invoke
from tests.contract.resource_worlds import ACTIONS, ResourceWorld

BY_ROLE = ("users", "set-role")


@dataclass(frozen=True)
class Powers:
    """Who has what is asked, and what one user has and may do.

    `rights`: what is told of the user; `may`: all, of actions too that no grant names any more.
    """

    having: frozenset[str]
    permissions: frozenset[str]
    rights: frozenset[str]
    may: frozenset[str]


def run_on(database: Database) -> Cli:
    """The real command line on this database."""
    variables = {"GRANTCTL_DATABASE": str(database.url), "GRANTCTL_ACTOR": "tester"}
    return lambda *words: invoke(words, env=variables)


def carry_out(cli: Cli, commands: Iterable[Sequence[str]]) -> None:
    """Run commands as a person would who says yes."""
    for program, *words in commands:
        assert program == "grantctl"
        yes = ["--yes"] if tuple(words[:2]) == BY_ROLE and words[-1] == "admin" else []
        outcome = cli(*words, *yes)
        assert outcome.code == 0, (words, outcome)


def powers(reader: Reader, user: User, now: datetime, who: Callable[[], set[str]]) -> Powers:
    found = access(reader, user.id, Question(), now=now)
    allowed = {leaf.permission.key for leaf in found.leaves if found.is_allowed(leaf)}
    rights = frozenset(_rights(reader, user, ANY, now))
    may = rights.union(*(_rights(reader, user, action, now) for action in ACTIONS))
    return Powers(frozenset(who()), frozenset(allowed), rights, may)


def _rights(reader: Reader, user: User, action: str, now: datetime) -> set[str]:
    try:
        reached = reachable(reader, user.id, "*", AccessQuestion(action), now=now)
    except NotFoundError:  # there is no resource
        return set()
    return {f"{one.action} {one.resource.ref}" for one in reached}


def file_of(
    template: Path, folder: Path, world: ResourceWorld
) -> tuple[Database, Callable[[], None]]:
    """A file that holds the world, and what brings it back."""
    path, kept = folder / "generated.db", folder / "kept.db"
    for old in (*folder.glob("generated.db*"), *folder.glob("kept.db*")):
        old.unlink()
    shutil.copyfile(template, path)
    database = Database(parse_url(f"sqlite:///{path}"))
    world.write(database)
    shutil.copyfile(path, kept)

    def restore() -> None:
        for old in folder.glob("generated.db*"):
            old.unlink()
        shutil.copyfile(kept, path)

    return database, restore
