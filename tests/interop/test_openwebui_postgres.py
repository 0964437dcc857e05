"""The same database in Postgres, with the column types that Open WebUI gives it there."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.interop.sources import FIXTURES, VERSIONS, fixture_url, read, told

from grantctl.errors import DatabaseError
from grantctl.interop.directory import FindingKind
from grantctl.interop.openwebui.resource_tables import RESOURCE_TYPES

TABLES = (
    "user",
    "auth",
    "group",
    "group_member",
    "config",
    "alembic_version",
    "api_key",
    "access_grant",
    "channel_member",
    *RESOURCE_TYPES,
)
TYPES = {"INTEGER": "bigint", "DATETIME": "timestamp", "BIGINT": "bigint", "JSON": "json"}


def postgres_type(table: str, column: str, declared: str, json_type: str) -> str:
    if (table, column) == ("auth", "active"):
        return "boolean"
    kind = TYPES.get(declared, declared.lower())
    return json_type if kind == "json" else kind


def copy(source: sqlite3.Connection, url: str, json_type: str) -> None:
    """The tables that matter, with every row."""
    with psycopg.connect(url) as target:
        for table in TABLES:
            columns = source.execute("SELECT name, type FROM pragma_table_info(?)", [table])
            types = {name: postgres_type(table, name, kind, json_type) for name, kind in columns}
            if not types:
                continue
            parts = [
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in types.items()
            ]
            target.execute(
                sql.SQL("CREATE TABLE {} ({})").format(
                    sql.Identifier(table), sql.SQL(", ").join(parts)
                )
            )
            copy_rows(source, target, table, types)


def copy_rows(
    source: sqlite3.Connection,
    target: psycopg.Connection[tuple[object, ...]],
    table: str,
    types: dict[str, str],
) -> None:
    statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
    with target.cursor().copy(statement) as rows:
        for row in source.execute(f'SELECT * FROM "{table}"'):
            rows.write_row(
                [
                    bool(value) if kind == "boolean" and value is not None else value
                    for value, kind in zip(row, types.values(), strict=True)
                ]
            )


@pytest.mark.parametrize("json_type", ["json", "jsonb"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_directory_is_the_same_from_postgres(
    version: str, json_type: str, openwebui_postgres: str, tmp_path: Path
) -> None:
    path = tmp_path / "webui.db"
    shutil.copyfile(FIXTURES / version / "webui.db", path)
    with sqlite3.connect(path) as source:
        # Postgres has no place for a longer name in the versions that declare VARCHAR(255).
        source.execute("UPDATE user SET name = substr(name, 1, 255)")
        source.commit()
        copy(source, openwebui_postgres, json_type)
    source.close()
    assert read(openwebui_postgres) == read(path)
    assert read(f"openwebui+{openwebui_postgres}") == read(path)


def test_postgres_is_read_in_the_schema_of_the_search_path(openwebui_postgres: str) -> None:
    with psycopg.connect(openwebui_postgres) as connection:
        connection.execute("CREATE SCHEMA webui")
        connection.execute("CREATE TABLE public.group (id text, user_ids json)")
    schema = f"{openwebui_postgres}&options=-csearch_path%3Dwebui"
    with sqlite3.connect(fixture_url("0.12.4").removeprefix("sqlite:///")) as source:
        copy(source, schema, "json")
    source.close()
    assert read(schema).layout == "Open WebUI 0.12.4"


def test_the_right_to_select_suffices(openwebui_postgres: str) -> None:
    with sqlite3.connect(FIXTURES / "0.12.4" / "webui.db") as source:
        copy(source, openwebui_postgres, "json")
    source.close()
    with psycopg.connect(openwebui_postgres) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    try:
        assert read(openwebui_postgres.replace("postgres:", "reader:", 1)).users
    finally:
        with psycopg.connect(openwebui_postgres) as connection:
            connection.execute("DROP OWNED BY reader")
            connection.execute("DROP ROLE reader")


def test_text_that_only_postgres_json_can_hold_is_read(openwebui_postgres: str) -> None:
    with sqlite3.connect(FIXTURES / "0.12.4" / "webui.db") as source:
        copy(source, openwebui_postgres, "json")
    source.close()
    with psycopg.connect(openwebui_postgres) as connection:
        deep = '{"a":' * 3000 + "1" + "}" * 3000
        connection.execute('DELETE FROM "group"')
        insert = 'INSERT INTO "group" (id, name, created_at, permissions) VALUES (%s, %s, 7, %s)'
        connection.execute(insert, ["deep", "Deep", deep])
        connection.execute(insert, ["half", "Half", r'{"\ud800": true, "n\u0000l": true}'])
        connection.execute(insert, ["long", "Long", '{"chat": ' + "9" * 9000 + "}"])
    directory = read(openwebui_postgres)
    assert directory.flags == {}
    invisible = "is no permission key: it holds a control or invisible character"
    (kind, name, _), *others = told(directory, "group")  # how deep JSON may be is Python's to say
    assert (kind, name) == (FindingKind.REJECTED, "deep")
    assert [(one, reason) for _, one, reason in others] == [
        ("half", f"`n\N{REPLACEMENT CHARACTER}l` {invisible}"),
        ("half", f"`\N{REPLACEMENT CHARACTER}` {invisible}"),
        ("long", "what is stored as its permissions is not JSON: it sets none"),
    ]


def test_another_postgres_database_is_refused(openwebui_postgres: str) -> None:
    with pytest.raises(DatabaseError, match="it has no table `user`"):
        read(openwebui_postgres)
    with psycopg.connect(openwebui_postgres) as connection:
        connection.execute("CREATE TABLE grantctl_revision (version_num text)")
    with pytest.raises(DatabaseError, match="grantctl's own"):
        read(openwebui_postgres)
