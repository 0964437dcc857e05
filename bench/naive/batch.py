"""A batch as a script: `user<TAB>permission` lines in, a word for each out, one statement each."""

from __future__ import annotations

import os
import sqlite3
import sys
from time import time_ns

from bench.statements import CHECK


def main() -> None:
    """Answer every line of stdin."""
    path = os.environ["NAIVE_DATABASE"].removeprefix("sqlite:///")
    execute = sqlite3.connect(path, isolation_level=None).cursor().execute
    write = sys.stdout.write
    for line in sys.stdin:
        user, key = line.rstrip("\n").split("\t")
        row = execute(CHECK, (time_ns() // 1000, user, key)).fetchone()
        write("allow\n" if row[0] else "deny\n")
