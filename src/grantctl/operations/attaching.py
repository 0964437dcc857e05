"""The database that a command works on: grantctl's own, or an Open WebUI one, attached.

Owns the copy in memory: the schema, the seeded catalogue and an import, of which nothing is written
anywhere. Imports nothing heavy, so that questions about an attached database stay quick.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from grantctl import interop, operations, store
from grantctl.store.connection import Connection, open_memory, open_writing
from grantctl.store.database import Database, refuse_attached
from grantctl.store.driver_errors import retried
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import DatabaseUrl, file_url, parse_url

if TYPE_CHECKING:
    from grantctl.operations.importing import ImportReport

_SCHEMA_FILE = "schema.sql"
_ACTOR = "attached"


def find_database(url: str) -> Database:
    """The database of a URL; one behind `openwebui+` is read into memory.

    Raises UsageError for a URL that is none, DatabaseError where it cannot be read.
    """
    parsed = parse_url(url)
    return attach(parsed)[0] if parsed.is_attached else Database(parsed)


def attach(url: DatabaseUrl) -> tuple[Database, ImportReport]:
    """An Open WebUI database, read into memory, and what its import told. Raises DatabaseError."""
    directory = interop.openwebui.read_directory(url)
    memory = create_memory()
    report = operations.importing.import_directory(
        memory, directory, actor=_ACTOR, source=str(url), added_by=None
    )
    return Database(url, memory), report


def create_memory() -> Connection:
    """An empty directory in memory, with no permission in its catalogue."""
    memory = open_memory()
    script = Path(store.__file__).with_name(_SCHEMA_FILE).read_text(encoding="utf-8")
    memory.raw.executescript(script)
    memory.run(
        "INSERT INTO grantctl_revision (version_num) VALUES (:revision)",
        {"revision": SCHEMA_REVISION},
    )
    return memory


def import_openwebui(
    target: DatabaseUrl,
    source: str,
    *,
    actor: str,
    reason: str | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Bring an Open WebUI database in, in one transaction. A file's path will do for its URL.

    Raises UsageError, DatabaseError, GuardError.
    """
    url = _source_url(source)
    refuse_attached(Database(target))
    # Read before it is opened for writing: a file that is not ours must not even become WAL.
    with Database(target).reader():
        pass
    directory = interop.openwebui.read_directory(url)
    connection = open_writing(target)
    try:
        return retried(
            lambda: operations.importing.import_directory(
                connection,
                directory,
                actor=actor,
                source=str(url),
                added_by=actor,
                reason=reason,
                dry_run=dry_run,
            )
        )
    finally:
        connection.close()


def _source_url(source: str) -> DatabaseUrl:
    if "://" in source:
        return replace(parse_url(source), is_attached=False)
    return file_url(source)
