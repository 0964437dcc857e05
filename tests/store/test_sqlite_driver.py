"""The driver without what is loaded for nothing: the same classes, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
{before}
from grantctl.store.sqlite_driver import sqlite3 as quick
loaded = "functools" in sys.modules
import sqlite3, functools
assert quick.Connection is sqlite3.Connection
assert functools.lru_cache(2)(abs)(-3) == 3 and functools.partial
connection = quick.connect(":memory:", cached_statements=2)
for _ in range(3):
    for number in range(5):
        assert connection.execute(f"SELECT {{number}}, ?", (1,)).fetchone() == (number, 1)
print(loaded)
"""


def run(before: str) -> str:
    program = PROGRAM.format(before=before)
    # Without `site`, which may load anything: what `functools` is loaded by is the question.
    command = [sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_driver_is_the_standard_one_and_loads_no_functools() -> None:
    assert run("") == "False"


def test_functools_that_is_loaded_already_stays() -> None:
    assert run("import functools") == "True"
