"""Resources as the commands print them: columns, rows and records.

Owns the names of the JSON contracts `grantctl.resources/v1`, `grantctl.resource/v1`,
`grantctl.resource-changes/v1`, `grantctl.access-changes/v1`, `grantctl.grant-changes/v1` and
`grantctl.resources-deleted/v1`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grantctl.model import PrincipalType
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.evaluation.facts import AccessGrant
    from grantctl.operations.access_grants import GrantOutcome
    from grantctl.operations.resources import (
        DeletedResource,
        ResourceChange,
        ResourceDetail,
        ResourceRecord,
    )

_RESOURCE = Column("resource", "Resource", is_name=True)
_PARTS = (Column("type", "Type", is_extra=True), Column("id", "Id", is_extra=True))
COLUMNS = (
    _RESOURCE,
    Column("name", "Name"),
    Column("owner", "Owner"),
    Column("access", "Access"),
    Column("grants", "Grants", justify="right"),
    Column("base", "Base"),
    *_PARTS,
    Column("owner_missing", "Owner missing", is_extra=True),
    Column("base_missing", "Base missing", is_extra=True),
    Column("created_at", "Created", is_extra=True),
    Column("updated_at", "Updated", is_extra=True),
)
OWNER_COLUMNS = (
    _RESOURCE,
    Column("outcome", "Outcome"),
    Column("before", "Owner before"),
    Column("owner", "Owner"),
    *_PARTS,
)
ACCESS_COLUMNS = (
    _RESOURCE,
    Column("outcome", "Outcome"),
    Column("before", "Access before"),
    Column("access", "Access"),
    Column("grants", "Grants", justify="right"),
    *_PARTS,
)
GRANT_COLUMNS = (
    _RESOURCE,
    Column("action", "Action"),
    Column("principal_type", "To"),
    Column("principal", "Whom"),
    Column("outcome", "Outcome"),
    *_PARTS,
    Column("principal_id", "Id of whom", is_extra=True),
    Column("is_dangling", "Missing", is_extra=True),
)
DELETED_COLUMNS = (
    _RESOURCE,
    Column("name", "Name"),
    Column("grants", "Grants", justify="right"),
    Column("dependents", "Now without a base"),
    *_PARTS,
)


def resource_row(resource: ResourceRecord) -> dict[str, object]:
    """A resource as lists show one."""
    return {
        "resource": str(resource.ref),
        "name": resource.name,
        "owner": resource.owner,
        "access": resource.state.value,
        "grants": resource.grant_count,
        "base": resource.base,
        "type": resource.ref.type,
        "id": resource.ref.id,
        "owner_missing": resource.is_owner_missing,
        "base_missing": resource.is_base_missing,
        "created_at": resource.created_at,
        "updated_at": resource.updated_at,
    }


def resource_document(detail: ResourceDetail) -> dict[str, object]:
    """A resource with its grants and the resources that are made of it."""
    resource = detail.resource
    return {
        "resource": str(resource.ref),
        "type": resource.ref.type,
        "id": resource.ref.id,
        "name": resource.name,
        "owner": resource.owner,
        "owner_id": resource.owner_id,
        "owner_missing": resource.is_owner_missing,
        "access": resource.state.value,
        "base": resource.base,
        "base_missing": resource.is_base_missing,
        "dependents": [str(ref) for ref in detail.dependents],
        "created_at": resource.created_at,
        "updated_at": resource.updated_at,
        "grants": [_grant(one) for one in detail.grants],
    }


def change_document(outcome: str, resource: ResourceRecord) -> dict[str, object]:
    """A resource after a change, with what became of it."""
    row = resource_row(resource)
    return {"outcome": outcome, **row}


def owner_row(change: ResourceChange) -> dict[str, object]:
    """What became of a resource's owner."""
    return {
        **_named(change.after),
        "outcome": "updated" if change.is_changed else "unchanged",
        "before": change.before.owner,
        "owner": change.after.owner,
    }


def access_row(change: ResourceChange, outcome: str) -> dict[str, object]:
    """What became of a resource's access control; `outcome` where it changed."""
    return {
        **_named(change.after),
        "outcome": outcome if change.is_changed else "unchanged",
        "before": change.before.state.value,
        "access": change.after.state.value,
        "grants": change.after.grant_count,
    }


def grant_row(one: GrantOutcome) -> dict[str, object]:
    """What became of one grant."""
    return {
        "resource": str(one.ref),
        "action": one.grant.action,
        "principal_type": one.grant.principal_type.value,
        "principal": principal_name(one.grant),
        "outcome": one.outcome.value,
        "type": one.ref.type,
        "id": one.ref.id,
        "principal_id": one.grant.principal_id,
        "is_dangling": one.grant.is_dangling,
    }


def deleted_row(deleted: DeletedResource) -> dict[str, object]:
    """A resource that is gone, and what went with it."""
    return {
        **_named(deleted.resource),
        "name": deleted.resource.name,
        "grants": deleted.resource.grant_count,
        "dependents": [str(ref) for ref in deleted.dependents],
    }


def principal_name(grant: AccessGrant) -> str:
    """What a person calls the principal: `everyone`, an e-mail address, a group's name, an id."""
    if grant.principal_type is PrincipalType.EVERYONE:
        return "everyone"
    return grant.name or grant.principal_id


def _named(resource: ResourceRecord) -> dict[str, object]:
    return {
        "resource": str(resource.ref),
        "type": resource.ref.type,
        "id": resource.ref.id,
    }


def _grant(grant: AccessGrant) -> dict[str, object]:
    return {
        "action": grant.action,
        "principal_type": grant.principal_type.value,
        "principal": principal_name(grant),
        "id": grant.principal_id,
        "is_dangling": grant.is_dangling,
    }
