"""Resources opened to everyone, and closed.

Owns that opening one takes nothing away from anybody, and closing one opens it to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlmodel import Session

from grantctl.evaluation.access_decision import AccessState
from grantctl.model import PrincipalType
from grantctl.operations.changes import Change, Intent, perform
from grantctl.operations.grant_rows import (
    EVERYONE_READS,
    delete_grants,
    insert_grants,
    is_implied,
)
from grantctl.operations.resource_changes import ResourceChange, ResourceState, change_resources
from grantctl.operations.resource_selection import Wanted, select_resources
from grantctl.store.database import Database


def publish(database: Database, intent: Intent, wanted: Sequence[Wanted]) -> list[ResourceChange]:
    """Let everyone read resources; all or nothing.

    A private one becomes public. A restricted one keeps its grants and stays restricted. Raises
    NotFoundError, InvalidError.
    """

    def write(session: Session, states: list[ResourceState]) -> None:
        added = []
        for state in states:
            if state.record.state is AccessState.PRIVATE:
                state.row.is_public = True
            elif not is_implied(state, EVERYONE_READS):
                added.append((state, EVERYONE_READS))
        insert_grants(session, added)

    return _change_access(database, intent, wanted, "resource.publish", write)


def restrict(
    database: Database, intent: Intent, wanted: Sequence[Wanted], *, private: bool = False
) -> list[ResourceChange]:
    """Take resources away from everyone, or where they shall be private from anybody; all or none.

    A public one becomes private. Raises NotFoundError, InvalidError.
    """

    def write(session: Session, states: list[ResourceState]) -> None:
        removed = []
        for state in states:
            state.row.is_public = False
            removed += [
                pk
                for one, pk in state.grants.items()
                if private or one.principal_type is PrincipalType.EVERYONE
            ]
        delete_grants(session, removed)

    return _change_access(database, intent, wanted, "resource.restrict", write)


def _change_access(
    database: Database,
    intent: Intent,
    wanted: Sequence[Wanted],
    action: str,
    write: Callable[[Session, list[ResourceState]], None],
) -> list[ResourceChange]:
    def work(change: Change) -> list[ResourceChange]:
        rows = select_resources(change.session, wanted)
        return change_resources(change, rows, action, partial(write, change.session))

    return perform(database, intent, work)
