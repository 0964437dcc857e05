"""Alembic migrations, shipped in the wheel; `store.migrate` runs them."""
