"""Write store/schema.sql, the schema of an attached database's copy in memory, from the tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from grantctl.store import (  # noqa: F401  # registers them
    credential_tables,
    identity_tables,
    resource_tables,
)
from grantctl.store.revision import REVISION_TABLE
from grantctl.store.tables import Base

TARGET = Path(__file__).parents[1] / "src/grantctl/store/schema.sql"


def schema_script() -> str:
    """Every table and index, as SQLite wants them."""
    dialect = sqlite.dialect()
    statements = [f"CREATE TABLE {REVISION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"]
    for table in Base.metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    lines = (line.rstrip() for line in ";\n".join([*statements, ""]).splitlines())
    return "\n".join(["-- Generated from tables.py by scripts/generate_schema.py.", *lines, ""])


if __name__ == "__main__":
    TARGET.write_text(schema_script(), encoding="utf-8")
