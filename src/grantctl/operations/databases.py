"""Making, migrating and describing a database.

Owns what `init` and `db migrate|status` do. Leaves DDL to the migrations.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import func, inspect, select
from sqlmodel import Session

from grantctl.errors import DatabaseError, GuardError
from grantctl.operations.changes import Change, Intent
from grantctl.store.connection import open_reading, translated_errors
from grantctl.store.database import Database
from grantctl.store.migrate import upgrade
from grantctl.store.reader import Reader
from grantctl.store.revision import KNOWN_REVISIONS, SCHEMA_REVISION
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.session import refuse_attached, writing_connection
from grantctl.store.tables import PermissionRow, UserRow
from grantctl.store.url import SQLITE, DatabaseUrl


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """`revision` is None where the database is not one of grantctl's."""

    url: str
    revision: str | None
    expected: str
    is_current: bool
    user_count: int | None = None


def create_database(url: DatabaseUrl, intent: Intent) -> bool:
    """Make the tables and seed the catalogue; whether there was anything to do.

    A SQLite file and its folder are made, readable by their owner only. Raises DatabaseError, and
    GuardError where other programs' tables are in the way.
    """
    refuse_attached(Database(url))
    is_new_file = url.path is not None and not url.path.exists()
    if is_new_file:
        _create_file(url)
    try:
        with writing_connection(url) as connection, translated_errors(str(url)):
            if _is_initialised(connection, url):
                return False
            upgrade(connection)
            _seed(connection, intent)
            if intent.dry_run:
                connection.rollback()
            else:
                connection.commit()
            return True
    except BaseException:
        if is_new_file:
            _remove_file(url)
        raise
    finally:
        if is_new_file and intent.dry_run:
            _remove_file(url)


def _is_initialised(connection: SqlConnection, url: DatabaseUrl) -> bool:
    names = set(inspect(connection).get_table_names())
    if "grantctl_revision" in names:
        return True
    ours = {"users", "groups", "memberships", "permissions"} & names
    if ours:
        raise GuardError(
            f"there are tables of another program: {', '.join(sorted(ours))} in {url}",
            hint="give grantctl a database, or a Postgres schema, of its own",
        )
    if url.engine == SQLITE and names:
        raise GuardError(
            f"the file holds another program's tables: {url}",
            hint="give grantctl a file of its own; an Open WebUI database is read with "
            "--database openwebui+sqlite:///PATH",
        )
    return False


def _create_file(url: DatabaseUrl) -> None:
    assert url.path is not None
    try:
        url.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(url.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        # SQLite takes an empty file for a new database; the guards take it for a broken one.
        url.path.write_bytes(b"")
    except FileExistsError:
        return
    except OSError as error:
        raise DatabaseError(
            f"`{url.path}` cannot be made: {(error.strerror or 'unknown reason').lower()}",
            hint="another place? --database sqlite:///PATH",
        ) from None


def _remove_file(url: DatabaseUrl) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{url.path}{suffix}").unlink(missing_ok=True)


def _seed(connection: SqlConnection, intent: Intent) -> None:
    with Session(bind=connection) as session:
        for permission in SEEDED_PERMISSIONS:
            session.add(
                PermissionRow(
                    key=permission.key,
                    default_allowed=permission.default,
                    description=permission.description,
                    restricts=permission.restricts,
                    gated_by=permission.gated_by,
                )
            )
        Change(session, intent, datetime.now(UTC)).record(
            "database.init",
            "database",
            SCHEMA_REVISION,
            after={"revision": SCHEMA_REVISION, "permissions": len(SEEDED_PERMISSIONS)},
        )
        session.flush()


def migrate_database(url: DatabaseUrl, intent: Intent) -> tuple[str, str]:
    """Bring the schema to the revision of this code; the revisions before and after.

    Raises DatabaseError where the database is not grantctl's, or of a newer revision.
    """
    refuse_attached(Database(url))
    before = read_status(url).revision
    if before is None:
        raise DatabaseError(
            f"the database was not made by grantctl: {url}", hint="grantctl init --database URL"
        )
    if before not in KNOWN_REVISIONS:
        raise DatabaseError(
            f"the database has revision `{before}`, which this version does not know: {url}",
            hint="a newer grantctl wrote it: pip install --upgrade grantctl",
        )
    if before == SCHEMA_REVISION:
        return before, before
    with writing_connection(url) as connection, translated_errors(str(url)):
        upgrade(connection)
        with Session(bind=connection) as session:
            Change(session, intent, datetime.now(UTC)).record(
                "database.migrate",
                "database",
                SCHEMA_REVISION,
                before={"revision": before},
                after={"revision": SCHEMA_REVISION},
            )
            session.flush()
        if intent.dry_run:
            connection.rollback()
        else:
            connection.commit()
    return before, SCHEMA_REVISION


def read_status(url: DatabaseUrl) -> DatabaseStatus:
    """Which revision the database has. Raises DatabaseError where it cannot be read."""
    connection = open_reading(url)
    try:
        revision = Reader(connection).find_revision()
        is_current = revision == SCHEMA_REVISION
        users = connection.rows(_COUNT_USERS)[0][0] if is_current else None
        return DatabaseStatus(str(url), revision, SCHEMA_REVISION, is_current, users)
    finally:
        connection.close()


_COUNT_USERS = str(select(func.count()).select_from(UserRow.__table__))  # type: ignore[attr-defined]
