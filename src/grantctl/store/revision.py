"""The schema revision that this code expects.

A test holds it equal to the head of `migrations/`; it stands here on its own so that the decision
path can compare it without importing Alembic.
"""

from __future__ import annotations

SCHEMA_REVISION = "0004"
REVISION_TABLE = "grantctl_revision"
KNOWN_REVISIONS = ("0001", "0002", "0003", "0004")
