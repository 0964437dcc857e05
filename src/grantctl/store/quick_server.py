"""Verdicts about permissions, quickly, on Postgres: one statement, so one trip to the server.

Owns which statement. A single one sees the database at one moment, so that no transaction has to be
begun and ended around it. While nothing is committed in the cluster, groups and flags are kept as
in `quick`, and a statement reads the user alone; otherwise one reads all that the verdict needs.
What is not plain is left to the long way, `reader`.

INVARIANT: what is kept is used only with a user that was read in the same snapshot.
"""

from __future__ import annotations

from grantctl.evaluation.compiled import Asked, Verdict, compile_question
from grantctl.evaluation.facts import Permission, PermissionFacts
from grantctl.store.connection import Connection, pyformat
from grantctl.store.kept import Kept
from grantctl.store.member_cache import DEFAULT_USERS, ROLES, member_of, microseconds_now
from grantctl.store.pinned import PinnedReader, unkept
from grantctl.store.quick_queries import GENERIC_PLANS, MEMBER_IN_SNAPSHOT, ONE_VERDICT
from grantctl.store.references import email_of, is_storable
from grantctl.store.revision import SCHEMA_REVISION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.store.connection import Row

# After so many statements in a row that saw the same, groups and flags are worth being read.
QUIET = 4

_HOLDS, _NONE = frozenset({0}), frozenset[int]()
_THE_GROUP = (0,)


class QuickServerReader:
    """Reads verdicts from one connection to Postgres, which it does not close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._execute = connection.raw.cursor(binary=True).execute
        self._execute(GENERIC_PLANS)  # making a plan takes longer than following one
        self._one_verdict = pyformat(ONE_VERDICT)
        self._member = pyformat(MEMBER_IN_SNAPSHOT)
        self._kept = Kept(connection, users=DEFAULT_USERS)
        self._snapshot: str | None = None
        self._same_count = 0

    def verdict(self, user: str, asked: str | Asked) -> Verdict | None:
        """Whether the user has it, as of now; None where only the long way can tell.

        Raises what the driver raises, and DatabaseError: the connection is then in no known state.
        """
        names = {"reference": user, "email": email_of(user)}
        if not all(map(is_storable, names.values())):
            return None
        if self._kept.version is not None:
            compiled = self._kept.directory.compiled.get(asked)
            if compiled is None:
                return self._in_one_read(user, asked)
            rows = self._execute(self._member, names, prepare=True).fetchall()
            if not rows:
                return None
            if rows[0][3] == self._kept.version:
                role, groups, _ = member_of([row[:3] for row in rows], microseconds_now)
                return compiled.verdict(role, groups)
            self._kept.version = None
        verdict = self._whole(names, Asked(asked) if isinstance(asked, str) else asked)
        if verdict is not None and self._same_count >= QUIET:
            self._same_count = 0
            return self._in_one_read(user, asked)
        return verdict

    def facts(self, user: str, key: str) -> PermissionFacts | None:  # noqa: ARG002
        """None: facts take several statements, and these a transaction, which is the long way."""
        return None

    def recall(self, name: str) -> object | None:  # noqa: ARG002
        """None: no answer is kept."""
        return None

    def pinned(self) -> PinnedReader:
        """A reader for the transaction that has begun on the connection."""
        return unkept(self._connection)

    def _in_one_read(self, user: str, asked: str | Asked) -> Verdict | None:
        """The same, where something has to be read that may be kept from now on."""
        with self._connection.reading():
            pinned = self._kept.renew()
            self._kept.members.forget()  # of a user nothing is kept
            return None if pinned is None else pinned.verdict(user, asked)

    def _whole(self, names: dict[str, str], question: Asked) -> Verdict | None:
        """The verdict by the one statement that needs nothing that was kept."""
        key = question.key
        if not is_storable(key):
            return None
        values = {
            **names,
            "now": microseconds_now(),
            "key": key,
            "first": f"{key}.",
            "beyond": f"{key}/",  # "/" is what comes next after "."
        }
        rows = self._execute(self._one_verdict, values, prepare=True).fetchall()
        if not rows or rows[0][0] != SCHEMA_REVISION or rows[0][1] not in ROLES:
            return None
        self._note_snapshot(rows[0][5])
        exact = [row for row in rows if row[2] == key]
        leaves = [Permission(row[2], row[3]) for row in exact or sorted(rows, key=_key)]
        granting = {row[2]: _HOLDS if row[4] else _NONE for row in rows}
        return compile_question(question, leaves, granting).verdict(rows[0][1], _THE_GROUP)

    def _note_snapshot(self, snapshot: str | None) -> None:
        is_same = snapshot is not None and snapshot == self._snapshot
        self._same_count = self._same_count + 1 if is_same else 0
        self._snapshot = snapshot


def _key(row: Row) -> str:
    return str(row[2])
