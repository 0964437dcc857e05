"""Databases and command lines for the tests: every database test runs on SQLite and on Postgres."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, create_engine

from grantctl.credentials import passwords
from grantctl.operations.databases import create_database
from grantctl.operations.policy_seeds import MERGE_VARIABLE
from grantctl.operations.seed_variables import VARIABLES
from grantctl.store import session
from grantctl.store.database import Database
from grantctl.store.url import parse_url
from tests.commands import Cli, Outcome, invoke
from tests.databases import (
    FOLDER_VARIABLE,
    INTENT,
    Postgres,
    Sqlite,
    fill_of,
    make_folder,
    shared_postgres,
)
from tests.forked import Forked
from tests.sessions import kept_sessions

FIXTURES = Path(__file__).parent / "fixtures"
ENGINES = ("sqlite", "postgresql")
FOREIGN_VARIABLES = {
    "NO_COLOR",
    "COLUMNS",
    "WEBUI_SECRET_KEY",
    "WEBUI_SECRET_KEY_FILE",
    MERGE_VARIABLE,
    *(variable for variables in VARIABLES.values() for variable in variables),
}


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder for all temporary files of this run, that its workers share."""
    if not hasattr(config, "workerinput"):
        folder = str(make_folder())
        os.environ[FOLDER_VARIABLE] = os.environ["TMPDIR"] = tempfile.tempdir = folder
        # After the end of the server, and of what `multiprocessing` keeps there.
        Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=-200)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Postgres]:
    with shared_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server(_postgres: Postgres) -> str:
    """The URL of the Postgres server that this test run shares."""
    return _postgres.url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    create_database(parse_url(f"sqlite:///{path}"), INTENT)
    return path


@pytest.fixture(scope="session")
def _sqlite(sqlite_template: Path) -> Sqlite:
    return Sqlite(sqlite_template.parent, sqlite_template)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`."""
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that nobody has initialised; the SQLite file is not there yet."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
    else:
        with request.getfixturevalue("_postgres").fresh("template0") as url:
            yield url


@pytest.fixture
def keeps_sessions() -> bool:
    """Whether a test's connections may take over one another's sessions, see `sessions`."""
    return False


@pytest.fixture
def url(
    engine: str, keeps_sessions: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of an initialised database, of its own for each test and engine.

    There are no users in it, unless a test asks for a fixture that is `prepared`.
    """
    fill = fill_of(request)
    if engine == "sqlite":
        path = tmp_path / "grantctl.db"
        shutil.copyfile(request.getfixturevalue("_sqlite").template(fill), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("_postgres")
        with (
            server.fresh(server.template(fill)) as url,
            kept_sessions() if keeps_sessions else nullcontext(),
        ):
            yield url


@pytest.fixture
def database(url: str) -> Database:
    """The initialised database of `url`."""
    return Database(parse_url(url))


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> None:
    """Engines of a kind share what they compiled: each command makes one, and a process few."""
    first: dict[str, Engine] = {}

    def make(url: str, **named: Any) -> Engine:
        engine = create_engine(url, **named)
        known = first.get(url)
        if known is None or known.dialect.server_version_info is None:  # it never connected
            first[url] = engine
        else:
            engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    session.create_engine = make


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's user reaches a test."""
    for name in list(os.environ):
        if name.startswith(("GRANTCTL_", "USER_PERMISSIONS_")) or name in FOREIGN_VARIABLES:
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def _quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at a small cost where it is not the hash that is looked at."""
    if "credentials" not in request.path.parts:
        hasher = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1, hash_len=32, salt_len=16)
        monkeypatch.setattr(passwords, "_ARGON2ID", hasher)
        monkeypatch.setattr(passwords, "_MEMORY_KIB", 64)
        monkeypatch.setattr(passwords, "_PASSES", 1)
        nobody = passwords._NOBODY.replace("m=65536,t=3", "m=64,t=1")
        monkeypatch.setattr(passwords, "_NOBODY", nobody)
        monkeypatch.setattr("grantctl.operations.logins.LEAST_SECONDS", 0.0)


@pytest.fixture
def cli(url: str) -> Cli:
    """Run a command in this process, on the test's database: `cli("users", "list")`."""

    def run(
        *arguments: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        variables = {"GRANTCTL_DATABASE": url, "GRANTCTL_ACTOR": "tester", **(env or {})}
        return invoke(arguments, env=variables, stdin=stdin)

    return run


@pytest.fixture
def process(tmp_path: Path) -> Cli:
    """Run a command as a process of its own, as a user would: `process("users", "list")`."""

    def run(
        *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "grantctl", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            cwd=tmp_path,
            timeout=timeout,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def forked(tmp_path: Path) -> Cli:
    """Run a command as `process` does, of a process that begins with everything loaded."""

    def run(
        *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> Outcome:
        begun = Forked("grantctl", arguments, env=env or {}, cwd=tmp_path, stdin=stdin)
        return begun.finish(timeout)

    return run
