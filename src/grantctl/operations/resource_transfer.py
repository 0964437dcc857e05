"""Resources out to a file and in from one, without loss.

Owns both use cases: what an export writes, and the transaction of an import with its report. What
a file has is made or brought up to date, its access control as a whole; nothing is ever deleted but
grants of a resource that the file has. A file is checked to its end before anything is written, and
a fault in its last row keeps nothing. It is hand-written SQL in bounded memory, with one audit
entry.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from grantctl.errors import InvalidError
from grantctl.interop.plain_resources import Ref
from grantctl.interop.resource_files import open_resource_file
from grantctl.interop.resource_text import FileFormat, written
from grantctl.model import ResourceRef, require_resource_type
from grantctl.operations import garbage
from grantctl.operations.import_state import microseconds
from grantctl.operations.resource_bases import require_no_cycle, resolve_bases
from grantctl.operations.resource_files import RecordSpool, new_text_file, open_source
from grantctl.operations.resource_taking import MissingTally, Taking, TransferTally, take_chunk
from grantctl.store import directory_queries
from grantctl.store import resource_transfer_queries as queries
from grantctl.store.connection import Connection, open_reading, open_writing
from grantctl.store.database import Database, refuse_attached
from grantctl.store.driver_errors import retried
from grantctl.store.reader import Reader
from grantctl.store.resource_export import export_records
from grantctl.store.resource_lookups import ResourceLookups
from grantctl.store.url import SQLITE, DatabaseUrl

if TYPE_CHECKING:
    from grantctl.operations.changes import Intent

PROGRESS_ROWS = 10_000

Row = TypeVar("Row")
Progress = Callable[[str, int], None]  # what is done, and to how many rows so far


@dataclass(frozen=True, slots=True)
class TransferReport:
    """What an import did, or in a dry run would do."""

    format: FileFormat
    tallies: Mapping[str, TransferTally]
    missing: MissingTally

    @property
    def is_changed(self) -> bool:
        resources = self.tallies["resources"]
        return bool(resources.created or resources.updated)


def export_resources(
    database: Database,
    stream: TextIO,
    *,
    format: FileFormat,
    type_: str | None = None,
    ascii_only: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write the resources, or those of a type, by type and id, as they are at one moment.

    Raises InvalidError for a type that is none, DatabaseError.
    """
    if type_ is not None:
        require_resource_type(type_)
    with _connection(database) as connection:
        records = export_records(connection, type_)
        for text in written(_counted(records, "exported", progress), format, ascii_only=ascii_only):
            stream.write(text)


def export_to_file(
    database: Database,
    path: Path,
    *,
    format: FileFormat,
    type_: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """The same to a file that appears whole or not at all; see `new_text_file`."""
    with new_text_file(path, force=force) as stream:
        export_resources(database, stream, format=format, type_=type_, progress=progress)


def _counted(rows: Iterable[Row], what: str, progress: Progress | None) -> Iterator[Row]:
    if progress is None:
        yield from rows
        return
    for number, row in enumerate(rows, start=1):
        yield row
        if number % PROGRESS_ROWS == 0:
            progress(what, number)


@contextmanager
def _connection(database: Database) -> Iterator[Connection]:
    if database.memory is not None:
        yield database.memory
        return
    connection = open_reading(database.url)
    try:
        Reader(connection).require_revision()
        yield connection
    finally:
        connection.close()


@dataclass(slots=True)
class _Incoming:
    """A checked file: its rows, where each resource stands, and which have a base."""

    spool: RecordSpool
    source: str
    format: FileFormat
    places: dict[Ref, str] = field(default_factory=dict)
    bases: dict[ResourceRef, ResourceRef] = field(default_factory=dict)


def import_resources(
    target: DatabaseUrl,
    intent: Intent,
    source: str,
    *,
    format: FileFormat | None = None,
    is_strict: bool = False,
    progress: Progress | None = None,
) -> TransferReport:
    """Bring the resources of a file in, `-` for stdin, in one transaction.

    Who or what a row names and does not exist here is kept as missing; a strict import refuses it.
    Raises UsageError, InvalidError, GuardError, DatabaseError.
    """
    refuse_attached(Database(target))
    # Read before it is opened for writing: a file that is not ours must not even become WAL.
    with Database(target).reader():
        pass
    with closing(RecordSpool()) as spool, garbage.searched_rarely():
        incoming = _check(source, spool, format, progress)
        connection = _open_writing(target)
        try:
            return retried(
                lambda: _import_once(
                    connection, incoming, intent, is_strict=is_strict, progress=progress
                )
            )
        finally:
            connection.close()


def _open_writing(target: DatabaseUrl) -> Connection:
    connection = open_writing(target)
    if connection.engine == SQLITE:
        connection.run(queries.LARGER_CACHE_SQLITE)
    else:  # of an interrupt in the middle of many rows, the driver would tell stderr itself
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
    return connection


def _check(
    source: str, spool: RecordSpool, format: FileFormat | None, progress: Progress | None
) -> _Incoming:
    """Read the whole file. Raises InvalidError where it is wrong anywhere, by itself."""
    with open_source(source) as stream:
        file = open_resource_file(stream, name=source, format=format)
        incoming = _Incoming(spool, source, file.format)
        places = incoming.places
        for row in _counted(file.rows(), "checked", progress):
            place, type_, id_, _, _, base, _, _ = row
            if (type_, id_) in places:
                ref, other = ResourceRef(type_, id_), places[type_, id_]
                raise InvalidError(f"{place}: `{ref}` stands in {other} already")
            places[type_, id_] = place
            if base is not None:
                incoming.bases[ResourceRef(type_, id_)] = ResourceRef(*base)
            spool.add(row)
    return incoming


class _DryRunEndedError(Exception):
    """Takes the transaction of a dry run back."""


def _import_once(
    connection: Connection,
    incoming: _Incoming,
    intent: Intent,
    *,
    is_strict: bool,
    progress: Progress | None,
) -> TransferReport:
    lookups = ResourceLookups(connection)
    now = microseconds(datetime.now(UTC))
    taking = Taking(connection, lookups, incoming.places, now, is_strict)
    report = TransferReport(
        incoming.format,
        {"resources": taking.resources, "access grants": taking.grants},
        taking.missing,
    )
    try:
        with connection.writing():
            taking.is_first = not lookups.highest_resource()
            require_no_cycle(lookups, incoming.places, incoming.bases)
            for chunk in incoming.spool.chunks():
                take_chunk(taking, chunk)
                if progress is not None:
                    progress("written", taking.row_count)
            if report.is_changed:
                resolve_bases(connection, lookups)
                _record(connection, incoming, report, intent, now)
            if intent.dry_run:
                raise _DryRunEndedError
    except _DryRunEndedError:
        pass
    return report


def _record(
    connection: Connection, incoming: _Incoming, report: TransferReport, intent: Intent, now: int
) -> None:
    counts = {
        kind: {"created": one.created, "updated": one.updated, "removed": one.removed}
        for kind, one in report.tallies.items()
    }
    source = os.fsencode(incoming.source).decode("utf-8", "replace")
    connection.run(
        directory_queries.INSERT_AUDIT_EVENT,
        {
            "at": now,
            "actor": intent.actor,
            "action": "resource.import",
            "object_type": "resource",
            "object_id": "import",
            "after": json.dumps({"source": source, "format": report.format, "counts": counts}),
            "reason": intent.reason,
        },
    )
