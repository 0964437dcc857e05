"""Resources changed, one or many: what they were, what they are, and the audit entry of each.

Owns that nothing is recorded where nothing changed. Leaves what changes to its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from grantctl.evaluation.facts import AccessGrant
from grantctl.operations.changes import Change
from grantctl.operations.resource_rows import (
    ResourceRecord,
    read_grants,
    read_records,
    resource_facts,
)
from grantctl.store.resource_tables import ResourceRow


@dataclass(frozen=True, slots=True)
class ResourceState:
    """A resource at one moment of a change; `grants` with the keys of their rows."""

    row: ResourceRow
    record: ResourceRecord
    grants: Mapping[AccessGrant, int]

    @property
    def facts(self) -> dict[str, Any]:
        return resource_facts(self.record, self.grants)


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource before and after a change."""

    before: ResourceRecord
    after: ResourceRecord
    is_changed: bool


def read_states(session: Session, rows: Sequence[ResourceRow]) -> list[ResourceState]:
    """What these resources are now, the session's own changes included."""
    session.flush()
    pks = [row.pk for row in rows]
    records, grants = read_records(session, pks), read_grants(session, pks)
    return [ResourceState(row, records[row.pk], grants[row.pk]) for row in rows]


def change_resources(
    change: Change,
    rows: Sequence[ResourceRow],
    action: str,
    work: Callable[[list[ResourceState]], None],
) -> list[ResourceChange]:
    """Let the work change these resources; each one that differs then has its audit entry."""
    before = read_states(change.session, rows)
    work(before)
    after = read_states(change.session, rows)
    return [_settle(change, action, *pair) for pair in zip(before, after, strict=True)]


def _settle(
    change: Change, action: str, before: ResourceState, after: ResourceState
) -> ResourceChange:
    record, old, new = after.record, before.facts, after.facts
    if old == new:
        return ResourceChange(before.record, record, is_changed=False)
    after.row.updated_at = change.now
    change.session.add(after.row)
    change.record(action, "resource", str(record.ref), before=old, after=new)
    return ResourceChange(before.record, replace(record, updated_at=change.now), is_changed=True)
