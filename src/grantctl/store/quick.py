"""Verdicts and facts, quickly, on SQLite: one statement for the user, everything else kept.

Owns when what was kept still holds. Leaves what it means to `evaluation.compiled`, and whatever is
not plain to the long way, `reader`: a name that is neither an id nor an e-mail address, an unknown
key, damage. None is the answer then, never a guess.

INVARIANTS:
- the number that `PRAGMA data_version` gives was compared after the kept parts were looked at, and
  was the one that they were read with: so nothing was committed in between, and the verdict is that
  of the moment of the comparison;
- the user's row is read in the same transaction as that number;
- a user is kept until the first of its memberships ends: time passes without a commit.
"""

from __future__ import annotations

from os import stat
from time import perf_counter

from grantctl.errors import DatabaseError
from grantctl.evaluation.compiled import Asked, Verdict
from grantctl.evaluation.facts import PermissionFacts
from grantctl.store.connection import Connection
from grantctl.store.kept import Kept
from grantctl.store.member_cache import (
    DEFAULT_USERS,
    member_of,
    microseconds_now,
)
from grantctl.store.patience import Patience
from grantctl.store.pinned import PinnedReader
from grantctl.store.quick_queries import (
    DATA_VERSION,
    MEMBER_BY_EMAIL,
    MEMBER_BY_ID,
)
from grantctl.store.references import email_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grantctl.store.member_cache import Member
    from grantctl.store.sqlite_file import FileIdentity
    from grantctl.store.url import DatabaseUrl


class QuickReader:
    """Reads verdicts from one connection to SQLite, which it does not close."""

    def __init__(
        self,
        connection: Connection,
        url: DatabaseUrl,
        file: FileIdentity,
        *,
        users: int = DEFAULT_USERS,
    ) -> None:
        """`file`: what the URL named before it was opened.

        `users`: how many of those asked about are kept; with 0 each is read each time.
        """
        assert url.file is not None
        self._connection = connection
        self._name = url.file
        self._device, self._inode, self._written = file
        self._kept = kept = Kept(connection, users=users)
        self._compiled, self._members = kept.directory.compiled, kept.members
        self._patience = Patience()
        self._ask_user = connection.raw.cursor().execute
        self._ask_version = connection.raw.cursor().execute

    def verdict(self, user: str, asked: str | Asked) -> Verdict | None:
        """Whether the user has it, as of now; None where only the long way can tell.

        Raises what the driver raises, and DatabaseError: the connection is then in no known state.
        """
        self._require_file()
        compiled = self._compiled.get(asked)
        if compiled is None:
            return self._in_one_read(user, asked)
        member = self._members.young.get(user)
        if member is None or member[2] is not None:
            member = self._members.find_now(user, microseconds_now())
        if member is None:
            member, version = self._read_member(user)
        else:
            version = self._ask_version(DATA_VERSION).fetchone()[0]
        if version != self._kept.version:
            return self._in_one_read(user, asked)
        return None if member is None else compiled.verdict(member[0], member[1])

    def _read_member(self, user: str) -> tuple[Member | None, int | str | None]:
        """The user, if it is there, and the version that it was read in."""
        try:
            found = self._ask_user(MEMBER_BY_ID, {"reference": user})
        except UnicodeEncodeError:  # half of a surrogate pair, which is nobody's name
            return None, self._kept.version
        # The transaction of the statement that has been begun is not over yet.
        version = self._ask_version(DATA_VERSION).fetchone()[0]
        rows = found.fetchall()
        if not rows:
            found = self._ask_user(MEMBER_BY_EMAIL, {"reference": email_of(user)})
            version = self._ask_version(DATA_VERSION).fetchone()[0]
            rows = found.fetchall()
        if not rows or "\0" in user:
            return None, version
        member = member_of(rows, microseconds_now)
        self._members.keep(user, member)
        return member, version

    def facts(self, user: str, key: str) -> PermissionFacts | None:
        """All that a decision needs, without advice; None where only the long way can tell.

        Raises as `verdict`.
        """
        self._require_file()
        facts = self._kept.facts.find(user, key)
        if facts is not None:
            version = self._ask_version(DATA_VERSION).fetchone()[0]
            if version == self._kept.version:
                return facts
        with self._connection.reading():
            return None if self._kept.renew() is None else self._kept.facts.read(user, key)

    def recall(self, name: str) -> object | None:
        """The answer that a pinned reader was given to keep, if it still holds.

        Raises as `verdict`.
        """
        self._require_file()
        kept = self._kept
        found = kept.answers.find(name)
        if found is None:
            return None
        answer, since, until = found
        now = microseconds_now()
        version = self._ask_version(DATA_VERSION).fetchone()[0]
        is_of_now = since <= now and (until is None or now < until)
        return answer if is_of_now and version == kept.version else None

    def pinned(self) -> PinnedReader:
        """A reader for the transaction that has begun on the connection. Raises DatabaseError."""
        pinned = self._kept.renew()
        if pinned is None:
            raise DatabaseError(f"the database was migrated: {self._connection.label}")
        return pinned

    def _in_one_read(self, user: str, asked: str | Asked) -> Verdict | None:
        """The same, where something has to be read that may be kept from now on."""
        with self._connection.reading():
            pinned = self._kept.renew()
            if pinned is None:
                return None
            if asked in self._compiled:
                return pinned.verdict(user, asked)
            if not self._patience.is_worth_reading(asked):
                return None
            begun = perf_counter()
            verdict = pinned.verdict(user, asked)
            self._patience.note(asked, perf_counter() - begun)
            return verdict

    def _require_file(self) -> None:
        """Raise DatabaseError where the name is that of another file now, or it was written over.

        A restored copy is one; what is open, or was read of it, would answer for ever. SQLite tells
        of commits only, not of a copy (`cp`); when its log is written into the file looks the same.
        """
        try:
            found = stat(self._name)  # noqa: PTH116  # `pathlib` doubles what this costs
        except OSError:
            raise self._replaced() from None
        if (
            found.st_mtime_ns != self._written
            or found.st_ino != self._inode
            or found.st_dev != self._device
        ):
            raise self._replaced()

    def _replaced(self) -> DatabaseError:
        return DatabaseError(f"another file is in its place: {self._connection.label}")
