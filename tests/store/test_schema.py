"""One schema, however it comes to be: by the tables, the migrations, or the copy in memory."""

from __future__ import annotations

import importlib.util
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from grantctl.operations.attaching import create_memory
from grantctl.operations.databases import create_database
from grantctl.store import (
    assumed_queries,
    directory_queries,
    graph_queries,
    impact_queries,
    integrity_queries,
    queries,
    resource_queries,
    resource_transfer_queries,
    revision,
    token_queries,
)
from grantctl.store.connection import Connection, open_reading
from grantctl.store.credential_tables import Base
from grantctl.store.database import Database
from grantctl.store.migrate import head_revision, migration_config
from grantctl.store.postgres import connect
from grantctl.store.url import SQLITE, DatabaseUrl, parse_url
from tests.conftest import INTENT
from tests.store.generated import fill

ROOT = Path(__file__).parents[2]
VALUES: dict[str, Any] = {
    "reference": "Group 7",
    "email": "user7@example.com",
    "user": 7,
    "group": 7,
    "key": "chat.controls",
    "gate": "chat.valves",
    "prefix": "chat.controls.",
    "upper": "chat.controls.\U0010ffff",
    "length": 14,
    "limit": 5,
    "role": "pending",
    "type": "model",
    "id": "r-999",
    "resource": 700,
    "deepest": 51,
    "action": "read",
    "policy": "access.admin_bypass",
    "values": "[]",
    "groups": "[7, 8]",
    "users": "[7]",
    "token": "t-7",
    "key_hash": "0" * 64,
    "user_id": "u7",
    "kid": "k-7",
    "within_groups": "[3, 7]",
    "within_users": "[5]",
    "without_groups": "[9]",
    "without_users": "[6]",
    "held_groups": "[3, 7]",
    "gates": "[0]",
    "gate_groups": "[[0, 7]]",
    "gate_users": "[[0, 5]]",
    "other_role": "user",
    "now": 1_700_000_000_000_000,
}
DECIDING_RESOURCES = (
    "RESOURCE_PK",
    "CHAIN",
    "GRANTS_OF_CHAIN",
    "POLICY",
    "CANDIDATES_WITH_MEMBERSHIPS",
    "IDS_FROM",
)
DECIDING_LISTS = ("RESOURCES_OF_TYPE", "REACHABLE_OF_TYPE")
DECIDING = (
    "USER_BY_REFERENCE",
    "GROUP_BY_REFERENCE",
    "PERMISSION_WITH_GATE",
    "HELD_GROUPS",
    "HELD_FLAGS_OF_TWO",
    "HELD_FLAGS",
    "USERS_OF_ROLE_WITH_MEMBERSHIPS",
)
DECIDING_TOKENS = (
    "FOUND_BY_ID",
    "FOUND_BY_KEY_HASH",
    "HOLDER_BY_ID",
    "SIGNING_KEY",
    "ACTIVE_SIGNING_KEY",
)
ASSUMING = ("GROUPS_ABOVE", "FLAGS_ABOVE", "MEMBERS", "REACHABLE")
SCANNED = re.compile(r"SCAN (?!held\b|by_name\b|chain\b|hops\b|granted\b|CONSTANT ROW\b)")
SEQ_SCANNED = re.compile(
    r"Seq Scan on (users|memberships|groups|group_permissions|permissions|resources|access_grants"
    r"|tokens|signing_keys)"
)


COUNTING = (
    *("GRANTING", "FLAGS_OF_GROUP", "GRANTED_TO_GROUP", "MADE_OF"),
    *("COUNT_OF_MEMBERS", "FIRST_OF_MEMBERS", "MEMBERSHIPS", "USERS", "ROLES_OF_MEMBERS"),
)


def constants(module: Any) -> list[tuple[str, str]]:
    """A module's statements that only read; `nextval` takes, which is no reading."""
    named = sorted(vars(module).items())
    whole = [(name, text) for name, text in named if name.isupper() and not name.startswith("_")]
    found = [(name, text.strip()) for name, text in whole]
    reading = ("SELECT", "WITH", "PRAGMA")
    return [
        (name, text) for name, text in found if text.startswith(reading) and "nextval" not in text
    ]


def parameters(statement: str) -> dict[str, Any]:
    return {name: VALUES[name] for name in re.findall(r"(?<!:):(\w+)", statement)}


def sqlalchemy_url(url: DatabaseUrl) -> tuple[str, Any]:
    if url.engine == SQLITE:
        return f"sqlite:///{url.path}", None
    return "postgresql+psycopg://", lambda: connect(url)


