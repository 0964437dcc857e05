"""The table of identities: which user an identity provider means by a subject.

Owns its columns, keys and constraints, as `tables` does for all others.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, UniqueConstraint
from sqlmodel import Field

from grantctl.store.tables import KEY, Base, key_field, text_field, time_field


class IdentityRow(Base, table=True):
    """A subject of an issuer, and the user whom it stands for; a user may have several.

    `issuer` is the provider's URL, or for what was imported its name. `last_login_at` is null until
    the first login.
    """

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    pk: int = key_field()
    user_pk: int = Field(
        sa_column=Column(
            KEY, ForeignKey("users.pk", ondelete="CASCADE"), index=True, nullable=False
        )
    )
    issuer: str = text_field()
    subject: str = text_field()
    created_at: datetime = time_field()
    created_by: str = text_field()
    last_login_at: datetime | None = time_field(nullable=True)
