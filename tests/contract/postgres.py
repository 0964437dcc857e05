"""What is in a Postgres database, whoever made it."""

from __future__ import annotations

import psycopg


def relations(url: str) -> list[str]:
    """Tables, views, indexes and sequences of the schema in which tables are made."""
    with psycopg.connect(url) as connection:
        query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        return sorted(str(name) for (name,) in connection.execute(query))
