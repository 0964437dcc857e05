"""What every section is given: the directory's size, its files, how often to measure.

Owns the folder of databases and the list of what was left out. Leaves making them to `databases`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bench.databases import sqlite_file
from bench.sizes import Size


@dataclass(frozen=True, slots=True)
class Setting:
    """One run. `folder` keeps databases from run to run, `scratch` is thrown away."""

    size: Size
    seed: int
    folder: Path
    scratch: Path
    rounds: int
    left_out: list[str] = field(default_factory=list)

    def directory(self, *, is_nested: bool = False) -> Path:
        """The SQLite file to ask."""
        return sqlite_file(self.folder, self.size, self.seed, is_nested=is_nested)

    def has(self, module: str) -> bool:
        """Whether what the extra `bench` installs is there; that it is not is noted."""
        if find_spec(module) is not None:
            return True
        note = f"what needs {module}, which pip install -e '.[bench]' installs"
        if note not in self.left_out:
            self.left_out.append(note)
        return False
