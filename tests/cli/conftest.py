"""The office that the questions are asked about."""

from __future__ import annotations

import pytest

from grantctl.store.database import Database
from tests.cli.credential_desk import DESK_OFFICE, Desk
from tests.cli.office import OFFICE
from tests.cli.resource_office import RESOURCE_OFFICE
from tests.commands import Cli
from tests.databases import prepared


@prepared
def _office(database: Database) -> None:
    OFFICE.write(database)


@prepared
def _desk_office(database: Database) -> None:
    DESK_OFFICE.write(database)


@prepared
def resource_office(database: Database) -> None:
    """The office and its resources."""
    RESOURCE_OFFICE.write(database)


@pytest.fixture
def office(_office: Database, cli: Cli) -> Cli:
    """The command line on a database that holds the office."""
    return cli


@pytest.fixture
def desk(_desk_office: Database, cli: Cli) -> Desk:
    """The command line on the office's database, with a secret to sign tokens with."""
    return Desk(cli, _desk_office)


@pytest.fixture
def keeps_sessions() -> bool:
    """A test here runs many commands, and how they connect is looked at elsewhere."""
    return True
