"""Connections that threads share: how many, and what becomes of dead ones."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread

import psycopg
import pytest

from grantctl.errors import DatabaseError, InvalidError, NotFoundError, UsageError
from grantctl.integrations import slots
from grantctl.integrations.pool import ReaderPool, pool_of
from grantctl.model import Role
from grantctl.operations.changes import Intent
from grantctl.operations.roles import set_role
from grantctl.operations.users import create_user
from grantctl.store import connection as connections
from grantctl.store.connection import Connection
from grantctl.store.database import Database
from grantctl.store.driver_errors import TransientError
from grantctl.store.reader import Reader
from grantctl.store.url import DatabaseUrl, parse_url
from tests.conftest import Cli

INTENT = Intent("tester")
THREADS = 12

Opened = list[Connection]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Every connection that a pool opens."""
    found: Opened = []

    def remembering(url: DatabaseUrl) -> Connection:
        found.append(connections.open_reading(url))
        return found[-1]

    monkeypatch.setattr(slots, "open_reading", remembering)
    return found


@pytest.fixture
def pool(url: str, database: Database) -> Iterator[ReaderPool]:
    """A pool of three on a database with one admin."""
    create_user(database, INTENT, email="ada@example.com")
    pool = pool_of(url, size=3)
    yield pool
    pool.close()


def role_of_ada(reader: Reader) -> Role:
    return reader.find_user("ada@example.com").role


def is_open(connection: Connection) -> bool:
    try:
        return connection.rows("SELECT 1") == [(1,)]
    except DatabaseError:
        return False


def test_one_thread_needs_one_connection(pool: ReaderPool, opened: Opened) -> None:
    assert opened == []
    assert [pool.read(role_of_ada) for _ in range(5)] == [Role.ADMIN] * 5
    assert len(opened) == 1


def test_what_another_process_commits_is_seen_by_the_next_read(
    pool: ReaderPool, opened: Opened, process: Cli, url: str
) -> None:
    assert pool.read(role_of_ada) is Role.ADMIN
    environment = {"GRANTCTL_DATABASE": url}
    for line in (
        "users create bob@example.com --role admin",
        "roles assign pending ada@example.com",
    ):
        assert process(*line.split(), "--yes", env=environment).code == 0
    assert pool.read(role_of_ada) is Role.PENDING
    assert len(opened) == 1


def test_threads_share_no_connection_and_open_no_more_than_they_may(
    pool: ReaderPool, opened: Opened
) -> None:
    busy: set[int] = set()

    def work(reader: Reader) -> Role:
        mine = id(reader._connection)
        assert mine not in busy
        busy.add(mine)
        role = role_of_ada(reader)
        time.sleep(0.001)
        busy.remove(mine)
        return role

    with ThreadPoolExecutor(THREADS) as threads:
        roles = list(threads.map(lambda _: pool.read(work), range(200)))
    assert roles == [Role.ADMIN] * 200
    assert 2 <= len(opened) <= 3


def test_readers_and_a_writer_do_not_disturb_each_other(
    pool: ReaderPool, database: Database
) -> None:
    create_user(database, INTENT, email="bob@example.com", role=Role.ADMIN)
    done = Event()

    def read(_: int) -> set[Role]:
        seen = set()
        while not done.is_set():
            seen.add(pool.read(role_of_ada))
        return seen

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read, number) for number in range(4)]
        try:
            for role in (Role.USER, Role.ADMIN) * 5:
                set_role(database, INTENT, ["ada@example.com"], role)
                assert pool.read(role_of_ada) is role
        finally:
            done.set()
        assert set().union(*(one.result() for one in readers)) <= {Role.USER, Role.ADMIN}


def test_who_finds_every_connection_in_use_waits_and_then_is_told(url: str) -> None:
    pool = ReaderPool(parse_url(url), size=1, wait_seconds=0.05)
    inside, leave = Event(), Event()

    def stay(reader: Reader) -> None:
        inside.set()
        leave.wait(30)

    holder = Thread(target=pool.read, args=(stay,))
    holder.start()
    assert inside.wait(30)
    with pytest.raises(DatabaseError, match="every connection to the database is in use"):
        pool.read(lambda reader: None)
    leave.set()
    holder.join()
    assert pool.read(lambda reader: 1) == 1
    pool.close()


def test_an_answer_that_nothing_is_found_keeps_the_connection(
    pool: ReaderPool, opened: Opened
) -> None:
    for _ in range(3):
        with pytest.raises(NotFoundError):
            pool.read(lambda reader: reader.permission_facts("nobody", "chat"))
    assert len(opened) == 1


