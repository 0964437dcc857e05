"""What `doctor` finds: a row for each thing that it looked at, well or not.

Owns the rows, their statuses and sections, and how many names are listed. Leaves what is looked at
to the modules named `doctor_…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

MAX_NAMED = 5


class Status(StrEnum):
    """How it is. A note is worth knowing, and nothing is wrong; what was skipped nobody knows."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


class Section(StrEnum):
    """What the checks are about, in the order in which they are shown."""

    CONFIGURATION = "configuration"
    DATABASE = "database"
    INTEGRITY = "integrity"
    CREDENTIALS = "credentials"
    SETTINGS = "settings"
    IDENTITY_PROVIDER = "identity provider"
    DIRECTORY = "directory"
    PERMISSIONS = "permissions"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One row. `advice` is a command, or a half-sentence where none helps; empty where it is well.

    Whoever runs a check fills in the section, and the check where it has one code only.
    """

    status: Status
    message: str
    subject: str = ""
    advice: str = ""
    check: str = ""
    section: Section = Section.DATABASE


def ok(message: str, subject: str = "") -> DoctorFinding:
    """All is well."""
    return DoctorFinding(Status.OK, message, subject)


def note(message: str, subject: str = "", advice: str = "") -> DoctorFinding:
    """Nothing is wrong, and yet somebody may want to know."""
    return DoctorFinding(Status.NOTE, message, subject, advice)


def warning(message: str, subject: str = "", advice: str = "") -> DoctorFinding:
    """It works, but likely not as it is meant."""
    return DoctorFinding(Status.WARNING, message, subject, advice)


def failure(message: str, subject: str = "", advice: str = "") -> DoctorFinding:
    """It is broken, or open to those whom it should be closed to."""
    return DoctorFinding(Status.FAILURE, message, subject, advice)


def skipped(message: str, subject: str = "") -> DoctorFinding:
    """It could not be looked at; why."""
    return DoctorFinding(Status.SKIPPED, message, subject)


def listed(names: Iterable[str], total: int) -> str:
    """The first five names, and how many more there are of `total`."""
    shown = ", ".join(f"`{name}`" for name in islice(names, MAX_NAMED))
    more = total - MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def first_of(findings: Sequence[DoctorFinding], advice: str) -> list[DoctorFinding]:
    """The first five rows of one kind, and a row for the others; `advice` shows them all."""
    rest = findings[MAX_NAMED:]
    if not rest:
        return list(findings)
    more = f"and {len(rest)} more"
    last = replace(rest[0], message="of the same kind", subject=more, advice=advice)
    return [*findings[:MAX_NAMED], last]


def counted(count: int, noun: str) -> str:
    """`1 user`, `2 users`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
