"""Reading a SQLite file: nothing is left behind, and nobody's files are touched."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from grantctl.errors import DatabaseError
from grantctl.store import sqlite_file
from grantctl.store.connection import open_reading, open_writing
from grantctl.store.database import Database
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.url import file_url


def footprint(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a folder, with its time of change and its content."""
    return {one.name: (one.stat().st_mtime_ns, one.read_bytes()) for one in folder.iterdir()}


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_reading_leaves_nothing_behind(mode: str, sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    shutil.copyfile(sqlite_template, path)
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA journal_mode={mode}")
    raw.close()
    before = footprint(tmp_path)
    for _ in range(2):
        with Database(file_url(str(path))).reader() as reader:
            assert len(reader.catalogue()) > 20
    assert footprint(tmp_path) == before


def test_reading_leaves_a_running_program_s_files_alone(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.db"
    shutil.copyfile(sqlite_template, path)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("UPDATE permissions SET description = 'new' WHERE key = 'chat.controls'")
    before = footprint(tmp_path)
    assert {"x.db-wal", "x.db-shm"} <= set(before)
    with Database(file_url(str(path))).reader() as reader:
        assert reader.catalogue()["chat.controls"].description == "new"
    after = footprint(tmp_path)
    assert after.keys() == before.keys()
    assert [after[name] == before[name] for name in ("x.db", "x.db-wal")] == [True, True]
    writer.close()


def test_opening_makes_no_file(tmp_path: Path) -> None:
    url = file_url(str(tmp_path / "missing.db"))
    for opener in (open_reading, open_writing):
        with pytest.raises(DatabaseError):
            opener(url)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_can_only_be_read_without_locks_is_watched(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.db"
    shutil.copyfile(sqlite_template, path)
    connect = sqlite_file._connect

    def refuse(url: object, mode: str, pragmas: object) -> object:
        if "immutable" in mode:
            return connect(url, mode, pragmas)  # type: ignore[arg-type]
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(sqlite_file, "_connect", refuse)
    connection = open_reading(file_url(str(path)))
    with connection.reading():
        assert connection.rows("SELECT count(*) FROM permissions") == [(len(SEEDED_PERMISSIONS),)]
    os.utime(path, ns=(1, 1))
    with pytest.raises(DatabaseError, match="was changed while it was read"), connection.reading():
        connection.rows("SELECT count(*) FROM permissions")
    connection.close()