def test_a_connection_left_in_an_unknown_state_is_not_used_again(
    pool: ReaderPool, opened: Opened
) -> None:
    def fail(reader: Reader) -> None:
        reader._connection.raw.execute("BEGIN")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pool.read(fail)
    assert pool.read(role_of_ada) is Role.ADMIN
    assert len(opened) == 2
    assert not is_open(opened[0])


@pytest.mark.parametrize("engine", ["postgresql"])
def test_connections_that_the_server_ended_are_replaced(
    pool: ReaderPool, opened: Opened, url: str
) -> None:
    fill(pool, 3)
    assert len(opened) == 3
    end_every_connection(url)
    with ThreadPoolExecutor(THREADS) as threads:
        roles = list(threads.map(lambda _: pool.read(role_of_ada), range(50)))
    assert roles == [Role.ADMIN] * 50
    assert len(opened) <= 6


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_read_during_which_its_connection_ends_is_done_again(
    pool: ReaderPool, opened: Opened, url: str
) -> None:
    pool.read(role_of_ada)
    attempts = []

    def work(reader: Reader) -> Role:
        attempts.append(reader)
        if len(attempts) == 1:
            end_every_connection(url)
        return role_of_ada(reader)

    assert pool.read(work) is Role.ADMIN
    assert len(attempts) == 2


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_fresh_connection_that_ends_is_an_error(pool: ReaderPool, url: str) -> None:
    attempts = []

    def work(reader: Reader) -> Role:
        attempts.append(reader)
        end_every_connection(url)
        return role_of_ada(reader)

    pool.read(role_of_ada)
    with pytest.raises(DatabaseError, match="the connection to the database was lost"):
        pool.read(work)
    assert len(attempts) == 2
    assert pool.read(role_of_ada) is Role.ADMIN


def test_a_connection_that_somebody_closed_is_replaced(pool: ReaderPool, opened: Opened) -> None:
    pool.read(role_of_ada)
    opened[0].close()
    assert pool.read(role_of_ada) is Role.ADMIN
    assert len(opened) == 2


def test_an_error_on_a_connection_that_answers_is_not_tried_again(pool: ReaderPool) -> None:
    attempts = []

    def work(reader: Reader) -> None:
        attempts.append(reader)
        reader._connection.rows("SELECT 1 FROM nowhere")

    pool.read(role_of_ada)
    with pytest.raises(DatabaseError, match="lacks a table"):
        pool.read(work)
    assert len(attempts) == 1


