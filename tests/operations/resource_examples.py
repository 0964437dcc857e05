"""Resources, grants and their missing principals that the tests make, and what they read back."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from grantctl.model import PrincipalType
from grantctl.operations import access_grants, groups, resources
from grantctl.operations.access_grants import GrantsChanged, Principals
from grantctl.operations.pages import PageRequest
from grantctl.store.database import Database
from grantctl.store.resource_tables import AccessGrantRow, ResourceRow
from grantctl.store.session import change, read_session
from grantctl.store.tables import AuditEventRow
from tests.operations.directories import INTENT, add_user

BOB, STAFF = Principals(users=("bob@example.com",)), Principals(groups=("staff",))
EVERYONE = Principals(everyone=True)
EVERYTHING = PageRequest(None)


def make_directory(database: Database) -> None:
    """Ada, who is admin, Bob and Chen, and the groups staff and guests, without members."""
    for name in ("ada", "bob", "chen"):
        add_user(database, name)
    for name in ("staff", "guests"):
        groups.create_group(database, INTENT, name=name)


def make_resources(database: Database, *references: str, **options: Any) -> None:
    for reference in references:
        resources.create_resource(database, INTENT, reference, **options)


def give(database: Database, reference: str, action: str, to: Principals) -> GrantsChanged:
    return access_grants.grant(database, INTENT, [reference], action, to)


def take(database: Database, reference: str, action: str, of: Principals) -> GrantsChanged:
    return access_grants.revoke(database, INTENT, [reference], action, of)


def add_dangling(
    database: Database, id: str, action: str, principal_type: PrincipalType, missing_id: str
) -> None:
    """A grant on `model:id` to nobody, as an import may leave one."""

    def write(session: Session) -> None:
        row = session.exec(select(ResourceRow).where(ResourceRow.id == id)).one()
        session.add(
            AccessGrantRow(
                resource_pk=row.pk,
                action=action,
                principal_type=principal_type.value,
                missing_id=missing_id,
            )
        )

    change(database, write, dry_run=False)


def edit_resource(database: Database, id: str, **values: object) -> None:
    """Give a resource values as an import may."""

    def write(session: Session) -> None:
        row = session.exec(select(ResourceRow).where(ResourceRow.id == id)).one()
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)

    change(database, write, dry_run=False)


def access(database: Database, reference: str) -> list[str]:
    """What a resource's access is, and its grants: `["restricted", "read everyone"]`."""
    detail = resources.show_resource(database, reference)
    names = (
        f"{one.action} {one.name or one.principal_id}{' (missing)' if one.is_dangling else ''}"
        for one in detail.grants
    )
    return [detail.resource.state.value, *names]


def log(database: Database, action: str = "resource.") -> list[tuple[str, str, Any, Any]]:
    """(action, object, before, after) of the changes whose actions begin so, the first first."""
    with read_session(database) as session:
        rows = session.exec(select(AuditEventRow).order_by(col(AuditEventRow.pk))).all()
        return [
            (row.action, row.object_id, row.before, row.after)
            for row in rows
            if row.action.startswith(action)
        ]


def names(database: Database, **filters: Any) -> list[str]:
    page = resources.list_resources(database, EVERYTHING, **filters)
    return [str(one.ref) for one in page.items]
