"""Processes of their own that change one database at the same moment.

Owns starting them, letting them go together, and what each of them saw.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.connection import Connection
from typing import Any

from grantctl.errors import GrantctlError
from grantctl.model import Role
from grantctl.operations import changes
from grantctl.operations.changes import Intent
from grantctl.operations.claims_files import open_claims_lines
from grantctl.operations.oauth_login import Expected, login
from grantctl.operations.oauth_sync import sync
from grantctl.operations.policies import set_default_role
from grantctl.operations.roles import set_role
from grantctl.operations.users import create_user, delete_users
from grantctl.store.database import Database
from grantctl.store.url import parse_url
from tests.forked import FORKS

INTENT = Intent("racer")
DONE = "done"
THREADS = 7


@dataclass(frozen=True)
class Step:
    """One racer's part: the name of a function of `STEPS`, and its arguments."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """`outcome` is `done`, or the code of the error."""

    outcome: str
    message: str = ""


class Racers:
    """Some processes that wait for work; a race lets as many as there are steps go at once."""

    def __init__(self, count: int) -> None:
        self._ends: list[Connection[Any, Any]] = []
        self._processes = []
        for _ in range(count):
            here, there = FORKS.Pipe()
            process = FORKS.Process(target=_work, args=(there,), daemon=True)
            process.start()
            self._ends.append(here)
            self._processes.append(process)

    def race(self, url: str, steps: Sequence[Step]) -> list[Result]:
        """What each step came to. All are ready before the first begins."""
        ends = self._ends[: len(steps)]
        assert len(ends) == len(steps)
        for end, step in zip(ends, steps, strict=True):
            end.send((url, step))
        for end in ends:
            end.recv()
        for end in ends:
            end.send("go")
        return [result for end in ends for result in end.recv()]

    def close(self) -> None:
        for end in self._ends:
            end.send(None)
        for process in self._processes:
            process.join(10)


def _work(end: Connection[Any, Any]) -> None:
    while (task := end.recv()) is not None:
        url, step = task
        database = Database(parse_url(url))
        end.send("ready")
        end.recv()
        end.send(STEPS[step.name](database, *step.arguments))


def _attempt(work: Any, *arguments: Any, **named: Any) -> list[Result]:
    try:
        work(*arguments, **named)
    except GrantctlError as error:
        return [Result(error.code, error.message)]
    return [Result(DONE)]


def _create(database: Database, email: str) -> list[Result]:
    return _attempt(create_user, database, INTENT, email=email)


def _create_many(database: Database, prefix: str) -> list[Result]:
    """A user for each of some threads, so that all of them write at once."""
    emails = [f"{prefix}-{number}@example.com" for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        results = threads.map(lambda email: _create(database, email), emails)
    return [result for part in results for result in part]


def _set_role(database: Database, user: str, role: str) -> list[Result]:
    return _attempt(set_role, database, INTENT, [user], Role(role))


def _delete(database: Database, user: str) -> list[Result]:
    return _attempt(delete_users, database, INTENT, [user])


def _set_default_role(database: Database, role: str) -> list[Result]:
    return _attempt(set_default_role, database, INTENT, Role(role))


def _oauth_login(database: Database, text: str) -> list[Result]:
    return _attempt(login, database, INTENT, text, Expected())


STEPS: dict[str, Callable[..., list[Result]]] = {
    "oauth_login": _oauth_login,
    "create": _create,
    "create_many": _create_many,
    "set_role": _set_role,
    "delete": _delete,
    "set_default_role": _set_default_role,
}


def delete_and_die(url: str, users: list[str], at: int) -> None:
    """Delete users in one change, and be killed at one of its audit entries."""
    seen = 0
    record = changes.Change.record

    def die(change: changes.Change, *arguments: Any, **named: Any) -> None:
        nonlocal seen
        record(change, *arguments, **named)
        seen += 1
        if seen == at:
            change.session.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    changes.Change.record = die  # type: ignore[method-assign, assignment]
    delete_users(Database(parse_url(url)), INTENT, users)


def sync_and_die(url: str, claims: bytes, at: int) -> None:
    """Synchronise people in one change, and be killed when that many lines are done."""

    def die(done: int) -> None:
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_claims_lines(BytesIO(claims)) as lines:
        sync(Database(parse_url(url)), INTENT, lines, progress=die)


def create_for_ever(url: str) -> None:
    """Make one user after the other until somebody ends it."""
    database, number = Database(parse_url(url)), 0
    while True:
        number += 1
        create_user(database, INTENT, email=f"{os.getpid()}-{number}@example.com")
