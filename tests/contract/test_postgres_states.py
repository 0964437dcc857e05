"""Postgres servers that are down, full, read-only or cut off: said soon, with nothing lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlmodel import Session, select

from grantctl.errors import DatabaseError
from grantctl.operations.changes import Intent
from grantctl.operations.users import create_user
from grantctl.store.connection import open_writing
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import PermissionRow
from grantctl.store.url import parse_url
from tests.conftest import Cli
from tests.contract.damage import OPEN_WEBUI
from tests.running import json_refusal, refusal, run

KEY = "chat.controls"
CHECK = ("check", "ada@example.com", KEY)
CHANGE = ("permissions", "set", "--default", f"{KEY}=false")
IMPORT = ("import", "openwebui", str(OPEN_WEBUI))
COMMANDS = (
    CHECK,
    ("users", "list"),
    CHANGE,
    ("db", "status"),
    ("db", "migrate"),
    ("init",),
    IMPORT,
)


@pytest.fixture
def engine() -> str:
    """All of these tests are about Postgres."""
    return "postgresql"


@pytest.fixture
def admin(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The server's owner, on the test's database, in which Ada is admin."""
    create_user(Database(parse_url(url)), Intent("tester"), email="ada@example.com", name="Ada")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def asked(url: str, *command: str) -> tuple[int, str, str | None]:
    outcome = run(*command, env={"GRANTCTL_DATABASE": url})
    message, hint = refusal(outcome)
    as_json = run(*command, "-o", "json", env={"GRANTCTL_DATABASE": url})
    assert json_refusal(as_json)["message"] == message
    return outcome.code, message.partition(": postgresql://")[0], hint


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_server_that_is_down_is_said_at_once(command: tuple[str, ...], tmp_path: Path) -> None:
    expected = (
        7,
        "the database cannot be reached",
        "is the server running, and are host and port right?",
    )
    begun = time.monotonic()
    for url in ("postgresql://127.0.0.1:1/x", f"postgresql://ada@/x?host={tmp_path}"):
        assert asked(url, *command) == expected
    assert time.monotonic() - begun < 10


def test_a_database_or_user_that_does_not_exist_is_said(url: str, postgres_server: str) -> None:
    assert asked(postgres_server.replace("/postgres?", "/no_such_database?"), *CHECK) == (
        7,
        "there is no database of that name",
        "createdb NAME, then: grantctl init",
    )
    for user in ("nobody_there", "database"):
        assert asked(url.replace("postgres:@", f"{user}:@"), *CHECK) == (
            7,
            "the user is not accepted",
            "check the user's name in the URL",
        )


def test_a_database_without_tables_is_to_be_initialised(postgres_server: str) -> None:
    for command in (CHECK, CHANGE, ("users", "list"), ("db", "status"), ("db", "migrate"), IMPORT):
        code, message, hint = asked(postgres_server, *command)
        assert (code, hint) == (7, "make one: grantctl init --database URL")
        assert message in ("the database is empty", "the database was not made by grantctl")


def test_a_read_only_database_answers_and_takes_no_change(
    cli: Cli, admin: psycopg.Connection[tuple[object, ...]], url: str
) -> None:
    before = cli("audit", "list")
    admin.execute(f'ALTER DATABASE "{admin.info.dbname}" SET default_transaction_read_only = on')
    assert cli(*CHECK).code == 0
    assert cli("users", "list").code == 0
    expected = (7, "the database cannot be written", "is it a standby? write to its primary")
    assert asked(url, *CHANGE) == expected
    assert asked(url, *IMPORT) == expected
    assert cli("audit", "list") == before


@pytest.fixture
def role(admin: psycopg.Connection[tuple[object, ...]]) -> Iterator[str]:
    """A user of the server who may read and write the tables."""
    name = f"limited_{uuid4().hex[:12]}"
    admin.execute(f"CREATE ROLE {name} LOGIN")
    admin.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
    yield name
    admin.execute(f"DROP OWNED BY {name}")
    admin.execute(f"DROP ROLE {name}")


def test_too_many_connections_are_said(
    admin: psycopg.Connection[tuple[object, ...]], role: str, url: str
) -> None:
    admin.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    mine = url.replace("postgres:@", f"{role}:@")
    expected = (7, "the database takes no more connections", "try again later")
    assert asked(mine, *CHECK) == asked(mine, *CHANGE) == expected


def test_rights_that_are_missing_are_said(
    admin: psycopg.Connection[tuple[object, ...]], role: str, url: str
) -> None:
    admin.execute(f"REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM {role}")
    mine = url.replace("postgres:@", f"{role}:@")
    assert run(*CHECK, env={"GRANTCTL_DATABASE": mine}).code == 0
    expected = (7, "the user may not do this", "grant the rights on the tables in Postgres")
    assert asked(mine, *CHANGE) == expected
    admin.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
    assert asked(mine, *CHECK) == expected


def default_of(database: Database) -> bool:
    with database.reader() as reader:
        return reader.catalogue()[KEY].default


def forbid(found: Session, *, then: Callable[[], object] = lambda: None) -> None:
    """Set the default of the key to false, and do something before it is committed."""
    row = found.exec(select(PermissionRow).where(PermissionRow.key == KEY)).one()
    row.default_allowed = False
    found.add(row)
    found.flush()
    then()


def test_a_connection_that_is_ended_in_the_middle_leaves_nothing_half_done(
    database: Database, admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    others = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"

    def end() -> None:
        for (pid,) in admin.execute(others, [admin.info.dbname]).fetchall():
            admin.execute("SELECT pg_terminate_backend(%s)", [pid])

    with pytest.raises(DatabaseError, match="the connection to the database was lost") as caught:
        change(database, lambda found: forbid(found, then=end), dry_run=False)
    assert caught.value.hint == "whether a change was made, shows: grantctl audit list"
    assert default_of(database)

    connection = open_writing(database.url)
    with pytest.raises(DatabaseError, match="was lost"), connection.writing():
        connection.run("UPDATE permissions SET default_allowed = false")
        end()
        connection.run("UPDATE permissions SET default_allowed = false")
    connection.close()
    assert default_of(database)
    change(database, forbid, dry_run=False)
    assert not default_of(database)
