"""SQLite files for the tests of their states."""

from __future__ import annotations

from pathlib import Path

import pytest

from grantctl.operations.demonstration import make_organisation
from grantctl.store.url import file_url


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a small organisation in it."""
    path = tmp_path_factory.mktemp("healthy") / "healthy.db"
    make_organisation(file_url(str(path)))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is, alone in its folder."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "g.db"
