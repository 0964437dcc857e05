"""Resources with their owners and bases, and access grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_ONE_PRINCIPAL = (
    "CASE principal_type"
    " WHEN 'user' THEN group_pk IS NULL AND (user_pk IS NULL) <> (missing_id IS NULL)"
    " WHEN 'group' THEN user_pk IS NULL AND (group_pk IS NULL) <> (missing_id IS NULL)"
    " WHEN 'everyone' THEN user_pk IS NULL AND group_pk IS NULL AND missing_id IS NULL"
    " ELSE false END"
)


def upgrade() -> None:
    op.create_table(
        "resources",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("owner_pk", _KEY, nullable=True),
        sa.Column("missing_owner", _TEXT, nullable=True),
        sa.Column("base_pk", _KEY, nullable=True),
        sa.Column("missing_base", _TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "owner_pk IS NULL OR missing_owner IS NULL", name=op.f("ck_resources_owner")
        ),
        sa.CheckConstraint(
            "base_pk IS NULL OR missing_base IS NULL", name=op.f("ck_resources_base")
        ),
        sa.ForeignKeyConstraint(
            ["owner_pk"], ["users.pk"], name=op.f("fk_resources_owner_pk"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["base_pk"], ["resources.pk"], name=op.f("fk_resources_base_pk"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_resources")),
        sa.UniqueConstraint("type", "id", name=op.f("uq_resources_type_id")),
    )
    op.create_index(op.f("ix_resources_owner_pk"), "resources", ["owner_pk"])
    op.create_index(op.f("ix_resources_base_pk"), "resources", ["base_pk"])
    for column in ("missing_owner", "missing_base"):
        name, condition = f"ix_resources_{column}", f"{column} IS NOT NULL"
        _create_partial_index(name, "resources", condition, column)
    op.create_table(
        "access_grants",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("resource_pk", _KEY, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("principal_type", _TEXT, nullable=False),
        sa.Column("user_pk", _KEY, nullable=True),
        sa.Column("group_pk", _KEY, nullable=True),
        sa.Column("missing_id", _TEXT, nullable=True),
        sa.CheckConstraint(_ONE_PRINCIPAL, name=op.f("ck_access_grants_principal")),
        sa.ForeignKeyConstraint(
            ["resource_pk"],
            ["resources.pk"],
            name=op.f("fk_access_grants_resource_pk"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_pk"], ["users.pk"], name=op.f("fk_access_grants_user_pk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_pk"], ["groups.pk"], name=op.f("fk_access_grants_group_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_access_grants")),
    )
    op.create_index(
        "uq_access_grants_resource",
        "access_grants",
        ["resource_pk", "action", "user_pk"],
        unique=True,
    )
    for name, condition, columns in (
        ("ix_access_grants_user", "user_pk IS NOT NULL", "user_pk action resource_pk"),
        ("uq_access_grants_group", "group_pk IS NOT NULL", "group_pk action resource_pk"),
        ("uq_access_grants_everyone", "principal_type = 'everyone'", "action resource_pk"),
        (
            "uq_access_grants_missing",
            "missing_id IS NOT NULL",
            "missing_id principal_type action resource_pk",
        ),
    ):
        _create_partial_index(name, "access_grants", condition, *columns.split())


def _create_partial_index(name: str, table: str, condition: str, *columns: str) -> None:
    where = sa.text(condition)
    op.create_index(
        name,
        table,
        list(columns),
        unique=name.startswith("uq_"),
        sqlite_where=where,
        postgresql_where=where,
    )
