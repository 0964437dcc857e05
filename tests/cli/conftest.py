"""The office that the questions are asked about."""

from __future__ import annotations

import pytest

from grantctl.store.database import Database
from tests.cli.credential_desk import Desk, make_desk
from tests.cli.office import OFFICE
from tests.conftest import Cli


@pytest.fixture
def office(database: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office."""
    OFFICE.write(database)
    return cli


@pytest.fixture
def desk(database: Database, cli: Cli) -> Desk:
    """The command line on the office's database, with a secret to sign tokens with."""
    return make_desk(cli, database)
