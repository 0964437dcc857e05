"""One operation, one transaction, one audit entry.

Owns how a change is begun, recorded and ended. Leaves to each use case what it checks and writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlmodel import Session

from grantctl.model import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, require_text
from grantctl.store.database import Database
from grantctl.store.session import change
from grantctl.store.tables import AuditEventRow

Result = TypeVar("Result")
Facts = Mapping[str, Any]  # JSON: whatever describes the object


@dataclass(frozen=True, slots=True)
class Intent:
    """Who changes something, why if they said so, and whether it is only tried.

    Raises InvalidError for an actor or a reason that no audit entry could hold.
    """

    actor: str
    reason: str | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        require_text(self.actor, what="an actor", longest=MAX_NAME_LENGTH)
        if self.reason is not None:
            require_text(self.reason, what="a reason", longest=MAX_DESCRIPTION_LENGTH)


@dataclass(frozen=True, slots=True)
class Change:
    """The transaction that a use case works in. `now` is its one time, aware UTC."""

    session: Session
    intent: Intent
    now: datetime

    def record(
        self,
        action: str,
        object_type: str,
        object_id: str,
        *,
        before: Facts | None = None,
        after: Facts | None = None,
    ) -> None:
        """Write the audit entry. Never hand it a secret."""
        self.session.add(
            AuditEventRow(
                at=self.now,
                actor=self.intent.actor,
                action=action,
                object_type=object_type,
                object_id=object_id,
                before=before,
                after=after,
                reason=self.intent.reason,
            )
        )


def perform(database: Database, intent: Intent, work: Callable[[Change], Result]) -> Result:
    """Run the work as one change; all of it is kept or nothing. Raises what the work raises."""

    def in_session(session: Session) -> Result:
        return work(Change(session, intent, datetime.now(UTC)))

    return change(database, in_session, dry_run=intent.dry_run)
