"""Other programs that change the same rows of a Postgres database, or hold its locks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlmodel import Session, select

from grantctl.errors import DatabaseError
from grantctl.operations import importing
from grantctl.operations.attaching import import_openwebui
from grantctl.store import postgres
from grantctl.store.database import Database
from grantctl.store.driver_errors import MAX_ATTEMPTS, TransientError, retried
from grantctl.store.session import change
from grantctl.store.tables import PermissionRow
from grantctl.store.transactions import WRITE_LOCK
from tests.conftest import Cli
from tests.contract.damage import OPEN_WEBUI
from tests.running import refusal

KEY, OTHER_KEY = "chat.controls", "chat.edit"
UPDATE = "UPDATE permissions SET description = %s WHERE key = %s"
CHANGE = ("permissions", "set", "--default", f"{KEY}=false")
LOCKED = "the database is locked by another change: postgresql://"


@pytest.fixture
def engine() -> str:
    """All of these tests are about Postgres."""
    return "postgresql"


@pytest.fixture
def other(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Another program's connection to the test's database."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LOCK_TIMEOUT_SECONDS", 0.2)


def set_default(session: Session, key: str) -> None:
    row = session.exec(select(PermissionRow).where(PermissionRow.key == key)).one()
    row.default_allowed = False
    session.add(row)
    session.flush()


def defaults(database: Database) -> list[bool]:
    with database.reader() as reader:
        catalogue = reader.catalogue()
    return [catalogue[key].default for key in (KEY, OTHER_KEY)]


def test_a_change_that_lost_against_another_is_done_again(
    database: Database,
    other: psycopg.Connection[tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = postgres.connect

    def connect_strictly(*arguments: object, **named: object) -> psycopg.Connection[object]:
        raw = connect(*arguments, **named)  # type: ignore[arg-type]
        raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return raw

    monkeypatch.setattr(postgres, "connect", connect_strictly)
    attempts: list[int] = []

    def work(session: Session) -> str:
        attempts.append(len(attempts) + 1)
        if len(attempts) < 3:
            other.execute(UPDATE, [f"attempt {attempts[-1]}", KEY])
        set_default(session, KEY)
        return "done"

    assert change(database, work, dry_run=False) == "done"
    assert attempts == [1, 2, 3]
    assert defaults(database) == [False, True]


def test_a_change_that_is_blocked_crosswise_is_done_again(
    database: Database, url: str, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    attempts: list[int] = []
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
    with psycopg.connect(url) as crossing:
        pid = crossing.info.backend_pid

        def cross() -> None:
            crossing.execute(UPDATE, ["crossed", KEY])
            crossing.commit()

        thread = threading.Thread(target=cross)

        def work(session: Session) -> str:
            attempts.append(1)
            if len(attempts) == 1:
                session.connection().exec_driver_sql("SET LOCAL deadlock_timeout = '100ms'")
                crossing.execute(UPDATE, ["crossed", OTHER_KEY])
                set_default(session, KEY)
                thread.start()
                while other.execute(waiting, [pid]).fetchone() == (0,):
                    time.sleep(0.01)
            set_default(session, KEY)
            set_default(session, OTHER_KEY)
            return "done"

        assert change(database, work, dry_run=False) == "done"
        thread.join()
    assert len(attempts) == 2
    assert defaults(database) == [False, False]


def test_a_change_is_not_tried_for_ever() -> None:
    attempts = []

    def work() -> None:
        attempts.append(1)
        raise TransientError("another change came first, nothing was changed")

    with pytest.raises(DatabaseError, match="another change came first"):
        retried(work)
    assert len(attempts) == MAX_ATTEMPTS == 5


def test_an_import_is_done_again_too(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []
    take_flags = importing.take_flags

    def fail_at_first(*arguments: object) -> None:
        attempts.append(1)
        take_flags(*arguments)  # type: ignore[arg-type]
        if len(attempts) < 3:
            raise TransientError("another change came first, nothing was changed")

    monkeypatch.setattr(importing, "take_flags", fail_at_first)
    report = import_openwebui(database.url, str(OPEN_WEBUI), actor="tester")
    assert len(attempts) == 3
    assert report.tallies["users"].created > 0


@pytest.mark.parametrize("command", [CHANGE, ("import", "openwebui", str(OPEN_WEBUI))])
@pytest.mark.usefixtures("impatient")
def test_a_writer_waits_for_another_and_then_gives_up(
    command: tuple[str, ...], cli: Cli, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    other.execute("SELECT pg_advisory_lock(%s)", [WRITE_LOCK])
    outcome = cli(*command)
    assert outcome.code == 7
    message, hint = refusal(outcome)
    assert message.startswith(LOCKED)
    assert hint == "try again when it has ended"
    assert cli("check", "nobody", KEY).code == 4  # reading goes on
    other.execute("SELECT pg_advisory_unlock(%s)", [WRITE_LOCK])
    assert cli(*command).code == 0


@pytest.mark.usefixtures("impatient")
def test_an_initialisation_waits_for_another_and_then_gives_up(
    cli: Cli, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    other.execute("SELECT pg_advisory_lock(%s)", [WRITE_LOCK])
    assert refusal(cli("init"))[0].startswith(LOCKED)


@pytest.mark.usefixtures("impatient")
def test_reading_does_not_wait_for_ever_either(
    cli: Cli, other: psycopg.Connection[tuple[object, ...]]
) -> None:
    with other.transaction():
        other.execute("LOCK TABLE users, permissions IN ACCESS EXCLUSIVE MODE")
        for command in (("check", "ada", KEY), ("users", "list"), ("db", "status")):
            outcome = cli(*command)
            assert (outcome.code, refusal(outcome)[0][: len(LOCKED)]) == (7, LOCKED)
