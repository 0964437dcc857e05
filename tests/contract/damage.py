"""Database files in every state in which a user may find one.

Owns making them from a healthy file, and what must be the same after a command as before.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import file_url
from tests.conftest import FIXTURES

OPEN_WEBUI = FIXTURES / "openwebui" / "0.6.43" / "webui.db"


@dataclass(frozen=True)
class State:
    """`make(path, healthy)` puts a database into the state; `message` and `hint` begin so.

    `{path}` and `{url}` in them stand for the file's.
    """

    make: Callable[[Path, Path], object]
    message: str
    hint: str

    def said(self, path: Path) -> tuple[str, str]:
        """The message and the hint about this file."""
        words = {"path": path, "url": file_url(str(path))}
        return self.message.format(**words), self.hint.format(**words)


def _missing(path: Path, healthy: Path) -> None:
    del path, healthy


def _copied(path: Path, healthy: Path, *statements: str) -> None:
    shutil.copyfile(healthy, path)
    _run(path, *statements)


def _run(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()


def _cut(path: Path, healthy: Path, size: int) -> None:
    path.write_bytes(healthy.read_bytes()[:size])


_MISSING_HINT = "is the path right? a new database is made by: grantctl init"
_DAMAGE_HINT = "restore it from a copy, or try: sqlite3 FILE .recover"
_NO_SQLITE = "the file is no SQLite database: {url}"
_UPGRADE = "a newer grantctl wrote it: pip install --upgrade grantctl"

STATES: Mapping[str, State] = {
    "missing": State(_missing, "there is no database at `{path}`", _MISSING_HINT),
    "empty": State(lambda path, _: path.touch(), "the file `{path}` is empty", _MISSING_HINT),
    "directory": State(lambda path, _: path.mkdir(), "`{path}` is not a file", _MISSING_HINT),
    "pipe": State(lambda path, _: os.mkfifo(path), "`{path}` is not a file", _MISSING_HINT),
    "text": State(
        lambda path, _: path.write_text("ada may do everything\n" * 100),
        _NO_SQLITE,
        "another file? --database sqlite:///PATH",
    ),
    "without header": State(
        lambda path, healthy: path.write_bytes(b"\0" * 16 + healthy.read_bytes()[16:]),
        _NO_SQLITE,
        "another file? --database sqlite:///PATH",
    ),
    "other program's": State(
        lambda path, _: _run(path, "CREATE TABLE things (a)", "INSERT INTO things VALUES (1)"),
        "the database was not made by grantctl: {url}",
        "make one: grantctl init --database URL",
    ),
    "without tables": State(
        lambda path, _: _run(path, "PRAGMA user_version=7"),
        "the database is empty: {url}",
        "make one: grantctl init --database URL",
    ),
    "Open WebUI's": State(
        lambda path, _: shutil.copyfile(OPEN_WEBUI, path),
        "this is an Open WebUI database, not one of grantctl's: {url}",
        "read it as it is with --database openwebui+{url}, or bring it in: "
        "grantctl import openwebui",
    ),
    "without revision": State(
        lambda path, healthy: _copied(path, healthy, "DELETE FROM grantctl_revision"),
        "the database was not made by grantctl: {url}",
        "make one: grantctl init --database URL",
    ),
    "cut in half": State(
        lambda path, healthy: _cut(path, healthy, len(healthy.read_bytes()) // 2),
        "the database is damaged: {url}",
        _DAMAGE_HINT,
    ),
    "cut in the first page": State(
        lambda path, healthy: _cut(path, healthy, 1000), "the database is damaged", _DAMAGE_HINT
    ),
}

# Which revision is wrong, `db status` says in its answer.
REVISIONS: Mapping[str, State] = {
    "newer": State(
        lambda path, healthy: _copied(
            path, healthy, "UPDATE grantctl_revision SET version_num = '9999'"
        ),
        "the database has revision `9999`, which this version does not know: {url}",
        _UPGRADE,
    ),
    "two revisions": State(
        lambda path, healthy: _copied(
            path, healthy, "INSERT INTO grantctl_revision VALUES ('9999')"
        ),
        f"the database has revision `{SCHEMA_REVISION} and 9999`, which this version does not"
        " know: {url}",
        _UPGRADE,
    ),
}


def flip_bytes(path: Path, healthy: Path, seed: int) -> None:
    """A copy with some bytes changed, most often in one page."""
    random = Random(seed)
    content = bytearray(healthy.read_bytes())
    page = random.randrange(len(content) // 4096) * 4096
    for _ in range(random.randint(1, 16)):
        at = page + random.randrange(4096) if seed % 4 else random.randrange(16, len(content))
        content[at] ^= random.randint(1, 255)
    path.write_bytes(content)


def footprint(folder: Path) -> dict[str, object]:
    """The names and contents of everything in a folder."""
    return {
        one.name: one.read_bytes() if one.is_file() else one.stat().st_mode
        for one in folder.iterdir()
    }
