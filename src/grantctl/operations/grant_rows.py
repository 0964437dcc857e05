"""Rows of access grants: written and deleted, many at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, delete, insert

from grantctl.evaluation.access_decision import AccessState
from grantctl.evaluation.facts import AccessGrant
from grantctl.model import Action, PrincipalType
from grantctl.operations.chunks import in_chunks
from grantctl.operations.grant_principals import everyone_may
from grantctl.operations.resource_changes import ResourceState
from grantctl.store.resource_tables import AccessGrantRow

EVERYONE_READS = everyone_may(Action.READ.value)


def is_implied(state: ResourceState, grant: AccessGrant) -> bool:
    """Whether the grant is there already, or says only what being public says."""
    is_public = state.record.state is AccessState.PUBLIC
    return grant in state.grants or (is_public and grant.action == Action.READ)


def insert_grants(session: Session, added: Sequence[tuple[ResourceState, AccessGrant]]) -> None:
    """Write these grants; none of them is there yet."""
    rows = [
        {
            "resource_pk": state.row.pk,
            "action": one.action,
            "principal_type": one.principal_type.value,
            "user_pk": one.principal if one.principal_type is PrincipalType.USER else None,
            "group_pk": one.principal if one.principal_type is PrincipalType.GROUP else None,
            "missing_id": None,
        }
        for state, one in added
    ]
    for part in in_chunks(rows):
        session.exec(insert(AccessGrantRow), params=part)


def delete_grants(session: Session, pks: Sequence[int]) -> None:
    """Take away the grants of these rows."""
    for part in in_chunks(pks):
        session.exec(delete(AccessGrantRow).where(col(AccessGrantRow.pk).in_(part)))
