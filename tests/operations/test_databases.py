"""Migrating: all of it or nothing, with every row that refers to another kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from grantctl.errors import DatabaseError, GrantctlError
from grantctl.operations import databases
from grantctl.operations.changes import Intent
from grantctl.operations.databases import create_database, migrate_database, read_status
from grantctl.operations.demonstration import make_organisation
from grantctl.store import migrate, reader
from grantctl.store.connection import open_reading, open_writing
from grantctl.store.database import Database
from grantctl.store.revision import KNOWN_REVISIONS, SCHEMA_REVISION
from grantctl.store.session import writing_connection
from grantctl.store.url import SQLITE, DatabaseUrl, parse_url
from tests.conftest import INTENT, Cli
from tests.operations.directories import events

TRYING = Intent("tester", dry_run=True)
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade():
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("groups", recreate=recreate) as table:
        table.add_column(sa.Column("color", sa.Text(), nullable=True))
    {more}
"""
COUNTED = ("users", "groups", "memberships", "group_permissions", "permissions")


@pytest.fixture
def older(url: str) -> DatabaseUrl:
    """A database with a small organisation, soon of an older revision."""
    parsed = parse_url(url)
    make_organisation(parsed)
    return parsed


def ship(monkeypatch: pytest.MonkeyPatch, folder: Path, more: str = "pass") -> None:
    """Let the code expect revision 9999, and ship the migration to it."""
    migrations = folder / "migrations 100%"
    shutil.copytree(migrate.MIGRATIONS, migrations)
    text = NEXT.format(more=more, newest=SCHEMA_REVISION)
    (migrations / "versions" / "9999_colors.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(migrate, "MIGRATIONS", migrations)
    monkeypatch.setattr(databases, "SCHEMA_REVISION", "9999")
    monkeypatch.setattr(reader, "SCHEMA_REVISION", "9999")
    monkeypatch.setattr(reader, "KNOWN_REVISIONS", (*KNOWN_REVISIONS, "9999"))


def counts(url: DatabaseUrl) -> dict[str, int]:
    connection = open_reading(url)
    found = {one: connection.rows(f"SELECT count(*) FROM {one}")[0][0] for one in COUNTED}
    parents = connection.rows("SELECT count(*) FROM groups WHERE parent_pk IS NOT NULL")
    connection.close()
    return found | {"parents": parents[0][0]}


def test_a_migration_keeps_what_refers_to_the_table_that_it_makes_anew(
    older: DatabaseUrl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = counts(older)
    assert before["memberships"] == 4
    ship(monkeypatch, tmp_path)
    with pytest.raises(DatabaseError, match=f"the older revision `{SCHEMA_REVISION}`, not `9999`"):
        events(Database(older))
    assert migrate_database(older, TRYING) == (SCHEMA_REVISION, "9999")
    assert not read_status(Database(older)).is_current
    assert migrate_database(older, INTENT) == (SCHEMA_REVISION, "9999")
    assert read_status(Database(older)).is_current
    assert counts(older) == before
    assert events(Database(older))[-1] == (
        "database.migrate",
        {"revision": SCHEMA_REVISION},
        {"revision": "9999"},
    )
    recorded = len(events(Database(older)))
    assert migrate_database(older, INTENT) == ("9999", "9999")
    assert len(events(Database(older))) == recorded


@pytest.mark.parametrize("fault", ["raise RuntimeError", "op.execute('DROP TABLE nothing')"])
def test_a_migration_that_fails_changes_nothing(
    older: DatabaseUrl, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = counts(older)
    with monkeypatch.context() as patch:
        ship(patch, tmp_path, fault)
        with pytest.raises((RuntimeError, GrantctlError, DBAPIError)):
            migrate_database(older, INTENT)
    assert counts(older) == before
    assert read_status(Database(older)).is_current
    connection = open_reading(older)
    with pytest.raises(DatabaseError, match="lacks a column"):
        connection.rows("SELECT color FROM groups")
    connection.close()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_migration_that_would_orphan_rows_is_refused(
    older: DatabaseUrl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = counts(older)
    with monkeypatch.context() as patch:
        ship(patch, tmp_path, "op.execute('DELETE FROM users')")
        with pytest.raises(DatabaseError, match="rows would refer to others that do not exist"):
            migrate_database(older, INTENT)
    assert counts(older) == before


def test_of_two_migrations_the_second_finds_it_done(
    older: DatabaseUrl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ship(monkeypatch, tmp_path)
    known = databases._known_revision

    def be_second(url: DatabaseUrl) -> str:
        found = known(url)
        monkeypatch.setattr(databases, "_known_revision", known)
        assert migrate_database(url, INTENT) == (SCHEMA_REVISION, "9999")
        return found

    monkeypatch.setattr(databases, "_known_revision", be_second)
    assert migrate_database(older, INTENT) == ("9999", "9999")
    assert [one[0] for one in events(Database(older))].count("database.migrate") == 1


def test_an_older_database_is_not_initialised_again(
    older: DatabaseUrl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ship(monkeypatch, tmp_path)
    with pytest.raises(DatabaseError, match="the older revision") as caught:
        create_database(older, INTENT)
    assert caught.value.hint == "grantctl db migrate"


def test_a_new_database_begins_at_the_newest_revision(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = parse_url(empty_url.replace("/empty.db", "/new/empty.db"))
    ship(monkeypatch, tmp_path)
    assert create_database(url, INTENT)
    status = read_status(Database(url))
    assert (status.revision, status.is_current, status.user_count) == ("9999", True, 0)
    assert migrate_database(url, INTENT) == ("9999", "9999")


def test_no_foreign_keys_are_broken_in_ordinary_changes(database: Database) -> None:
    make_organisation(database.url)
    connection = open_writing(database.url)
    with connection.writing():
        connection.run("DELETE FROM users WHERE email = 'chen@example.com'")
    assert counts(database.url)["memberships"] == 3
    if connection.engine == SQLITE:
        assert connection.rows("PRAGMA foreign_key_check") == []
    connection.close()


def test_a_database_of_the_first_revision_gets_resources_and_keeps_what_it_has(
    empty_url: str, forked: Cli
) -> None:
    url = parse_url(empty_url)
    if url.path is not None:
        url.path.touch()
    with writing_connection(url, foreign_keys=False) as connection:
        config = migrate.migration_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        user = "INSERT INTO users (id, email, name, role, created_at, updated_at)"
        connection.execute(text(f"{user} VALUES ('u', 'ada@example.com', 'Ada', 'admin', 1, 1)"))
        connection.commit()
    env = {"GRANTCTL_DATABASE": empty_url}
    refused = forked("users", "list", env=env)
    assert (refused.code, refused.err.splitlines()[-1]) == (7, "hint: grantctl db migrate")
    assert forked("db", "migrate", "-o", "name", env=env).out == f"{SCHEMA_REVISION}\n"
    assert forked("users", "list", "-o", "name", env=env).out == "ada@example.com\n"
    assert forked("resources", "create", "model:m", env=env).code == 0
    assert forked("check", "Ada", "read", "model:m", env=env).code == 0
