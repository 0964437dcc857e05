from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import io, sys
from grantctl.render import record, rows, style, talk
columns = [rows.Column("id", "ID")]
look = style.Style(style.Format({format!r}), is_terminal={is_terminal})
rows.write_rows(io.StringIO(), [{{"id": "x"}}], schema="s", columns=columns, style=look)
print(sorted({{"rich", "yaml", "csv", "platformdirs", "tomllib", "difflib"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("format", "is_terminal", "loaded"),
    [
        ("json", True, "[]"),
        ("ndjson", True, "[]"),
        ("name", True, "[]"),
        ("table", False, "[]"),
        ("csv", False, "['csv']"),
        ("yaml", False, "['yaml']"),
    ],
)
def test_a_library_is_loaded_only_for_its_format(
    format: str, is_terminal: bool, loaded: str
) -> None:
    program = PROGRAM.format(format=format, is_terminal=is_terminal)
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == (f"{loaded}\n", "")
