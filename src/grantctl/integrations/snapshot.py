"""Many questions about one moment.

Owns what `Authorizer.snapshot` gives. Leaves the transaction to `pool`, and each answer to the same
reader and evaluator that answer a single question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from grantctl.errors import DatabaseError
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.compiled import Asked
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.scopes import Scope
from grantctl.model import ResourceRef, parse_resource, require_action
from grantctl.operations.access_questions import answer_access
from grantctl.operations.questions import Question, answer
from grantctl.store.pinned import PinnedReader
from grantctl.store.reader import Reader

MAX_CHUNK = 1000


class Snapshot:
    """The database as it was when the snapshot was taken, memberships and times included.

    It holds one connection of the pool and a transaction, and is for one thread at a time. Its
    methods are those of `Authorizer`, and raise as they do; once its block is over, every question
    is a DatabaseError.
    """

    def __init__(self, pinned: PinnedReader, *, now: datetime) -> None:
        self._open: PinnedReader | None = pinned
        self._reader: Reader = pinned.reader
        self._now = now

    def end(self) -> None:
        """Answer no more: the connection is for others from now on."""
        self._open = None

    def check(self, user: str, key: str, *, scope: Scope | None = None) -> bool:
        """Whether the user has the permission, or any under a category."""
        verdict = self._pinned().verdict(user, question_of(key, scope))
        if verdict is None:
            return self.decide(user, key, scope=scope).allowed
        return verdict.allowed

    def check_many(
        self, pairs: Iterable[tuple[str, str]], *, scope: Scope | None = None
    ) -> Iterator[bool]:
        """The same for each pair of a user and a key, in their order."""
        for chunk in chunks_of(pairs):
            asked = [(user, question_of(key, scope)) for user, key in chunk]
            verdicts = self._pinned().verdicts(asked)
            for (user, key), verdict in zip(chunk, verdicts, strict=True):
                self._pinned()  # the block may have ended between two of them
                if verdict is None:
                    yield self.decide(user, key, scope=scope).allowed
                else:
                    yield verdict.allowed

    def decide(self, user: str, key: str, *, scope: Scope | None = None) -> Decision:
        """The decision about a permission, with everything that was looked at."""
        self._pinned()
        return answer(self._reader, user, key, Question(), now=self._now, scope=scope)

    def check_access(
        self, user: str, action: str, resource: str | ResourceRef, *, scope: Scope | None = None
    ) -> bool:
        """Whether the user may do this to the resource."""
        return self.decide_access(user, action, resource, scope=scope).allowed

    def decide_access(
        self, user: str, action: str, resource: str | ResourceRef, *, scope: Scope | None = None
    ) -> AccessDecision:
        """The decision about an action on a resource, `TYPE:ID`."""
        self._pinned()
        ref = parse_resource(resource) if isinstance(resource, str) else resource
        question = AccessQuestion(require_action(action))
        return answer_access(self._reader, user, ref, question, now=self._now, scope=scope)

    def _pinned(self) -> PinnedReader:
        if self._open is None:
            raise DatabaseError("the snapshot has ended", hint="ask within its block")
        return self._open


def question_of(key: str, scope: Scope | None) -> str | Asked:
    """What is asked of a user: the key alone where there is no scope."""
    return key if scope is None else Asked(key, scope=scope)


def chunks_of(pairs: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """The pairs some at a time: first one, then two, four and so on, a thousand at the most.

    So the first answers come at once, and millions are never held.
    """
    rest, size = iter(pairs), 1
    while chunk := list(islice(rest, size)):
        yield chunk
        size = min(size * 2, MAX_CHUNK)