def test_the_migrations_make_what_the_tables_say(empty_url: str) -> None:
    url = parse_url(empty_url)
    create_database(url, INTENT)
    name, creator = sqlalchemy_url(url)
    engine = create_engine(name, creator=creator) if creator else create_engine(name)
    options = {
        "version_table": revision.REVISION_TABLE,
        "compare_type": True,
        "compare_server_default": True,
    }
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_the_expected_revision_is_the_newest_of_the_migrations() -> None:
    assert head_revision() == revision.SCHEMA_REVISION
    shipped = ScriptDirectory.from_config(migration_config()).walk_revisions()
    assert tuple(one.revision for one in shipped) == revision.KNOWN_REVISIONS[::-1]


def test_the_schema_in_memory_is_generated_from_the_tables() -> None:
    path = ROOT / "scripts" / "generate_schema.py"
    found = importlib.util.spec_from_file_location("generate_schema", path)
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    assert script.TARGET.read_text(encoding="utf-8") == script.schema_script()


def described(raw: sqlite3.Connection) -> dict[str, Any]:
    """Every table of a file with its columns, keys and indexes, in no order."""
    tables = {}
    for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        indexes = []
        for _, name, *rest in raw.execute(f"PRAGMA index_list({table})").fetchall():
            columns = raw.execute(f"PRAGMA index_xinfo({name})").fetchall()
            indexes.append((name.rstrip("0123456789"), rest, [column[1:] for column in columns]))
        keys = raw.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        tables[table] = {
            "columns": raw.execute(f"PRAGMA table_xinfo({table})").fetchall(),
            "keys": sorted(key[2:] for key in keys),
            "options": raw.execute(f"PRAGMA table_list({table})").fetchall(),
            "indexes": sorted(indexes),
        }
    return tables


def test_the_schema_in_memory_is_that_of_a_migrated_file(sqlite_template: Path) -> None:
    with sqlite3.connect(sqlite_template) as raw:
        migrated = described(raw)
    raw.close()
    memory = create_memory()
    assert described(memory.raw) == migrated
    memory.close()


@pytest.fixture(scope="module")
def filled_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    path.write_bytes(sqlite_template.read_bytes())
    fill(parse_url(f"sqlite:///{path}"))
    return f"sqlite:///{path}"


@pytest.fixture
def filled(engine: str, request: pytest.FixtureRequest) -> Connection:
    """A reading connection to a directory of some size."""
    if engine == "sqlite":
        url = parse_url(request.getfixturevalue("filled_sqlite"))
    else:
        url = parse_url(request.getfixturevalue("url"))
        fill(url)
    connection = open_reading(url)
    request.addfinalizer(connection.close)
    return connection


def test_every_statement_runs_on_the_migrated_database(filled: Connection) -> None:
    other = "POSTGRES" if filled.engine == SQLITE else "SQLITE"
    ran = []
    modules = (
        queries,
        assumed_queries,
        resource_queries,
        directory_queries,
        graph_queries,
        resource_transfer_queries,
        integrity_queries,
        token_queries,
        impact_queries,
    )
    for module in modules:
        for name, statement in constants(module):
            if name.endswith(other) or (filled.engine != SQLITE and statement.startswith("PRAGMA")):
                continue
            with filled.reading():
                filled.rows(statement, parameters(statement))
                list(filled.stream(statement, parameters(statement)))
            ran.append(name)
    assert len(ran) > 45
    assert {*DECIDING, *DECIDING_RESOURCES, *DECIDING_LISTS, *DECIDING_TOKENS} <= set(ran)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("USER_BY_REFERENCE", "pk id email name role rank"),
        ("GROUP_BY_REFERENCE", "pk id name parent_pk rank"),
        ("PERMISSION_WITH_GATE", "key default_allowed description restricts gated_by"),
        ("CATALOGUE", "key default_allowed description restricts gated_by"),
        ("HELD_GROUPS", "pk id name parent_pk user_pk source added_by added_at expires_at"),
        ("HELD_FLAGS", "group_pk key allowed"),
        ("HELD_FLAGS_OF_TWO", "group_pk key allowed"),
        (
            "CHAIN",
            "pk type id name is_public owner_pk id email missing_owner base_pk missing_base",
        ),
        (
            "GRANTS_OF_CHAIN",
            "resource_pk action principal_type user_pk id email group_pk id name missing_id",
        ),
        (
            "FOUND_BY_ID",
            "pk id kind user_id name scope audience key_kid key_hint source issued_at issued_by"
            " expires_at last_used_at revoked_at revoked_by revoke_reason key_hash"
            " pk id email name role tokens_revoked_at",
        ),
        ("HOLDER_BY_ID", "pk id email name role tokens_revoked_at"),
        ("SIGNING_KEY", "kid algorithm public_jwk state created_at created_by ended_at"),
        ("FLAGS_OF_KEY", "group_pk key allowed"),
        ("ALL_FLAGS", "group_pk key allowed"),
        ("ALL_GROUPS", "pk id name parent_pk"),
        (
            "USERS_WITH_MEMBERSHIPS",
            "pk id email name role group_pk source added_by added_at expires_at",
        ),
    ],
)
def test_a_statement_s_columns_are_the_fields_that_it_fills(
    database: Database, name: str, columns: str
) -> None:
    statement = find_statement(name)
    connection = open_reading(database.url)
    cursor = connection.raw.execute(connection._spelled(statement), parameters(statement))
    assert [column[0] for column in cursor.description] == columns.split()
    connection.close()


