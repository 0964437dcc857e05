"""Bringing a database to the schema revision of this code.

Owns running Alembic. A migration is one transaction, the writers' lock included; nothing migrates
by itself.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection as SqlConnection

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: SqlConnection) -> None:
    """Apply every migration that the database lacks, on this connection's transaction."""
    config = migration_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def migration_config() -> Config:
    """Alembic's configuration for the migrations that are shipped."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def head_revision() -> str:
    """The newest revision among the shipped migrations."""
    head = ScriptDirectory.from_config(migration_config()).get_current_head()
    assert head is not None
    return head
