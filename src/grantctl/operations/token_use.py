"""When a token was last used: written on the request path, and never in its way."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from grantctl.errors import GrantctlError
from grantctl.evaluation.token_facts import StoredToken
from grantctl.operations.token_verdict import TokenVerdict
from grantctl.store.connection import open_writing
from grantctl.store.database import Database
from grantctl.store.token_reader import touch
from grantctl.store.url import SQLITE, DatabaseUrl

PRECISION = timedelta(minutes=1)

_SHORT_WAIT_ON_SQLITE = "PRAGMA busy_timeout = 100"
_SHORT_WAIT_ON_POSTGRES = "SET lock_timeout = '100ms'"


def touch_last_used(database: Database, verdict: TokenVerdict, now: datetime) -> None:
    """Note that an accepted token was used, once a minute at the most.

    Never raises and never waits long: a database that cannot be written is left alone.
    """
    token = verdict.token
    if verdict.is_active and token is not None and database.memory is None:
        with suppress(GrantctlError):
            write_last_use(database.url, token, now=now)


def write_last_use(url: DatabaseUrl, token: StoredToken, *, now: datetime) -> None:
    """Note that a token was used, unless that was noted less than a minute ago.

    Waits a moment only where another writes. Raises DatabaseError where it cannot be written.
    """
    if token.last_used_at is not None and now - token.last_used_at < PRECISION:
        return
    connection = open_writing(url)
    try:
        # Waiting for other writers, ten seconds as a command does, would be worse than not noting.
        is_sqlite = connection.engine == SQLITE
        connection.run(_SHORT_WAIT_ON_SQLITE if is_sqlite else _SHORT_WAIT_ON_POSTGRES)
        touch(connection, token, now=now, after=PRECISION)
    finally:
        connection.close()
