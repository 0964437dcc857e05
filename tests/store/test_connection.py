"""Connections: placeholders, pragmas, transactions, time-outs."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grantctl.errors import DatabaseError
from grantctl.store.connection import open_memory, open_reading, open_writing, pyformat
from grantctl.store.database import Database
from grantctl.store.session import writing_connection
from grantctl.store.url import SQLITE, file_url, parse_url

BUSY_TIMEOUT_MS = 5000  # at least


@pytest.mark.parametrize(
    ("statement", "spelled"),
    [
        ("SELECT :a", "SELECT %(a)s"),
        ("SELECT :a::text, ':'", "SELECT %(a)s::text, ':'"),
        ("SELECT '%' || :b_2 || '%%'", "SELECT '%%' || %(b_2)s || '%%%%'"),
        ("x::int = :long_name)", "x::int = %(long_name)s)"),
        ("SELECT 1 WHERE a IN (:one,:two)", "SELECT 1 WHERE a IN (%(one)s,%(two)s)"),
        (":", ":"),
        ("a :: b : c", "a :: b : c"),
    ],
)
def test_names_are_written_as_psycopg_wants_them(statement: str, spelled: str) -> None:
    assert pyformat(statement) == spelled


pieces = st.one_of(
    st.sampled_from(["::", "%", "%%", " ", "::text", "(", ")", ", ", "= ", "\n", "'x'", "%s"]),
    st.from_regex(r":[a-z][a-z0-9_]{0,8}", fullmatch=True),
)


@given(st.lists(pieces))
def test_only_names_are_replaced_whatever_stands_beside_them(parts: list[str]) -> None:
    statement = " ".join(parts)
    names = re.findall(r"(?<!:):([a-z][a-z0-9_]*)", statement)
    spelled = pyformat(statement)
    assert re.findall(r"%\((\w+)\)s", spelled) == names
    values = {name: f":{name}" for name in names}
    assert spelled % values == statement


def test_values_come_back_as_they_were_given(database: Database) -> None:
    connection = open_reading(database.url)
    text = "100% of :names, 'quoted' \\ é 😀"
    rows = connection.rows("SELECT CAST(:text AS TEXT), '%', 7 % 4", {"text": text})
    assert rows == [(text, "%", 3)]
    assert connection.rows("SELECT '%'") == [("%",)]
    connection.close()


def pragmas(raw: sqlite3.Connection, *names: str) -> list[Any]:
    return [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in names]


def test_a_writing_connection_keeps_what_was_committed(sqlite_template: Path) -> None:
    connection = open_writing(file_url(str(sqlite_template)))
    names = ("journal_mode", "synchronous", "foreign_keys", "cell_size_check", "trusted_schema")
    assert pragmas(connection.raw, *names) == ["wal", 2, 1, 1, 0]
    assert pragmas(connection.raw, "busy_timeout")[0] >= BUSY_TIMEOUT_MS
    assert connection.raw.isolation_level is None
    connection.close()


def test_a_session_s_connection_has_the_same_pragmas(sqlite_template: Path) -> None:
    with writing_connection(file_url(str(sqlite_template))) as connection:
        raw: Any = connection.connection.dbapi_connection
        assert pragmas(raw, "journal_mode", "synchronous", "foreign_keys") == ["wal", 2, 1]
        assert pragmas(raw, "busy_timeout")[0] >= BUSY_TIMEOUT_MS
        assert raw.in_transaction


def test_a_file_in_another_journal_mode_is_turned_into_wal(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE x (a)")
    raw.close()
    connection = open_writing(file_url(str(path)))
    assert pragmas(connection.raw, "journal_mode") == ["wal"]
    connection.close()


def test_turning_into_wal_waits_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path, isolation_level=None, check_same_thread=False) as reader:
        reader.execute("CREATE TABLE x (a)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM x").fetchall()
        timer = threading.Timer(0.3, lambda: reader.execute("COMMIT"))
        timer.start()
        open_writing(file_url(str(path))).close()
        timer.join()
    reader.close()


def test_a_reading_connection_cannot_write(database: Database) -> None:
    connection = open_reading(database.url)
    for statement in (
        "DELETE FROM permissions",
        "CREATE TABLE mine (a INTEGER)",
        "UPDATE grantctl_revision SET version_num = 'x'",
    ):
        with pytest.raises(DatabaseError, match="the database cannot be written"):
            connection.run(statement)
    with pytest.raises(DatabaseError), connection.writing():
        connection.run("DELETE FROM permissions")
    connection.close()


def test_one_moment_is_seen_while_others_write(database: Database) -> None:
    reading, writing = open_reading(database.url), open_writing(database.url)
    count = "SELECT count(*) FROM permissions"
    with reading.reading():
        [(before,)] = reading.rows(count)
        with writing.writing():
            writing.run("DELETE FROM permissions WHERE key = 'chat.controls'")
        assert reading.rows(count) == [(before,)]
    assert reading.rows(count) == [(before - 1,)]
    reading.close()
    writing.close()


def test_what_fails_in_a_transaction_is_taken_back(database: Database) -> None:
    connection = open_writing(database.url)
    [(before,)] = connection.rows("SELECT count(*) FROM permissions")
    with pytest.raises(KeyboardInterrupt), connection.writing():
        connection.run("DELETE FROM permissions")
        raise KeyboardInterrupt
    with pytest.raises(DatabaseError), connection.writing():
        connection.run("DELETE FROM permissions")
        connection.run("DELETE FROM no_such_table")
    assert connection.rows("SELECT count(*) FROM permissions") == [(before,)]
    with connection.writing():
        connection.run("DELETE FROM permissions")
    assert connection.rows("SELECT count(*) FROM permissions") == [(0,)]
    connection.close()


def test_a_stream_gives_every_row_however_few_at_a_time(database: Database) -> None:
    connection = open_reading(database.url)
    with connection.reading():
        keys = [key for (key,) in connection.stream("SELECT key FROM permissions", size=7)]
    assert sorted(keys) == sorted(key for (key,) in connection.rows("SELECT key FROM permissions"))
    connection.close()


def test_a_copy_in_memory_is_of_this_connection_alone() -> None:
    one, other = open_memory(), open_memory()
    one.run("CREATE TABLE x (a)")
    assert other.rows("SELECT count(*) FROM sqlite_master") == [(0,)]
    assert (one.engine, pragmas(one.raw, "foreign_keys")) == (SQLITE, [1])
    one.close()
    other.close()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = parse_url(f"postgresql://127.0.0.1:{server.getsockname()[1]}/x?connect_timeout=2")
        begun = time.monotonic()
        with pytest.raises(DatabaseError, match="the database cannot be reached"):
            open_reading(url)
        assert time.monotonic() - begun < 10


def test_a_url_s_own_time_out_holds_and_the_default_is_short(postgres_server: str) -> None:
    own = open_reading(parse_url(f"{postgres_server}&connect_timeout=9&application_name=mine"))
    default = open_reading(parse_url(postgres_server))
    assert isinstance(own.raw, psycopg.Connection)
    shown = [one.raw.info.get_parameters() for one in (own, default)]
    assert [one["connect_timeout"] for one in shown] == ["9", "5"]
    assert [one["application_name"] for one in shown] == ["mine", "grantctl"]
    assert own.rows("SHOW lock_timeout") == [("10s",)]
    own.close()
    default.close()


def test_a_new_file_s_journals_are_as_private_as_the_file(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.db"
    shutil.copyfile(sqlite_template, path)
    path.chmod(0o600)
    before = os.umask(0)
    try:
        connection = open_writing(file_url(str(path)))
        connection.run("DELETE FROM permissions")
        modes = {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
        connection.close()
    finally:
        os.umask(before)
    assert modes == {0o600}
