"""What `doctor` finds of the database as a whole: whether it is there, ours, current, private.

Owns its opening, which ends in a finding and never in an error, and the clocks. Leaves what is in
it to the other modules.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from shlex import quote

from grantctl.errors import DatabaseError, GrantctlError
from grantctl.interop.directory import Finding
from grantctl.operations.attaching import attach
from grantctl.operations.doctor_findings import DoctorFinding, failure, ok, skipped, warning
from grantctl.operations.doctor_visit import OpenedDatabase, Visit
from grantctl.store import doctor_queries as queries
from grantctl.store.connection import Connection, open_reading
from grantctl.store.database import Database
from grantctl.store.reader import Reader
from grantctl.store.url import SQLITE, parse_url

MAX_SKEW = timedelta(seconds=5)
MAX_LEEWAY = timedelta(seconds=60)  # tokens allow for no more, whatever is set

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NTP = "let both hosts keep their clocks by NTP"


@contextmanager
def opened(url: str) -> Iterator[OpenedDatabase]:
    """The database of that URL, opened for reading; never raises for what is wrong with it."""
    try:
        parsed = parse_url(url)
        if parsed.is_attached:
            database, report = attach(parsed)
            assert database.memory is not None
            found = ok(f"read as {report.layout}", str(parsed))
            yield _judged(database, database.memory, found, report.findings)
            return
        connection = open_reading(parsed)
    except GrantctlError as error:
        yield OpenedDatabase((_unreachable(error),))
        return
    try:
        yield _judged(Database(parsed), connection, ok("it answers", str(parsed)), ())
    finally:
        connection.close()


def _unreachable(error: GrantctlError) -> DoctorFinding:
    found = failure(error.message, "", error.hint or "")
    return replace(found, check="database_reachable")


def _judged(
    database: Database,
    connection: Connection,
    reached: DoctorFinding,
    imported: tuple[Finding, ...],
) -> OpenedDatabase:
    """The database with its revision looked at."""
    reached = replace(reached, check="database_reachable")
    try:
        reader = Reader(connection)
        reader.require_revision()
        revision = reader.find_revision()
    except DatabaseError as error:
        wrong = replace(failure(error.message, "", error.hint or ""), check="database_current")
        return OpenedDatabase((reached, wrong), connection, database)
    current = replace(ok(f"revision {revision}"), check="database_current")
    return OpenedDatabase((reached, current), connection, database, True, imported)


def privacy(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether others may read or write the file of the database."""
    path = visit.database.url.path
    if path is None:
        yield ok("its server says who may read it")
        return
    if os.name != "posix":
        yield skipped("file modes say nothing here", str(path))
        return
    mode = path.stat().st_mode
    advice = f"chmod 600 {quote(str(path))}"
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield failure("others may write it, and so give themselves every right", str(path), advice)
    elif mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warning("others may read it, the hashes of passwords too", str(path), advice)
    else:
        yield ok("its owner's alone", str(path))


def clocks(visit: Visit) -> Iterator[DoctorFinding]:
    """Whether this host's clock agrees with the database's, and with those that wrote into it."""
    found: list[DoctorFinding] = []
    if visit.connection.engine != SQLITE:
        before = visit.clock()
        there = _moment(visit.rows(queries.NOW_ON_POSTGRES)[0][0])
        now = before + (visit.clock() - before) / 2
        skew, which = now - there, "ahead of" if now > there else "behind"
        found += _skewed(abs(skew), f"this host's clock is {{}} {which} the database server's")
    newest = visit.rows(queries.NEWEST_EVENT)[0][0]
    if newest is not None:
        early = _moment(newest) - visit.clock()
        found += _skewed(early, "the newest entry of the audit log lies {} in the future")
    yield from found or [ok("this host's clock fits what is stored")]


def _skewed(skew: timedelta, message: str) -> Iterator[DoctorFinding]:
    if skew > MAX_SKEW:
        text = message.format(f"{skew.total_seconds():.0f} s")
        if skew > MAX_LEEWAY:
            yield failure(f"{text}: tokens and expiries are judged wrongly", "", _NTP)
        else:
            yield warning(text, "", _NTP)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))
