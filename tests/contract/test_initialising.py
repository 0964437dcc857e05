"""Making a database: once, whoever else does; for its owner only; never over what is there."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import psycopg
import pytest

from grantctl.errors import GuardError
from grantctl.operations import databases
from grantctl.operations.attaching import import_openwebui
from grantctl.operations.databases import create_database
from grantctl.store.connection import open_reading
from grantctl.store.url import file_url, parse_url
from tests.conftest import INTENT, Cli, Outcome
from tests.contract.damage import OPEN_WEBUI, footprint
from tests.contract.postgres import relations
from tests.forked import Forked
from tests.running import refusal, run

IMPORT = ("import", "openwebui", str(OPEN_WEBUI))


def count(url: str, table: str) -> int:
    connection = open_reading(parse_url(url))
    try:
        return int(connection.rows(f"SELECT count(*) FROM {table}")[0][0])
    finally:
        connection.close()


def at_once(count: int, url: str, folder: Path) -> list[Outcome]:
    """That many processes which initialise the same database."""
    variables = {"GRANTCTL_DATABASE": url}
    line = ("init", "--fields", "outcome")
    children = [Forked("grantctl", line, env=variables, cwd=folder) for _ in range(count)]
    return [child.finish(60) for child in children]


@pytest.mark.parametrize("is_there", [False, True], ids=["", "empty file"])
def test_of_several_initialisations_one_does_it_and_the_others_say_so(
    is_there: bool, empty_url: str, engine: str, tmp_path: Path
) -> None:
    if is_there and engine == "sqlite":
        (tmp_path / "empty.db").touch()
    outcomes = at_once(3, empty_url, tmp_path)
    assert [one.code for one in outcomes] == [0, 0, 0], outcomes
    assert sorted(one.out for one in outcomes) == [
        "outcome: initialised\n",
        "outcome: was initialised before\n",
        "outcome: was initialised before\n",
    ]
    assert count(empty_url, "audit_events") == 1
    if engine == "sqlite":
        # Of two who read at once the second may leave the files of their shared memory.
        shared = {"empty.db-wal", "empty.db-shm"}
        assert {one.name for one in tmp_path.iterdir()} - shared == {"empty.db"}


def test_a_file_that_another_process_made_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = file_url(str(tmp_path / "g.db"))
    seed = databases._seed

    def be_second(*arguments: object) -> None:
        seed(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(databases, "_seed", seed)
        assert create_database(url, INTENT)
        import_openwebui(url, str(OPEN_WEBUI), actor="first")

    monkeypatch.setattr(databases, "_seed", be_second)
    assert not create_database(url, INTENT)
    assert count(str(url), "users") == 62
    assert [one.name for one in tmp_path.iterdir()] == ["g.db"]


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(1, "operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    url = file_url(str(tmp_path / "g.db"))
    assert create_database(url, INTENT)
    assert not create_database(url, INTENT)
    assert [one.name for one in tmp_path.iterdir()] == ["g.db"]
    assert stat.S_IMODE((tmp_path / "g.db").stat().st_mode) == 0o600


def test_the_journal_of_a_database_that_is_gone_is_not_played_into_a_new_one(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "g.db-wal"
    journal.write_bytes(b"changes")
    for flags in ((), ("--dry-run",)):
        outcome = run("init", *flags, env={"GRANTCTL_DATABASE": f"sqlite:///{tmp_path}/g.db"})
        assert outcome.code == 5
        assert refusal(outcome) == (
            f"`{journal}` is left of a database that is gone",
            "it may hold the last changes of that one: move it away",
        )
    assert footprint(tmp_path) == {"g.db-wal": b"changes"}


@pytest.mark.parametrize("flags", [(), ("--dry-run",)], ids=["", "dry"])
def test_another_program_s_tables_are_not_built_around(
    flags: tuple[str, ...], empty_url: str, engine: str, tmp_path: Path, forked: Cli
) -> None:
    if engine == "sqlite":
        with sqlite3.connect(tmp_path / "empty.db") as raw:
            raw.execute("CREATE TABLE groups (a)")
        raw.close()
    else:
        with psycopg.connect(empty_url) as connection:
            connection.execute("CREATE TABLE groups (a integer)")
            connection.execute("CREATE TABLE things (a integer)")
    before = footprint(tmp_path)
    outcome = forked("init", *flags, env={"GRANTCTL_DATABASE": empty_url})
    assert outcome.code == 5
    message, hint = refusal(outcome)
    assert message.startswith("there are tables of another program, groups: ")
    assert hint == "give grantctl a file of its own, or on Postgres a database or schema"
    assert footprint(tmp_path) == before
    if engine != "sqlite":
        assert relations(empty_url) == ["groups", "things"]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_view_of_that_name_is_in_the_way_too(empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE VIEW audit_events AS SELECT 1 AS a")
    with pytest.raises(GuardError, match="there are tables of another program, audit_events"):
        create_database(parse_url(empty_url), INTENT)
    assert relations(empty_url) == ["audit_events"]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_other_programs_may_live_beside_it_in_postgres(empty_url: str) -> None:
    with psycopg.connect(empty_url) as connection:
        connection.execute("CREATE TABLE things (a integer)")
    assert create_database(parse_url(empty_url), INTENT)
    assert not create_database(parse_url(empty_url), INTENT)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_file_is_for_its_owner_only(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        url = f"sqlite:///{tmp_path}/made/inner/g.db"
        assert run("init", env={"GRANTCTL_DATABASE": url}).code == 0
        assert run(*IMPORT, env={"GRANTCTL_DATABASE": url}).code == 0
    finally:
        os.umask(before)
    modes = [tmp_path / "made", tmp_path / "made/inner", tmp_path / "made/inner/g.db"]
    assert [stat.S_IMODE(one.stat().st_mode) for one in modes] == [0o700, 0o700, 0o600]
    assert [one.name for one in (tmp_path / "made/inner").iterdir()] == ["g.db"]


def test_a_dry_run_makes_nothing(empty_url: str, engine: str, tmp_path: Path) -> None:
    url = empty_url.replace("/empty.db", "/made/empty.db")
    outcome = run("init", "--dry-run", "--fields", "outcome", env={"GRANTCTL_DATABASE": url})
    assert outcome == Outcome(
        0, "outcome: initialised\n", "warning: dry run: nothing was changed\n"
    )
    assert list(tmp_path.iterdir()) == []
    if engine != "sqlite":
        assert relations(url) == []
