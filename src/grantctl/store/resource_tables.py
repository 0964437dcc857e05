"""The tables of resources: what they are, whose, and who may do what with them.

Owns their columns, keys, indexes and constraints, as `tables` does for all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean as SqlBoolean
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field

from grantctl.store.tables import (
    KEY,
    Base,
    key_field,
    partial_index,
    reference_field,
    text_field,
    time_field,
)


class ResourceRow(Base, table=True):
    """A resource: anything that has an owner and an access control.

    `is_public`: it has no access control; then it has no grants either. `missing_owner` and
    `missing_base` keep the id of an owner, the reference of a base, that does not exist here.
    """

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("type", "id"),
        CheckConstraint("owner_pk IS NULL OR missing_owner IS NULL", name="owner"),
        CheckConstraint("base_pk IS NULL OR missing_base IS NULL", name="base"),
        partial_index("ix_resources_missing_owner", "missing_owner IS NOT NULL", "missing_owner"),
        partial_index("ix_resources_missing_base", "missing_base IS NOT NULL", "missing_base"),
    )

    pk: int = key_field()
    type: str = text_field()
    id: str = text_field()
    name: str = text_field()
    is_public: bool = Field(sa_column=Column(SqlBoolean, nullable=False))
    owner_pk: int | None = reference_field("users.pk", ondelete="RESTRICT")
    missing_owner: str | None = text_field(nullable=True)
    base_pk: int | None = reference_field("resources.pk", ondelete="RESTRICT")
    missing_base: str | None = text_field(nullable=True)
    created_at: datetime = time_field()
    updated_at: datetime = time_field()


class AccessGrantRow(Base, table=True):
    """One action on one resource for a user, a group or everyone.

    `missing_id` keeps the id of a user or group that does not exist here.
    """

    __tablename__ = "access_grants"
    __table_args__ = (
        CheckConstraint(
            "CASE principal_type"
            " WHEN 'user' THEN group_pk IS NULL AND (user_pk IS NULL) <> (missing_id IS NULL)"
            " WHEN 'group' THEN user_pk IS NULL AND (group_pk IS NULL) <> (missing_id IS NULL)"
            " WHEN 'everyone'"
            " THEN user_pk IS NULL AND group_pk IS NULL AND missing_id IS NULL"
            " ELSE false END",
            name="principal",
        ),
        # The first serves every look-up by resource; each other one a kind of principal.
        Index("uq_access_grants_resource", "resource_pk", "action", "user_pk", unique=True),
        partial_index(
            "ix_access_grants_user", "user_pk IS NOT NULL", "user_pk", "action", "resource_pk"
        ),
        partial_index(
            "uq_access_grants_group",
            "group_pk IS NOT NULL",
            *("group_pk", "action", "resource_pk"),
            unique=True,
        ),
        partial_index(
            "uq_access_grants_everyone",
            "principal_type = 'everyone'",
            *("action", "resource_pk"),
            unique=True,
        ),
        partial_index(
            "uq_access_grants_missing",
            "missing_id IS NOT NULL",
            *("missing_id", "principal_type", "action", "resource_pk"),
            unique=True,
        ),
    )

    pk: int = key_field()
    resource_pk: int = Field(
        sa_column=Column(KEY, ForeignKey("resources.pk", ondelete="CASCADE"), nullable=False)
    )
    action: str = text_field()
    principal_type: str = text_field()
    user_pk: int | None = Field(
        default=None,
        sa_column=Column(KEY, ForeignKey("users.pk", ondelete="CASCADE"), nullable=True),
    )
    group_pk: int | None = Field(
        default=None,
        sa_column=Column(KEY, ForeignKey("groups.pk", ondelete="CASCADE"), nullable=True),
    )
    missing_id: str | None = text_field(nullable=True)
