"""Tokens, signing keys, failed logins, and since when a user's tokens count no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("users", sa.Column("tokens_revoked_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "tokens",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("user_pk", _KEY, nullable=True),
        sa.Column("user_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("scope", _TEXT, nullable=False),
        sa.Column("audience", _TEXT, nullable=True),
        sa.Column("key_kid", _TEXT, nullable=True),
        sa.Column("key_hash", _TEXT, nullable=True),
        sa.Column("key_hint", _TEXT, nullable=True),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", _TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", _TEXT, nullable=True),
        sa.Column("revoke_reason", _TEXT, nullable=True),
        sa.CheckConstraint("kind IN ('jwt', 'api_key')", name=op.f("ck_tokens_kind")),
        sa.CheckConstraint("source IN ('grantctl', 'openwebui')", name=op.f("ck_tokens_source")),
        sa.ForeignKeyConstraint(
            ["user_pk"], ["users.pk"], name=op.f("fk_tokens_user_pk"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_tokens")),
        sa.UniqueConstraint("id", name=op.f("uq_tokens_id")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_tokens_key_hash")),
    )
    op.create_index(op.f("ix_tokens_user_pk"), "tokens", ["user_pk"])
    op.create_index(op.f("ix_tokens_expires_at"), "tokens", ["expires_at"])
    op.create_table(
        "signing_keys",
        sa.Column("pk", _KEY, autoincrement=True, nullable=False),
        sa.Column("kid", _TEXT, nullable=False),
        sa.Column("algorithm", _TEXT, nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", _TEXT, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "algorithm IN ('RS256', 'ES256', 'EdDSA')", name=op.f("ck_signing_keys_algorithm")
        ),
        sa.CheckConstraint(
            "state IN ('active', 'passive', 'retired', 'revoked')",
            name=op.f("ck_signing_keys_state"),
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_signing_keys")),
        sa.UniqueConstraint("kid", name=op.f("uq_signing_keys_kid")),
    )
    where = sa.text("state = 'active'")
    op.create_index(
        "uq_signing_keys_active",
        "signing_keys",
        ["state"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "login_failures",
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_first_at"), "login_failures", ["first_at"])
