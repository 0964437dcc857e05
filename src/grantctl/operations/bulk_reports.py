"""What a bulk import did, and which rows it left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from grantctl.errors import GrantctlError
from grantctl.interop.flat_formats import FlatFormat

MAX_REASONS = 10

Progress = Callable[[str, int], None]  # what is done, and to how many rows so far


@dataclass(slots=True)
class BulkTally:
    """What became of the rows; `reasons` are those of the first ones that were left out."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    left_out: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        return self.created + self.updated + self.unchanged + self.left_out

    @property
    def is_changed(self) -> bool:
        return bool(self.created or self.updated)

    def leave_out(self, error: GrantctlError, line: int, *, is_strict: bool) -> None:
        """Leave out a row for that reason; a strict import ends with it instead."""
        message = f"line {line}: {error.message}"
        if is_strict:
            raise type(error)(message, hint=error.hint)
        self.left_out += 1
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(message)


@dataclass(frozen=True, slots=True)
class UserImport:
    """What an import of users did, or in a dry run would do.

    `first_admin` is the e-mail address of the first user of all, who became admin;
    `default_group` is the id of the group that all new ones were put into.
    """

    format: FlatFormat
    users: BulkTally
    admin_count: int
    first_admin: str | None
    default_group: str | None


@dataclass(frozen=True, slots=True)
class MembershipImport:
    """What an import of memberships did, or in a dry run would do."""

    format: FlatFormat
    memberships: BulkTally
    groups_created: int
