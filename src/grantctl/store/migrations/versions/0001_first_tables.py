"""The first tables: users, groups, memberships, permissions, policy settings, audit events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("object_type", _TEXT, nullable=False),
        sa.Column("object_id", _TEXT, nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_audit_events")),
    )
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], unique=False)
    op.create_index(
        "ix_audit_events_object", "audit_events", ["object_type", "object_id"], unique=False
    )
    op.create_table(
        "groups",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("description", _TEXT, nullable=False),
        sa.Column("parent_pk", _KEY, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_pk"], ["groups.pk"], name=op.f("fk_groups_parent_pk"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_groups")),
        sa.UniqueConstraint("id", name=op.f("uq_groups_id")),
    )
    op.create_index(op.f("ix_groups_name"), "groups", ["name"], unique=False)
    op.create_index(op.f("ix_groups_parent_pk"), "groups", ["parent_pk"], unique=False)
    op.create_table(
        "permissions",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("default_allowed", sa.Boolean(), nullable=False),
        sa.Column("description", _TEXT, nullable=False),
        sa.Column("restricts", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("gated_by", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_permissions")),
        sa.UniqueConstraint("key", name=op.f("uq_permissions_key")),
    )
    op.create_table(
        "policy_settings",
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_policy_settings")),
    )
    op.create_table(
        "users",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("email", _TEXT, nullable=True),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("password_hash", _TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('admin', 'user', 'pending')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("id", name=op.f("uq_users_id")),
    )
    op.create_index(op.f("ix_users_name"), "users", ["name"], unique=False)
    op.create_index(op.f("ix_users_role"), "users", ["role"], unique=False)
    op.create_table(
        "group_permissions",
        sa.Column("group_pk", _KEY, nullable=False),
        sa.Column("permission_pk", _KEY, nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_pk"],
            ["groups.pk"],
            name=op.f("fk_group_permissions_group_pk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["permission_pk"],
            ["permissions.pk"],
            name=op.f("fk_group_permissions_permission_pk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_pk", "permission_pk", name=op.f("pk_group_permissions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_group_permissions_grant",
        "group_permissions",
        ["permission_pk", "allowed", "group_pk"],
        unique=False,
    )
    op.create_table(
        "memberships",
        sa.Column("user_pk", _KEY, nullable=False),
        sa.Column("group_pk", _KEY, nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("added_by", _TEXT, nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "source IN ('manual', 'oauth', 'import')", name=op.f("ck_memberships_source")
        ),
        sa.ForeignKeyConstraint(
            ["group_pk"], ["groups.pk"], name=op.f("fk_memberships_group_pk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_pk"], ["users.pk"], name=op.f("fk_memberships_user_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_pk", "group_pk", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_memberships_group_pk_user_pk", "memberships", ["group_pk", "user_pk"], unique=False
    )