def test_a_read_that_another_transaction_made_fail_is_done_again(pool: ReaderPool) -> None:
    attempts = []

    def work(reader: Reader) -> Role:
        attempts.append(reader)
        if len(attempts) < 3:
            raise TransientError("another change came first")
        return role_of_ada(reader)

    assert pool.read(work) is Role.ADMIN


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_that_was_put_in_the_place_of_another_is_read(
    pool: ReaderPool, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "grantctl.db"
    copy = tmp_path / "copy.db"
    shutil.copyfile(path, copy)
    create_user(database, INTENT, email="bob@example.com", role=Role.ADMIN)
    set_role(database, INTENT, ["ada@example.com"], Role.PENDING)
    assert pool.read(role_of_ada) is Role.PENDING
    path.with_name("grantctl.db-wal").unlink(missing_ok=True)
    path.with_name("grantctl.db-shm").unlink(missing_ok=True)
    copy.rename(path)
    assert pool.read(role_of_ada) is Role.ADMIN


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_that_is_gone_is_an_error_and_no_old_answer(
    pool: ReaderPool, tmp_path: Path
) -> None:
    pool.read(role_of_ada)
    (tmp_path / "grantctl.db").unlink()
    with pytest.raises(DatabaseError, match="there is no database at"):
        pool.read(role_of_ada)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_file_that_is_read_without_locks_is_opened_each_time(
    pool: ReaderPool, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "is_unlocked", property(lambda self: True))
    for _ in range(3):
        pool.read(role_of_ada)
    assert [is_open(one) for one in opened] == [False] * 3


def test_a_database_that_another_version_migrated_meanwhile_is_refused(
    pool: ReaderPool, url: str
) -> None:
    pool.read(role_of_ada)
    other = connections.open_writing(parse_url(url))
    other.run("UPDATE grantctl_revision SET version_num = '9999'")
    other.close()
    with pytest.raises(DatabaseError, match="has revision `9999`"):
        pool.read(role_of_ada)


def test_a_closed_pool_has_no_connection_and_opens_none(pool: ReaderPool, opened: Opened) -> None:
    fill(pool, 3)
    pool.close()
    assert [is_open(one) for one in opened] == [False] * 3
    with pytest.raises(DatabaseError, match="are closed"):
        pool.read(role_of_ada)
    pool.open()
    assert pool.read(role_of_ada) is Role.ADMIN


def test_a_connection_in_use_is_closed_when_its_reader_is_done(
    pool: ReaderPool, opened: Opened
) -> None:
    def work(reader: Reader) -> Role:
        pool.close()
        return role_of_ada(reader)

    assert pool.read(work) is Role.ADMIN
    assert [is_open(one) for one in opened] == [False]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_opens_connections_of_its_own(pool: ReaderPool, opened: Opened) -> None:
    pool.read(role_of_ada)
    child = os.fork()
    if child == 0:
        is_well = pool.read(role_of_ada) is Role.ADMIN and len(opened) == 2
        os._exit(0 if is_well else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.read(role_of_ada) is Role.ADMIN
    assert len(opened) == 1


@pytest.mark.parametrize("size", [0, -1, 1001, True])
def test_a_size_that_is_none_is_refused(size: int) -> None:
    with pytest.raises(InvalidError, match="the size of a pool"):
        pool_of("sqlite:///none.db", size=size)


def test_an_attached_database_is_refused() -> None:
    with pytest.raises(UsageError, match="its changes would not be seen"):
        pool_of("openwebui+sqlite:///webui.db")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_relative_path_stays_where_it_was_named(
    pool: ReaderPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = pool_of("sqlite:///grantctl.db")
    monkeypatch.chdir("/")
    assert relative.read(role_of_ada) is Role.ADMIN
    relative.close()


def hold_verdicts(pool: ReaderPool, monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """Have quick verdicts of the pool's one connection say that they have begun, and wait."""
    inside, leave = Event(), Event()
    assert pool.verdict("ada@example.com", "chat") is not None
    [slot] = [one for one in pool._slots if one.quick is not None]
    assert slot.quick is not None
    plain = slot.quick.verdict

    class Held:
        def verdict(self, user: str, asked: str) -> object:
            inside.set()
            assert leave.wait(30)
            return plain(user, asked)

    slot.quick = Held()
    return inside, leave


def test_who_waits_for_a_quick_verdict_to_end_has_its_turn_then(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_user(database, INTENT, email="ada@example.com")
    pool = ReaderPool(parse_url(url), size=1, wait_seconds=5)
    inside, leave = hold_verdicts(pool, monkeypatch)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.verdict, "ada@example.com", "chat")
        assert inside.wait(30)
        second = threads.submit(pool.read, role_of_ada)
        while not pool._turns.waiting:
            time.sleep(0.001)
        leave.set()
        assert second.result() is Role.ADMIN
        assert first.result() is not None
    pool.close()


def test_a_pool_that_is_closed_during_a_quick_verdict_keeps_no_connection(
    database: Database, url: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_user(database, INTENT, email="ada@example.com")
    pool = ReaderPool(parse_url(url), size=1)
    inside, leave = hold_verdicts(pool, monkeypatch)
    with ThreadPoolExecutor(1) as threads:
        verdict = threads.submit(pool.verdict, "ada@example.com", "chat")
        assert inside.wait(30)
        pool.close()
        leave.set()
        assert verdict.result() is not None
    assert [is_open(one) for one in opened] == [False]
    with pytest.raises(DatabaseError, match="are closed"):
        pool.verdict("ada@example.com", "chat")


def test_a_quick_verdict_that_is_interrupted_leaves_no_connection_behind(
    pool: ReaderPool, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool.verdict("ada@example.com", "chat") is not None
    [slot] = [one for one in pool._slots if one.quick is not None]

    class Broken:
        def verdict(self, user: str, asked: str) -> object:
            raise KeyboardInterrupt

    slot.quick = Broken()
    with pytest.raises(KeyboardInterrupt):
        pool.verdict("ada@example.com", "chat")
    assert [is_open(one) for one in opened] == [False]
    assert pool.verdict("ada@example.com", "chat") is not None


@pytest.mark.parametrize("engine", ["postgresql"])
def test_quick_verdicts_outlive_the_end_of_every_connection(pool: ReaderPool, url: str) -> None:
    for _ in range(2):
        assert pool.read(role_of_ada) is Role.ADMIN
        assert pool.verdict("ada@example.com", "chat") is not None
        end_every_connection(url)
        assert pool.verdict("ada@example.com", "chat") is None  # the long way is asked then
        assert pool.verdict("ada@example.com", "chat") is not None


def fill(pool: ReaderPool, count: int) -> None:
    """Have the pool open so many connections."""
    together = Barrier(count)
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(lambda _: pool.read(lambda reader: together.wait(30)), range(count)))


def end_every_connection(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
