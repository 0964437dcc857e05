"""Users as the commands print them: columns, rows and records.

Owns the names of the JSON contracts `grantctl.users/v1`, `grantctl.user/v1` and
`grantctl.users-deleted/v1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.identity_rows import IdentityRecord
    from grantctl.operations.user_rows import DirectMembership, UserRecord
    from grantctl.operations.users import DeletedUser

COLUMNS = (
    Column("user", "User", is_name=True),
    Column("name", "Name"),
    Column("role", "Role"),
    Column("id", "Id", is_extra=True),
    Column("email", "E-mail", is_extra=True),
    Column("has_password", "Password", is_extra=True),
    Column("created_at", "Created", is_extra=True),
    Column("updated_at", "Updated", is_extra=True),
)
DELETED_COLUMNS = (
    Column("user", "User", is_name=True),
    Column("name", "Name"),
    Column("role", "Role"),
    Column("memberships", "Memberships", justify="right"),
    Column("grants", "Grants", justify="right"),
    Column("owned", "Owned", justify="right"),
    Column("new_owner", "New owner"),
    Column("id", "Id", is_extra=True),
    Column("email", "E-mail", is_extra=True),
)


def user_row(user: UserRecord) -> dict[str, object]:
    """A user as lists show one; `user` is the e-mail address, else the id."""
    return {"user": user.label, **_fields(user)}


def deleted_row(deleted: DeletedUser) -> dict[str, object]:
    """A user that is gone, what went with it, and who owns now what it owned."""
    return {
        **user_row(deleted.user),
        "memberships": deleted.membership_count,
        "grants": len(deleted.grants),
        "owned": len(deleted.owned),
        "new_owner": None if deleted.new_owner is None else deleted.new_owner.label,
    }


def user_document(
    user: UserRecord,
    memberships: Sequence[DirectMembership] = (),
    identities: Sequence[IdentityRecord] = (),
) -> dict[str, object]:
    """A user with the groups that it is in directly, and its identities at a provider."""
    groups = [
        {
            "id": one.group_id,
            "name": one.group_name,
            "source": one.source.value,
            "added_by": one.added_by,
            "added_at": one.added_at,
            "expires_at": one.expires_at,
            "is_expired": one.is_expired,
        }
        for one in memberships
    ]
    return {**_fields(user), "groups": groups, "identities": [*map(identity_row, identities)]}


def identity_row(identity: IdentityRecord) -> dict[str, object]:
    """A subject by which an identity provider names a user."""
    return {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "created_by": identity.created_by,
        "created_at": identity.created_at,
        "last_login_at": identity.last_login_at,
    }


def name_key(user: UserRecord) -> str:
    """Which field of a record `-o name` prints: the one that `user` of a row is."""
    return "email" if user.email else "id"


def _fields(user: UserRecord) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "has_password": user.has_password,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
