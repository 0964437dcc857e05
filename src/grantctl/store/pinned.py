"""Many answers inside of one transaction: all of them are of one moment.

Owns what may then be kept without being compared. Leaves beginning and ending the transaction to
whoever asks, and to `quick` and `quick_server` which of their kept parts hold at its beginning.
"""

from __future__ import annotations

from grantctl.evaluation.compiled import Asked, Verdict
from grantctl.moments import datetime, timedelta
from grantctl.store.connection import Connection
from grantctl.store.directory_cache import DirectoryCache
from grantctl.store.member_cache import (
    DEFAULT_USERS,
    MemberCache,
    microseconds_now,
    read_member,
    read_members,
)
from grantctl.store.reader import Reader
from grantctl.store.recent import Recent
from grantctl.store.rows import EPOCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from grantctl.store.member_cache import Member

Pair: TypeAlias = "tuple[str, str | Asked]"  # a user, and what is asked about it
# An answer, when it was given, and until when it holds, in microseconds since 1970.
Answer: TypeAlias = "tuple[object, int, int | None]"


class PinnedReader:
    """Reads from a connection inside of a transaction that has begun already.

    INVARIANT: it is not used after the end of the transaction.
    """

    def __init__(
        self,
        connection: Connection,
        directory: DirectoryCache,
        members: MemberCache,
        *,
        answers: Recent[Answer] | None = None,
        now: int,
    ) -> None:
        """`directory`, `members` and `answers`: what was kept and holds in this transaction.

        `now`: the moment that counts for memberships, in microseconds since 1970.
        """
        self._connection = connection
        self._directory = directory
        self._compiled = directory.compiled
        self._members = members
        self._answers = answers
        self._now = now

    def keep_answer(self, name: str, answer: object, *, until: int | None) -> None:
        """Have `QuickReader.recall` give this answer until that moment, or anything is committed.

        It must follow from what was read in this transaction, and from times before `until`.
        """
        if self._answers is not None:
            self._answers.keep(name, (answer, self._now, until))

    def first_end(self, user_id: str) -> int | None:
        """When the first of the user's memberships ends that count now, or None for never."""
        member = self._members.find_now(user_id, self._now) or self._read(user_id)
        return None if member is None else member[2]

    @property
    def moment(self) -> datetime:
        """The moment that counts for memberships."""
        return EPOCH + timedelta(microseconds=self._now)

    @property
    def reader(self) -> Reader:
        """The long way, inside of the same transaction."""
        return Reader(_pinned(self._connection))

    def verdict(self, user: str, asked: str | Asked) -> Verdict | None:
        """Whether the user has it; None where only the long way can tell. Raises DatabaseError."""
        compiled = self._compiled.get(asked) or self._directory.compile(asked)
        if compiled is None:
            return None
        member = self._members.find_now(user, self._now) or self._read(user)
        return None if member is None else compiled.verdict(member[0], member[1])

    def verdicts(self, pairs: Sequence[Pair]) -> list[Verdict | None]:
        """The same for each of many, users read together. Raises DatabaseError."""
        find, now = self._members.find_now, self._now
        known = {user: member for user, _ in pairs if (member := find(user, now)) is not None}
        if len(known) < len(pairs):
            known |= self._read_all({user for user, _ in pairs} - known.keys())
        compiled = {asked: self._compiled.get(asked) for _, asked in pairs}
        for asked, question in compiled.items():
            if question is None:
                compiled[asked] = self._directory.compile(asked)
        found: list[Verdict | None] = []
        for user, asked in pairs:
            question, member = compiled[asked], known.get(user)
            if question is None or member is None:
                found.append(None)
            else:
                found.append(question.verdict(member[0], member[1]))
        return found

    def _read(self, user: str) -> Member | None:
        member = read_member(self._connection, user, self._clock)
        if member is not None:
            self._members.keep(user, member)
        return member

    def _read_all(self, users: set[str]) -> dict[str, Member]:
        """Those of the users that there are; who is not named by the id is read alone."""
        found = read_members(self._connection, users, self._clock)
        for id_, member in found.items():
            self._members.keep(id_, member)
        for user in users - found.keys():
            if (one := self._read(user)) is not None:
                found[user] = one
        return found

    def _clock(self) -> int:
        return self._now


def unkept(connection: Connection) -> PinnedReader:
    """A reader for the transaction that has begun, that knows nothing of earlier ones."""
    directory, members = DirectoryCache(connection), MemberCache(DEFAULT_USERS)
    return PinnedReader(connection, directory, members, now=microseconds_now())


def _pinned(connection: Connection) -> Connection:
    """The same connection, to whose transaction, which others end, every reading belongs."""
    pinned = Connection(connection.engine, connection.raw, label=connection.label)
    pinned.is_held = True
    return pinned
