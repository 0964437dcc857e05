"""`grantctl tokens create-key` and `rotate-key`: API keys, each shown once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import USER
from grantctl.cli.times import parse_moment
from grantctl.cli.token_options import ID, NAME, SCOPE, parse_length, show_issued

app = new_app("API keys.")

SHOWN_ONCE = "the key is shown this once: keep it where only its user can read it"


@command(app, "create-key", changes=True)
def create_key(
    call: Call,
    user: USER,
    name: NAME = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires",
            metavar="WHEN",
            help="a date, a time, or a length like 90d; by default never",
        ),
    ] = None,
    scope: SCOPE = None,
) -> None:
    """Make an API key for a user, and print it alone: only its hash is kept."""
    expires_at = None if expires is None else parse_moment(expires, datetime.now(UTC))
    issued = operations.api_keys.create_key(
        call.database, call.intent, user, name=name or "", expires_at=expires_at, scope=scope
    )
    show_issued(call, issued, once=SHOWN_ONCE)


@command(app, "rotate-key", changes=True)
def rotate_key(
    call: Call,
    token_id: ID,
    grace: Annotated[
        str | None,
        typer.Option(
            "--grace",
            metavar="LENGTH",
            help="how long the old key still works, e.g. 24h; by default not at all",
        ),
    ] = None,
) -> None:
    """Make an API key in place of another one, with its name, scope and length of life."""
    length = timedelta(0) if grace is None else parse_length(grace, "--grace")
    issued = operations.api_keys.rotate_key(call.database, call.intent, token_id, grace=length)
    show_issued(call, issued, once=SHOWN_ONCE)
