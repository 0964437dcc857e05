"""`grantctl init`: make the database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import parse_url

if TYPE_CHECKING:
    from grantctl.operations.seeding import SeedReport

app = new_app("Make the database.")


@command(app, "init", changes=True)
def init(call: Call) -> None:
    """Make the tables and the catalogue of permissions, and say where; safe to repeat.

    Policy settings that the configuration file or variables of Open WebUI name are set in a new
    database, as they say.
    """
    url = parse_url(call.settings.database.value)
    seeds = operations.policy_seeds.read_seeds(os.environ, call.settings)
    made = operations.databases.initialise_database(url, call.intent, seeds)
    record = {
        "database": str(url),
        "outcome": "initialised" if made.is_made else "was initialised before",
        "revision": SCHEMA_REVISION,
    }
    call.show_record("initialisation", record, name_key="database", warnings=made.report.warnings)
    _tell_seeds(call, made.report)
    call.say_dry_run()
    if made.is_made and not call.is_dry_run:
        call.hint("the first user becomes admin: grantctl users create EMAIL")


def _tell_seeds(call: Call, report: SeedReport) -> None:
    text = operations.policy_values.value_text
    for one in report.seeded:
        if one.outcome == "seeded":
            call.say(f"seeded: {one.seed.key} = {text(one.seed.value)} ({one.seed.origin})")
