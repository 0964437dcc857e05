"""Files for the tests of bulk imports, and what a database holds after one."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grantctl.store.connection import Row, open_reading
from grantctl.store.database import Database

USER_ROWS = "SELECT email, name, role, password_hash, tokens_revoked_at FROM users ORDER BY pk"
USER_TIMES = "SELECT DISTINCT created_at, updated_at FROM users"
MEMBER_ROWS = """
SELECT u.email, g.name, m.source, m.added_by, m.expires_at
FROM memberships AS m, users AS u, groups AS g WHERE u.pk = m.user_pk AND g.pk = m.group_pk
ORDER BY u.email, g.name
"""
COUNTS = """
SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM groups),
  (SELECT count(*) FROM memberships), (SELECT count(*) FROM audit_events)
"""

Rows = Sequence[Mapping[str, Any]]


def write_file(folder: Path, content: Rows | bytes, ending: str = "ndjson") -> str:
    """A file with these rows, or with that content; its name."""
    path = folder / f"rows.{ending}"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif ending == "csv":
        with path.open("w", newline="") as file:
            names = list(dict.fromkeys(name for row in content for name in row))
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(content)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in content))
    return str(path)


def rows(database: Database, query: str) -> list[Row]:
    connection = open_reading(database.url)
    try:
        return connection.rows(query)
    finally:
        connection.close()


def person(local: str, /, **members: str) -> dict[str, str]:
    return {"email": f"{local}@example.com", **members}


def many_people(count: int) -> list[dict[str, str]]:
    return [person(f"u{number}", name=f"User {number}", role="user") for number in range(count)]
