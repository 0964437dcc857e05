"""What every check of `doctor` is given: settings, environment, clock, and the opened database.

Owns the shapes alone. Leaves filling them to `doctor_configuration` and `doctor_database`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grantctl.config import Settings
from grantctl.interop.directory import Finding
from grantctl.operations.doctor_findings import DoctorFinding, Section
from grantctl.store.connection import Connection, Row
from grantctl.store.database import Database


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings without those that are wrong, which `problems` tells.

    `is_file_read` is false where the file could not be understood; `knows_database`: whether it
    could not have named the database all the same.
    """

    settings: Settings
    problems: tuple[DoctorFinding, ...] = ()
    is_file_read: bool = True
    knows_database: bool = True


@dataclass(frozen=True, slots=True)
class OpenedDatabase:
    """A database as far as it can be looked at.

    `connection` is None where it cannot be read, `is_usable` is false where it is none of this
    revision; `findings` then say why. `imported`: what the import of an attached one told.
    """

    findings: tuple[DoctorFinding, ...]
    connection: Connection | None = None
    database: Database | None = None
    is_usable: bool = False
    imported: tuple[Finding, ...] = field(default=())

    @property
    def is_attached(self) -> bool:
        return self.database is not None and self.database.memory is not None


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at an installation. `connection` and `database` are for checks that need one."""

    loaded: LoadedSettings
    environ: Mapping[str, str]
    clock: Callable[[], datetime]
    opened: OpenedDatabase

    @property
    def connection(self) -> Connection:
        assert self.opened.connection is not None
        return self.opened.connection

    @property
    def database(self) -> Database:
        assert self.opened.database is not None
        return self.opened.database

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        """All rows of a statement. Raises DatabaseError."""
        return self.connection.rows(statement, parameters)


@dataclass(frozen=True, slots=True)
class Check:
    """One look; its rows have its code, unless they have codes of their own.

    `codes`: the one code; several where one look answers several checks.
    """

    section: Section
    codes: tuple[str, ...]
    look: Callable[[Visit], Iterable[DoctorFinding]]
    needs_database: bool = True
