"""Verdicts about many users at a time.

Owns the transaction around each part of a batch: its answers are of one moment, after its rows were
handed in. Leaves rows that are not plain to the long way, `reader`, as `quick` does.
"""

from __future__ import annotations

from grantctl.store.connection import Connection
from grantctl.store.kept import Kept
from grantctl.store.pinned import unkept
from grantctl.store.quick_server import QuickServerReader
from grantctl.store.url import SQLITE

USERS = 100_000  # so many are kept: some 40 MB
# So many are asked one by one on Postgres: less than reading the directory for them.
FEW = 8

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from grantctl.evaluation.compiled import Verdict
    from grantctl.store.pinned import Pair


class BatchReader:
    """Reads verdicts from one connection that cannot write, and which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._server = None if connection.engine == SQLITE else QuickServerReader(connection)
        # A file that is read without locks shows no later change: its state is the same throughout.
        self._kept = Kept(connection, users=USERS) if connection.engine == SQLITE else None

    def verdicts(self, pairs: Sequence[Pair]) -> list[Verdict | None]:
        """For each whether the user has it; None where only the long way can tell.

        Raises DatabaseError.
        """
        if self._server is not None and len(pairs) <= FEW:
            return [self._server.verdict(user, asked) for user, asked in pairs]
        with self._connection.reading():
            pinned = unkept(self._connection) if self._kept is None else self._kept.renew()
            return [None] * len(pairs) if pinned is None else pinned.verdicts(pairs)
