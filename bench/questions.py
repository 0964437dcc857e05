"""What is asked: users and permissions, drawn from the seed.

Owns the choice. Users are named by their id, as a program names them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from bench.measuring import Pair
from bench.sizes import SEED


def draw(path: Path, count: int, *, users: int | None = None) -> list[Pair]:
    """So many questions, about that many users at most (None for any), and any permission."""
    random = Random(f"{SEED} questions {count} {users}")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        total = int(connection.execute("SELECT max(pk) FROM users").fetchone()[0])
        wanted = random.sample(range(1, total + 1), min(total, users or count))
        query = "SELECT id FROM users WHERE pk = ?"
        ids = [str(connection.execute(query, (pk,)).fetchone()[0]) for pk in wanted]
        keys = [row[0] for row in connection.execute("SELECT key FROM permissions ORDER BY key")]
    return [(random.choice(ids), random.choice(keys)) for _ in range(count)]
