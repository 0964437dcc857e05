"""SQLite files that another program writes, that a killed one left, or that may only be read."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grantctl.operations.changes import Intent
from grantctl.operations.databases import create_database
from grantctl.store import sqlite_file
from grantctl.store.connection import open_writing
from grantctl.store.url import file_url, parse_url
from tests.contract.damage import OPEN_WEBUI, footprint
from tests.contract.nobody import as_nobody, open_folder
from tests.contract.questions import CHANGE, DENIED, KEY, QUESTIONS, ask
from tests.contract.signals import run_and_send
from tests.running import refusal


@pytest.fixture
def locked(path: Path, healthy: Path) -> Iterator[Path]:
    """A database in which another program has begun to write."""
    shutil.copyfile(healthy, path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM users")
    yield path
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("command", QUESTIONS, ids=lambda command: command[0])
def test_reading_goes_on_while_another_writes(
    locked: Path, healthy: Path, command: tuple[str, ...]
) -> None:
    assert ask(locked, *command) == ask(healthy, *command)


@pytest.mark.parametrize(
    "command", [CHANGE, ("import", "openwebui", str(OPEN_WEBUI))], ids=lambda one: one[0]
)
def test_a_second_writer_gives_up_after_a_while(
    locked: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_SECONDS", 0.1)
    for outcome in (ask(locked, *command), ask(locked, *command, "--dry-run")):
        assert outcome.code == 7
        assert refusal(outcome) == (
            f"the database is locked by another process: {file_url(str(locked))}",
            "try again when it has ended",
        )


def test_waiting_for_another_writer_can_be_interrupted(locked: Path) -> None:
    ended = run_and_send(signal.SIGINT, 2, *CHANGE, url=str(file_url(str(locked))))
    assert (ended.code, ended.out, ended.err) == (130, "", "interrupted\n")
    assert ended.seconds < sqlite_file.BUSY_TIMEOUT_SECONDS


def test_of_many_writers_none_is_left_waiting(path: Path, healthy: Path) -> None:
    shutil.copyfile(healthy, path)
    url = file_url(str(path))

    def write(number: int) -> None:
        for _ in range(5):
            connection = open_writing(url)
            with connection.writing():
                connection.run("UPDATE users SET updated_at = updated_at + 1")
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(write, range(10)))
    with sqlite3.connect(path) as raw:
        [(before,)] = sqlite3.connect(healthy).execute("SELECT sum(updated_at) FROM users")
        [(after, users)] = raw.execute("SELECT sum(updated_at), count(*) FROM users")
    raw.close()
    assert after == before + 50 * users


KILLED = """
import os, sqlite3, sys
raw = sqlite3.connect(sys.argv[1], isolation_level=None)
raw.execute("UPDATE permissions SET default_allowed = 1 WHERE key = 'chat.controls'")
raw.execute("BEGIN IMMEDIATE")
raw.execute("DELETE FROM users")
raw.execute("PRAGMA cache_spill = 1")
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_writer_committed_counts_and_nothing_else(path: Path, healthy: Path) -> None:
    shutil.copyfile(healthy, path)
    assert ask(path, "check", DENIED, KEY).code == 3
    subprocess.run([sys.executable, "-c", KILLED, str(path)])
    assert path.with_name("g.db-wal").stat().st_size > 0
    main = path.read_bytes()
    assert ask(path, "check", DENIED, KEY).code == 0
    assert path.read_bytes() == main
    assert ask(path, "permissions", "set", "--default", f"{KEY}=false").code == 0
    assert ask(path, "check", DENIED, KEY).code == 3
    assert [one.name for one in path.parent.iterdir()] == ["g.db"]


@pytest.mark.parametrize(
    ("file_mode", "folder_mode"), [(0o444, 0o555), (0o644, 0o555), (0o444, 0o755)]
)
def test_what_may_only_be_read_is_read_and_not_written(
    file_mode: int, folder_mode: int, healthy: Path
) -> None:
    with open_folder() as folder:
        path = folder / "g.db"
        shutil.copyfile(healthy, path)
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        for command in QUESTIONS:
            expected = ask(healthy, *command)
            assert as_nobody(lambda: ask(path, *command)) == expected  # noqa: B023
        before = footprint(folder)
        outcome = as_nobody(lambda: ask(path, *CHANGE))
        assert outcome.code == 7
        message, hint = refusal(outcome)
        assert message in (
            f"the database cannot be written: {file_url(str(path))}",
            f"the database cannot be opened: {file_url(str(path))}",
        )
        assert hint == "check the permissions of the file and of its folder"
        assert footprint(folder) == before
        folder.chmod(0o755)


def test_what_may_not_be_read_is_said(healthy: Path) -> None:
    with open_folder() as folder:
        path = folder / "g.db"
        shutil.copyfile(healthy, path)
        path.chmod(0)
        (folder / "closed").mkdir(mode=0)
        for outcome in (
            as_nobody(lambda: ask(path, *QUESTIONS[0])),
            as_nobody(lambda: ask(path, "init")),
            as_nobody(lambda: ask(folder / "closed" / "g.db", *QUESTIONS[0])),
            as_nobody(lambda: ask(folder / "closed" / "g.db", "init")),
        ):
            assert outcome.code == 7
            message, hint = refusal(outcome)
            assert "cannot be" in message
            assert hint == "check the permissions of the file and of its folder"
        (folder / "closed").chmod(0o755)
        folder.chmod(0o555)
        for flags in ((), ("--dry-run",)):
            outcome = as_nobody(lambda: ask(folder / "new.db", "init", *flags))  # noqa: B023
            assert (outcome.code, *refusal(outcome)) == (
                7,
                f"`{folder}/new.db` cannot be made: permission denied",
                "another place? --database sqlite:///PATH",
            )
        folder.chmod(0o755)


def test_an_initialised_database_in_an_empty_file_is_whole(path: Path) -> None:
    path.touch()
    assert create_database(parse_url(f"sqlite:///{path}"), Intent("tester", dry_run=True))
    assert footprint(path.parent) == {"g.db": b""}
    assert create_database(parse_url(f"sqlite:///{path}"), Intent("tester"))
    assert ask(path, "db", "check").code == 0
