"""Making, migrating and describing a database.

Owns what `init` and `db migrate|status` do. Leaves DDL to the migrations, and the making of a file
to `store.new_file`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection as SqlConnection
from sqlmodel import Session

from grantctl.errors import DatabaseError, GuardError
from grantctl.operations.changes import Change, Intent
from grantctl.operations.policy_seeds import Seeds
from grantctl.operations.seeding import SeedReport, plan_seeds, seed_new_database
from grantctl.store import (  # noqa: F401  # registers them
    credential_tables,
    identity_tables,
    resource_tables,
)
from grantctl.store import integrity_queries as queries
from grantctl.store.connection import Connection, open_reading
from grantctl.store.database import Database, refuse_attached
from grantctl.store.migrate import upgrade
from grantctl.store.new_file import new_file, require_makeable
from grantctl.store.reader import Reader
from grantctl.store.revision import REVISION_TABLE, SCHEMA_REVISION
from grantctl.store.seed import SEEDED_PERMISSIONS
from grantctl.store.session import reader_on, writing_connection
from grantctl.store.sqlite_file import file_size
from grantctl.store.tables import Base, PermissionRow
from grantctl.store.url import SQLITE, DatabaseUrl

_OPEN_WEBUI_TABLES = {"user", "auth"}


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """Which revision a database of grantctl's has; users are counted only in a current one.

    `hint` is the command that makes it current, None where it is.
    """

    url: str
    revision: str
    expected: str
    is_current: bool
    user_count: int | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Initialisation:
    """Whether a database was made, and what became of the seeds: nothing where there was one."""

    is_made: bool
    report: SeedReport


def create_database(url: DatabaseUrl, intent: Intent) -> bool:
    """Make the tables and the catalogue, with no other seeds; whether there was anything to do."""
    return initialise_database(url, intent, Seeds()).is_made


def initialise_database(url: DatabaseUrl, intent: Intent, seeds: Seeds) -> Initialisation:
    """Make the tables and the catalogue, and seed policy settings, in one transaction.

    A SQLite file and its folders are made, for their owner only; the file appears when it is
    complete. One that was made before is left as it is, whatever the seeds. Raises DatabaseError,
    GuardError where other programs' tables are in the way, UsageError for a malformed seed.
    """
    refuse_attached(Database(url))
    if url.path is None:
        return _initialise(url, intent, seeds)
    if file_size(url.path) is None:
        if intent.dry_run:
            require_makeable(url)
            return Initialisation(True, plan_seeds(seeds))
        try:
            with new_file(url) as draft:
                return _initialise(draft, intent, seeds)
        except FileExistsError:
            pass  # another process was first
    # Read before it is opened for writing: a file that is not ours must not even become WAL.
    if file_size(url.path) and _is_initialised_file(url):
        return Initialisation(False, SeedReport())
    if intent.dry_run:
        return Initialisation(True, plan_seeds(seeds))
    return _initialise(url, intent, seeds)


def _is_initialised_file(url: DatabaseUrl) -> bool:
    connection = open_reading(url)
    try:
        return _is_initialised(Reader(connection), url)
    finally:
        connection.close()


def _initialise(url: DatabaseUrl, intent: Intent, seeds: Seeds) -> Initialisation:
    with writing_connection(url) as connection:
        if _is_initialised(reader_on(connection, str(url)), url):
            return Initialisation(False, SeedReport())
        seeds.require_sound()
        upgrade(connection)
        report = _seed(connection, intent, seeds)
        if intent.dry_run:
            connection.rollback()
        else:
            connection.commit()
        return Initialisation(True, report)


def _is_initialised(reader: Reader, url: DatabaseUrl) -> bool:
    """Whether the tables are there. Raises DatabaseError where they are of another revision."""
    names = {name for name in reader.table_names() if not name.startswith("sqlite_")}
    if REVISION_TABLE in names:
        reader.require_revision()
        return True
    in_the_way = names if url.engine == SQLITE else names & set(Base.metadata.tables)
    if not in_the_way:
        return False
    listed = ", ".join(sorted(in_the_way)[:5]) + ", …" * (len(in_the_way) > 5)
    hint = "give grantctl a file of its own, or on Postgres a database or schema"
    if names >= _OPEN_WEBUI_TABLES:
        hint += f"; to read this one as it is: --database openwebui+{url}"
    raise GuardError(f"there are tables of another program, {listed}: {url}", hint=hint)


def _seed(connection: SqlConnection, intent: Intent, seeds: Seeds) -> SeedReport:
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
        change = Change(session, intent, datetime.now(UTC))
        change.record(
            "database.init",
            "database",
            SCHEMA_REVISION,
            after={"revision": SCHEMA_REVISION, "permissions": len(SEEDED_PERMISSIONS)},
        )
        session.flush()
        report = seed_new_database(change, seeds)
        session.flush()
        return report


def migrate_database(url: DatabaseUrl, intent: Intent) -> tuple[str, str]:
    """Bring the schema to the revision of this code; the revisions before and after.

    Raises DatabaseError where the database is not grantctl's, or of a newer revision.
    """
    refuse_attached(Database(url))
    found = _known_revision(url)
    if found == SCHEMA_REVISION:
        return found, found
    with writing_connection(url, foreign_keys=False) as connection:
        before = reader_on(connection, str(url)).require_known_revision()
        if before == SCHEMA_REVISION:  # another process was first
            return before, before
        broken_before = _broken_references(connection, url)
        upgrade(connection)
        if _broken_references(connection, url) > broken_before:
            raise DatabaseError(
                f"rows would refer to others that do not exist, nothing was changed: {url}",
                hint="grantctl db check, with the version that wrote the database",
            )
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


def _known_revision(url: DatabaseUrl) -> str:
    connection = open_reading(url)
    try:
        return Reader(connection).require_known_revision()
    finally:
        connection.close()


def _broken_references(connection: SqlConnection, url: DatabaseUrl) -> int:
    """How many rows refer to others that do not exist: a migration on SQLite watches it itself."""
    if url.engine != SQLITE:
        return 0
    return len(connection.exec_driver_sql(queries.BROKEN_REFERENCES).all())


def read_status(database: Database) -> DatabaseStatus:
    """Which revision the database has. Raises DatabaseError where it is not one of grantctl's."""
    if database.memory is not None:
        return _status(database.memory, database.url)
    connection = open_reading(database.url)
    try:
        return _status(connection, database.url)
    finally:
        connection.close()


def _status(connection: Connection, url: DatabaseUrl) -> DatabaseStatus:
    reader = Reader(connection)
    revision = reader.find_revision()
    if revision is None:
        raise reader.not_ours()
    try:
        reader.require_revision()
    except DatabaseError as error:
        return DatabaseStatus(str(url), revision, SCHEMA_REVISION, False, hint=error.hint)
    users = int(connection.rows(queries.COUNT_USERS)[0][0])
    return DatabaseStatus(str(url), revision, SCHEMA_REVISION, True, users)
