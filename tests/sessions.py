"""Postgres sessions that are taken over when a connection is closed, for tests of many commands.

A server takes longer to begin a session, and to read its catalogue in it, than to answer most
commands. Each connection is a new one to its client; the session behind it was reset by the
server (DISCARD ALL), and shows nothing of what was done in it before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.pq import ExecStatus, PGconn, TransactionStatus


def _closed_session() -> PGconn:
    session = PGconn.connect_start(b"")
    session.finish()
    return session


_CLOSED = _closed_session()


class _Sessions:
    """Sessions that nobody uses, by what was asked to get them."""

    def __init__(self) -> None:
        self._idle: dict[str, list[PGconn]] = defaultdict(list)

    def connect(self, conninfo: str = "", **options: Any) -> psycopg.Connection[Any]:
        """What psycopg's own `connect` does."""
        if options.keys() - {"autocommit"}:
            return psycopg.Connection.connect(conninfo, **options)
        try:
            connection = _Connection(self._idle[conninfo].pop())
        except IndexError:
            connection = _Connection.connect(conninfo, **options)
        else:
            connection.autocommit = options.get("autocommit", False)
        connection.origin = self, conninfo
        return connection

    def take(self, session: PGconn, conninfo: str) -> bool:
        """Keep a session for the next connection; whether it can be."""
        status = session.transaction_status
        if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            session.exec_(b"ROLLBACK")
        elif status != TransactionStatus.IDLE:
            return False
        if session.exec_(b"DISCARD ALL").status != ExecStatus.COMMAND_OK:
            return False
        self._idle[conninfo].append(session)
        return True

    def end(self) -> None:
        for sessions in self._idle.values():
            for session in sessions:
                session.finish()


class _Connection(psycopg.Connection[Any]):
    """A connection that leaves its session to the next one."""

    origin: tuple[_Sessions, str] | None = None

    def close(self) -> None:
        if not self.closed and self.origin is not None:
            sessions, conninfo = self.origin
            if sessions.take(self.pgconn, conninfo):
                self.pgconn, self._closed = _CLOSED, True
                return
        super().close()


@contextmanager
def kept_sessions() -> Iterator[None]:
    """Within, a closed connection's session serves the next connection to the same database."""
    sessions = _Sessions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg, "connect", sessions.connect)
        yield
    sessions.end()
