"""Lists as a script: who has a permission, and which resources a user reaches; a name a line."""

from __future__ import annotations

import os
import sqlite3
import sys
from time import time_ns

from bench.statements import ALL_OF_TYPE, REACHED, WHO_CAN


def main() -> None:
    """Print what `who-can KEY`, `reached EMAIL ACTION TYPE` or `all TYPE` finds."""
    path = os.environ["NAIVE_DATABASE"].removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    now = time_ns() // 1000
    question, *words = sys.argv[1:]
    if question == "who-can":
        rows = connection.execute(WHO_CAN, (now, words[0]))
    elif question == "reached":
        email, action, type_ = words
        rows = connection.execute(REACHED, (email, action, now, type_))
    else:
        rows = connection.execute(ALL_OF_TYPE, (words[0],))
    write = sys.stdout.write
    for (name,) in rows:
        write(f"{name}\n")
