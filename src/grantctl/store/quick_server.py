"""Verdicts about permissions, quickly, on Postgres: one statement, so one trip to the server.

Owns the statement's words. A single statement sees the database at one moment, so that no
transaction has to be begun and ended around it. Nothing is kept. What is not plain is left to the
long way, `reader`, as in `quick`.
"""

from __future__ import annotations

from grantctl.evaluation.compiled import Asked, Verdict, compile_question
from grantctl.evaluation.facts import Permission, PermissionFacts
from grantctl.store.connection import Connection, pyformat
from grantctl.store.member_cache import ROLES, microseconds_now
from grantctl.store.pinned import PinnedReader, unkept
from grantctl.store.quick_queries import ONE_VERDICT
from grantctl.store.references import email_of, is_storable
from grantctl.store.revision import SCHEMA_REVISION

_HOLDS, _NONE = frozenset({0}), frozenset[int]()
_THE_GROUP = (0,)


class QuickServerReader:
    """Reads verdicts from one connection to Postgres, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._execute = connection.raw.cursor(binary=True).execute
        self._statement = pyformat(ONE_VERDICT)

    def verdict(self, user: str, asked: str | Asked) -> Verdict | None:
        """Whether the user has it, as of now; None where only the long way can tell.

        Raises what the driver raises: the connection is then in no known state.
        """
        question = Asked(asked) if isinstance(asked, str) else asked
        key, email = question.key, email_of(user)
        if not (is_storable(user) and is_storable(email) and is_storable(key)):
            return None
        values = {
            "reference": user,
            "email": email,
            "now": microseconds_now(),
            "key": key,
            "first": f"{key}.",
            "beyond": f"{key}/",  # "/" is what comes next after "."
        }
        rows = self._execute(self._statement, values, prepare=True).fetchall()
        if not rows or rows[0][0] != SCHEMA_REVISION or rows[0][1] not in ROLES:
            return None
        exact = [row for row in rows if row[2] == key]
        leaves = [Permission(row[2], row[3]) for row in exact or sorted(rows, key=_key)]
        granting = {row[2]: _HOLDS if row[4] else _NONE for row in rows}
        return compile_question(question, leaves, granting).verdict(rows[0][1], _THE_GROUP)

    def facts(self, user: str, key: str) -> PermissionFacts | None:  # noqa: ARG002
        """None: facts take several statements, and these a transaction, which is the long way."""
        return None

    def recall(self, name: str) -> object | None:  # noqa: ARG002
        """None: nothing is kept."""
        return None

    def pinned(self) -> PinnedReader:
        """A reader for the transaction that has begun on the connection."""
        return unkept(self._connection)


def _key(row: tuple[str, str, str, bool, bool]) -> str:
    return row[2]
