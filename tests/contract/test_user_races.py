"""Guards that hold, and writes that succeed, whoever else writes: real processes, both engines."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from sqlmodel import Session, delete, func, select

from grantctl.model import Role
from grantctl.operations.changes import Intent
from grantctl.operations.pages import PageRequest
from grantctl.operations.roles import set_role
from grantctl.operations.users import create_user, list_users
from grantctl.store.database import Database
from grantctl.store.session import change, read_session
from grantctl.store.tables import AuditEventRow, UserRow
from tests.contract.racers import (
    DONE,
    THREADS,
    Racers,
    Result,
    Step,
    create_for_ever,
    delete_and_die,
)
from tests.forked import FORKS

INTENT = Intent("tester")
ROUNDS = 5
RACERS = 8
LAST_ADMIN = "is the last admin and must stay one"


@pytest.fixture(scope="module")
def racers() -> Iterator[Racers]:
    """Processes that have imported everything, and wait."""
    waiting = Racers(RACERS)
    yield waiting
    waiting.close()


def roles_by_email(database: Database) -> dict[str, str]:
    users = list_users(database, PageRequest(None)).items
    return {str(user.email): user.role.value for user in users}


def forget_everybody(database: Database) -> None:
    def work(session: Session) -> None:
        session.exec(delete(UserRow))
        session.exec(delete(AuditEventRow))

    change(database, work, dry_run=False)


def count_events(database: Database, action: str) -> int:
    with read_session(database) as session:
        query = select(func.count()).where(AuditEventRow.action == action)
        return int(session.exec(query).one())


def test_of_users_created_at_once_exactly_one_is_the_first(
    database: Database, url: str, racers: Racers
) -> None:
    for _ in range(ROUNDS):
        steps = [Step("create", (f"user{number}@example.com",)) for number in range(4)]
        assert racers.race(url, steps) == [Result(DONE)] * 4
        assert sorted(roles_by_email(database).values()) == ["admin", *["pending"] * 3]
        forget_everybody(database)


def test_of_two_users_with_one_address_only_one_is_made(
    database: Database, url: str, racers: Racers
) -> None:
    for number in range(ROUNDS):
        email = f"user{number}@example.com"
        results = racers.race(url, [Step("create", (email,)), Step("create", (email.upper(),))])
        assert sorted(result.outcome for result in results) == ["conflict", DONE]
    assert len(roles_by_email(database)) == ROUNDS


FALLS: dict[str, Callable[[str], Step]] = {
    "demoted": lambda user: Step("set_role", (user, "user")),
    "suspended": lambda user: Step("set_role", (user, "pending")),
    "deleted": lambda user: Step("delete", (user,)),
}


def test_of_two_admins_who_remove_each_other_one_stays(
    database: Database, url: str, racers: Racers
) -> None:
    ada, bob = "ada@example.com", "bob@example.com"
    for first, second in product(FALLS, FALLS):
        for email in (ada, bob):
            if email not in roles_by_email(database):
                create_user(database, INTENT, email=email)
            set_role(database, INTENT, [email], Role.ADMIN)
        results = racers.race(url, [FALLS[first](bob), FALLS[second](ada)])
        assert sorted(result.outcome for result in results) == [DONE, "guard"], (first, second)
        assert any(result.message.endswith(LAST_ADMIN) for result in results)
        assert list(roles_by_email(database).values()).count("admin") == 1


def test_of_four_admins_who_fall_at_once_one_stays(
    database: Database, url: str, racers: Racers
) -> None:
    emails = [f"admin{number}@example.com" for number in range(4)]
    for email in emails:
        create_user(database, INTENT, email=email, role=Role.ADMIN)
    for _ in range(ROUNDS):
        results = racers.race(url, [Step("set_role", (email, "pending")) for email in emails])
        assert sorted(result.outcome for result in results) == [DONE, DONE, DONE, "guard"]
        assert sorted(roles_by_email(database).values()) == ["admin", *["pending"] * 3]
        set_role(database, INTENT, emails, Role.ADMIN)


def test_more_than_fifty_writers_at_once_all_succeed(
    database: Database, url: str, racers: Racers
) -> None:
    steps = [Step("create_many", (f"racer{number}",)) for number in range(RACERS)]
    assert RACERS * THREADS > 50
    assert racers.race(url, steps) == [Result(DONE)] * RACERS * THREADS
    roles = list(roles_by_email(database).values())
    assert (len(roles), roles.count("admin")) == (RACERS * THREADS, 1)
    assert count_events(database, "user.create") == RACERS * THREADS


def test_a_default_role_holds_for_the_next_user_of_another_process(
    database: Database, url: str, racers: Racers
) -> None:
    create_user(database, INTENT, email="ada@example.com")
    idle = Step("create", ("ada@example.com",))  # a conflict: the racer that only waits
    for number, role in enumerate(("user", "pending", "user")):
        racers.race(url, [Step("set_default_role", (role,))])
        email = f"user{number}@example.com"
        racers.race(url, [idle, Step("create", (email,))])
        assert roles_by_email(database)[email] == role


@pytest.mark.parametrize("at", [1, 3])
def test_a_process_killed_in_the_middle_leaves_nothing_of_its_change(
    database: Database, url: str, at: int
) -> None:
    emails = [f"user{number}@example.com" for number in range(5)]
    for email in emails:
        create_user(database, INTENT, email=email)
    before = roles_by_email(database)
    process = FORKS.Process(target=delete_and_die, args=(url, emails[1:], at))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert roles_by_email(database) == before
    assert count_events(database, "user.delete") == 0
    create_user(database, INTENT, email="later@example.com")
    require_sound(database)


def test_whenever_a_process_is_killed_each_user_has_its_audit_entry(
    database: Database, url: str
) -> None:
    for number in range(3):
        before = len(roles_by_email(database))
        process = FORKS.Process(target=create_for_ever, args=(url,))
        process.start()
        deadline = time.monotonic() + 60
        while len(roles_by_email(database)) < before + 3 + number:
            assert time.monotonic() < deadline
        process.kill()
        process.join(60)
        create_user(database, INTENT, email=f"after{number}@example.com")
        assert len(roles_by_email(database)) == count_events(database, "user.create")
        assert list(roles_by_email(database).values()).count("admin") == 1
        require_sound(database)


def require_sound(database: Database) -> None:
    """SQLite finds nothing wrong with its file; Postgres looks after itself."""
    if database.url.path is not None:
        connection = sqlite3.connect(database.url.path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
