"""Opening psycopg from a URL.

Owns time-outs. Imported only where a Postgres database is named: psycopg takes longer to import
than a whole check on SQLite.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from grantctl.errors import UsageError
from grantctl.store.driver_errors import database_error
from grantctl.store.url import URL_HINT, DatabaseUrl

LOCK_TIMEOUT_SECONDS = 10

# What holds unless the URL says otherwise. A server that is gone must show within ten seconds, also
# when it goes in the middle of a statement.
CONNECT_PARAMETERS = {
    "application_name": "grantctl",
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "2",
    "tcp_user_timeout": "10000",
}


def connect(url: DatabaseUrl, *, read_only: bool = False) -> psycopg.Connection[Any]:
    """The driver's connection, in autocommit. Raises UsageError, DatabaseError."""
    try:
        given = dict(conninfo_to_dict(url.dsn))
    except (psycopg.Error, UnicodeError):
        raise UsageError(f"the database URL is malformed: {url}", hint=URL_HINT) from None
    settings = f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"
    if read_only:
        settings += "; SET default_transaction_read_only = on"
    try:
        dsn = make_conninfo("", **{**CONNECT_PARAMETERS, **given})
        raw = psycopg.connect(dsn, autocommit=True)
        try:
            raw.execute(settings)
        except BaseException:
            raw.close()
            raise
    except (psycopg.Error, UnicodeError) as error:
        raise database_error(error, str(url)) from None
    return raw
