"""What Alembic runs: the migrations, on the connection that it is handed, in its transaction."""

from __future__ import annotations

from alembic import context

from grantctl.store import (  # noqa: F401  # registers them
    credential_tables,
    identity_tables,
    resource_tables,
)
from grantctl.store.revision import REVISION_TABLE
from grantctl.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=REVISION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds all of it, on SQLite too
    render_as_batch=True,
)
context.run_migrations()