def find_statement(name: str) -> str:
    if name in DECIDING_TOKENS:
        return str(getattr(token_queries, name))
    return str(getattr(resource_queries if name in DECIDING_RESOURCES else queries, name))


def plan(connection: Connection, statement: str) -> list[str]:
    prefix = "EXPLAIN QUERY PLAN " if connection.engine == SQLITE else "EXPLAIN "
    return [str(row[-1]) for row in connection.rows(prefix + statement, parameters(statement))]


@pytest.mark.parametrize("name", [*DECIDING, *DECIDING_RESOURCES, *DECIDING_TOKENS])
def test_deciding_reads_no_table_from_end_to_end(filled: Connection, name: str) -> None:
    if filled.engine != SQLITE:
        filled.run("SET enable_seqscan = off")  # small tables are read whole otherwise
    lines = plan(filled, find_statement(name))
    pattern = SCANNED if filled.engine == SQLITE else SEQ_SCANNED
    assert [line for line in lines if pattern.search(line)] == [], "\n".join(lines)
    assert any("INDEX" in line.upper() or "PRIMARY KEY" in line for line in lines)


@pytest.mark.parametrize("name", ASSUMING)
def test_assuming_reads_no_table_from_end_to_end(filled: Connection, name: str) -> None:
    if filled.engine != SQLITE:
        filled.run("SET enable_seqscan = off")
    statements = dict(constants(assumed_queries))
    engine = "SQLITE" if filled.engine == SQLITE else "POSTGRES"
    lines = plan(filled, statements.get(f"{name}_{engine}") or statements[name])
    scanned = [line for line in lines if SCANNED.search(line) or SEQ_SCANNED.search(line)]
    lists = re.compile(r"SCAN (above|k|json_each) |uq_access_grants_everyone")
    assert [line for line in scanned if not lists.search(line + " ")] == [], "\n".join(lines)


@pytest.mark.parametrize("name", DECIDING_LISTS)
def test_lists_of_resources_read_no_grant_that_is_not_of_theirs(
    filled: Connection, name: str
) -> None:
    if filled.engine != SQLITE:
        filled.run("SET enable_seqscan = off")
    lines = plan(filled, getattr(resource_queries, name))
    scanned = [line for line in lines if SCANNED.search(line) or SEQ_SCANNED.search(line)]
    # Everyone's grants are few: they are read from an index of their own.
    assert [line for line in scanned if "uq_access_grants_everyone" not in line] == []


@pytest.mark.parametrize("name", [name for name, _ in constants(graph_queries)])
def test_what_lies_around_a_group_is_read_by_index(filled: Connection, name: str) -> None:
    if filled.engine != SQLITE:
        filled.run("SET enable_seqscan = off")
    lines = plan(filled, getattr(graph_queries, name))
    pattern = SCANNED if filled.engine == SQLITE else SEQ_SCANNED
    assert [line for line in lines if pattern.search(line)] == [], "\n".join(lines)
    assert any("INDEX" in line.upper() or "PRIMARY KEY" in line for line in lines)


@pytest.mark.parametrize("name", COUNTING)
def test_counting_a_change_s_reach_reads_the_members_alone(filled: Connection, name: str) -> None:
    if filled.engine != SQLITE:
        filled.run("SET enable_seqscan = off")
    engine = "SQLITE" if filled.engine == SQLITE else "POSTGRES"
    by_engine = getattr(impact_queries, f"{name}_{engine}", None)
    lines = plan(filled, by_engine or getattr(impact_queries, name))
    tables = r"SCAN (u|m|c|f|p|a|r|users|memberships|groups|resources)\b"
    pattern = re.compile(tables) if filled.engine == SQLITE else SEQ_SCANNED
    assert [line for line in lines if pattern.search(line)] == [], "\n".join(lines)
