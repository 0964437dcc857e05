"""`grantctl init`: make the database."""

from __future__ import annotations

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.store.revision import SCHEMA_REVISION
from grantctl.store.url import parse_url

app = new_app("Make the database.")


@command(app, "init", changes=True)
def init(call: Call) -> None:
    """Make the tables and the catalogue of permissions, and say where; safe to repeat."""
    url = parse_url(call.settings.database.value)
    is_made = operations.databases.create_database(url, call.intent)
    record = {
        "database": str(url),
        "outcome": "initialised" if is_made else "was initialised before",
        "revision": SCHEMA_REVISION,
    }
    call.show_record("initialisation", record, name_key="database")
    call.say_dry_run()
    if is_made and not call.is_dry_run:
        call.hint("the first user becomes admin: grantctl users create EMAIL")
