"""Everything that may be wrong with an installation, looked at once: `grantctl doctor`.

Owns that no check ends the others: what cannot be looked at is a row that says why. Mends nothing;
each row says what does. Leaves which checks there are to `doctor_checks`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from grantctl.errors import DatabaseError, GrantctlError
from grantctl.operations.doctor_checks import checks_of
from grantctl.operations.doctor_configuration import load_anyway
from grantctl.operations.doctor_database import opened
from grantctl.operations.doctor_findings import DoctorFinding, Section, Status, failure, skipped
from grantctl.operations.doctor_visit import Check, LoadedSettings, OpenedDatabase, Visit
from grantctl.store.connection import Connection

__all__ = ["DoctorFinding", "DoctorReport", "LoadedSettings", "Status", "examine", "load_anyway"]

Clock = Callable[[], datetime]

_READING = frozenset(
    {"list", "show", "get", "members", "check", "import"}
)  # what an attached one allows
_COMMANDS = re.compile(r"(?:^|: )grantctl (\S+) ?(\S*)")
_IN_OPEN_WEBUI = "change it in Open WebUI"
_NO_DATABASE = "the database cannot be looked at"
_DAMAGED = "the database is damaged"
_ORDER = list(Section)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Every row, in the order of the sections."""

    findings: tuple[DoctorFinding, ...]

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many rows there are of each status, none left out."""
        found = Counter(one.status for one in self.findings)
        return {status: found[status] for status in Status}

    def is_healthy(self, *, strict: bool) -> bool:
        """Whether there is no failure, nor, if it is to be strict, a warning."""
        return not (self.counts[Status.FAILURE] or (strict and self.counts[Status.WARNING]))


def examine(
    loaded: LoadedSettings, environ: Mapping[str, str], *, clock: Clock | None = None
) -> DoctorReport:
    """Look at everything. Never raises for what is wrong."""
    moment = clock or (lambda: datetime.now(UTC))
    if loaded.knows_database:
        with opened(loaded.settings.database.value) as database:
            found = tuple(_examined(Visit(loaded, environ, moment, database)))
    else:
        unknown = skipped("which database is meant, the configuration file would say")
        nothing = OpenedDatabase((replace(unknown, check="database_reachable"),))
        found = tuple(_examined(Visit(loaded, environ, moment, nothing)))
    return DoctorReport(tuple(sorted(found, key=lambda one: _ORDER.index(one.section))))


def _examined(visit: Visit) -> Iterator[DoctorFinding]:
    yield from visit.opened.findings
    why_not = "" if visit.opened.is_usable else _NO_DATABASE
    for check in checks_of(visit):
        if why_not and check.needs_database:
            yield from _filled(check, [skipped(why_not)] * len(check.codes))
            continue
        rows = list(_filled(check, _looked(check, visit)))
        yield from rows
        why_not = why_not or _why_not(rows, visit.opened.connection)


def _looked(check: Check, visit: Visit) -> list[DoctorFinding]:
    """What the check finds; what keeps it from looking is a finding too."""
    # Nobody else writes into the copy of an attached one, on which all share one connection.
    is_alone = not check.needs_database or visit.opened.is_attached
    moment = nullcontext() if is_alone else visit.connection.reading()
    try:
        with moment:
            found = list(check.look(visit))
    except DatabaseError as error:
        return [failure(error.message, "", error.hint or "")]
    except GrantctlError as error:
        return [skipped(error.message)]
    except OSError as error:
        return [skipped((error.strerror or "unknown reason").lower(), str(error.filename or ""))]
    except (ArithmeticError, LookupError, TypeError, ValueError):
        if not check.needs_database:
            return [skipped("it cannot be looked at")]
        # SQLite keeps any value in any column: one that cannot be what it stands for.
        return [failure(f"{_DAMAGED}: a value in it makes no sense", "", "grantctl db check")]
    return [_attached(one) for one in found] if visit.opened.is_attached else found


def _filled(check: Check, rows: Iterable[DoctorFinding]) -> Iterator[DoctorFinding]:
    """The rows with section and code."""
    codes = iter(check.codes)
    for row in rows:
        code = row.check or next(codes, check.codes[-1])
        yield replace(row, section=check.section, check=code)


def _why_not(rows: Iterable[DoctorFinding], connection: Connection | None) -> str:
    """Why nothing more can be looked at in the database, empty where it can."""
    found = list(rows)
    if any(row.check == "damaged" for row in found):
        return _DAMAGED
    if connection is None or all(row.status is not Status.FAILURE for row in found):
        return ""
    try:
        connection.rows("SELECT 1")
    except DatabaseError:
        return _NO_DATABASE
    return ""


def _attached(row: DoctorFinding) -> DoctorFinding:
    """The row with advice that can be followed: an attached database is only read."""
    commands = _COMMANDS.findall(row.advice)
    if all(_READING & set(words) for words in commands):
        return row
    return replace(row, advice=_IN_OPEN_WEBUI)
