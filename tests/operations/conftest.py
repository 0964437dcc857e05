"""What the tests of operations share."""

from __future__ import annotations

import pytest

from grantctl.model import Role
from grantctl.operations.flags import set_flags
from grantctl.store.database import Database
from tests.databases import prepared
from tests.operations.directories import INTENT, add_user


@prepared
def ada_and_bob(database: Database) -> None:
    """Ada, who is admin, and Bob."""
    add_user(database, "ada", Role.ADMIN)
    add_user(database, "bob")


@prepared
def ada_and_bob_with_keys(database: Database) -> None:
    """Ada, who is admin, and Bob; everybody may have API keys."""
    add_user(database, "ada", Role.ADMIN)
    add_user(database, "bob")
    set_flags(database, INTENT, None, {"features.api_keys": True})


@pytest.fixture
def keeps_sessions() -> bool:
    """A test here runs many commands, and how they connect is looked at elsewhere."""
    return True
