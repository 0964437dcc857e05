"""`check` as a script: one statement through `sqlite3`, a word, an exit code."""

from __future__ import annotations

import os
import sqlite3
import sys
import time

_CHECK = """
SELECT CASE u.role WHEN 'pending' THEN 0 WHEN 'admin' THEN 1 ELSE p.default_allowed OR EXISTS (
  SELECT 1 FROM memberships AS m CROSS JOIN group_permissions AS f
  WHERE m.user_pk = u.pk AND (m.expires_at IS NULL OR m.expires_at > ?)
    AND f.group_pk = m.group_pk AND f.permission_pk = p.pk AND f.allowed
) END
FROM users AS u CROSS JOIN permissions AS p WHERE u.email = ? AND p.key = ?
"""


def is_allowed(path: str, email: str, key: str) -> bool:
    """Whether the user of that e-mail address may."""
    connection = sqlite3.connect(path)
    row = connection.execute(_CHECK, (time.time_ns() // 1000, email, key)).fetchone()
    connection.close()
    if row is None:
        sys.exit(4)
    return bool(row[0])


def main() -> None:
    """Answer for the two arguments."""
    _, email, key = sys.argv
    allowed = is_allowed(os.environ["NAIVE_DATABASE"].removeprefix("sqlite:///"), email, key)
    print("allowed" if allowed else "denied")
    sys.exit(0 if allowed else 3)
