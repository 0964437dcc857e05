"""Questions of other Python programs: who is asking, and may they?

Owns the public class `grantctl.Authorizer`. It asks through the same reader and evaluator as the
command line, so that the two cannot disagree. Leaves HTTP to `fastapi`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from grantctl.credentials.secret import load_secret
from grantctl.errors import DatabaseError
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.compiled import Asked
from grantctl.evaluation.decision import Decision
from grantctl.evaluation.evaluator import decide
from grantctl.evaluation.scopes import Scope
from grantctl.evaluation.token_facts import StoredToken
from grantctl.integrations.last_use import LastUse
from grantctl.integrations.pool import DEFAULT_SIZE, pool_of
from grantctl.integrations.snapshot import Snapshot, chunks_of, question_of
from grantctl.model import ResourceRef, parse_resource, require_action
from grantctl.operations.access_questions import answer_access
from grantctl.operations.authentication import TokenVerdict, authenticate, write_last_use
from grantctl.operations.questions import Question, answer
from grantctl.store.member_cache import DEFAULT_USERS
from grantctl.store.pinned import PinnedReader
from grantctl.store.reader import Reader
from grantctl.store.rows import microseconds_of
from grantctl.store.url import SQLITE


class Authorizer:
    """Answers for one database, from as many threads as ask.

        with Authorizer("sqlite:////var/lib/grantctl.db") as authorizer:
            authorizer.check("bob@example.com", "chat.controls")

    Every question reads the database: a right that was taken away is gone with the next one. USER
    is an id, an e-mail address or a unique name, as on the command line; a program that has the id
    passes the id. Errors are those of `grantctl.errors`: a "no" is none, a question that cannot be
    answered is one, and never a "yes".
    """

    def __init__(
        self,
        database_url: str,
        *,
        secret: str | None = None,
        environ: Mapping[str, str] | None = None,
        audience: str | None = None,
        pool_size: int = DEFAULT_SIZE,
        user_cache_size: int = DEFAULT_USERS,
    ) -> None:
        """`secret`: what HS256 tokens are checked with; without it GRANTCTL_SECRET_KEY of `environ`
        (the process's own, unless given) or its kin. There need be none where nobody uses them.
        `audience`: whom a JWT must be for, by default the setting `tokens.audience`.
        `pool_size`: how many connections it opens at most.
        `user_cache_size`: of how many users each of these keeps role and groups, which hold until
        anything is committed (docs/library.md); with 0, users are read each time. SQLite only.

        Opens nothing yet. Raises UsageError for a URL that is none or names an attached database,
        InvalidError for a secret or a size that will not do, GuardError for a secret's file that
        others may read.
        """
        own = os.environ if environ is None else environ
        variables = own if secret is None else {"GRANTCTL_SECRET_KEY": secret}
        self._secret = load_secret(variables)
        self._audience = audience
        self._pool = pool_of(database_url, size=pool_size, users=user_cache_size)
        self._last_use = LastUse(self._touch)

    def check(self, user: str, key: str, *, scope: Scope | None = None) -> bool:
        """Whether the user has the permission, or any under a category. Raises as `decide`."""
        verdict = self._pool.verdict(user, key if scope is None else Asked(key, scope=scope))
        if verdict is None:
            return self.decide(user, key, scope=scope).allowed
        return verdict.allowed

    def check_many(
        self, pairs: Iterable[tuple[str, str]], *, scope: Scope | None = None
    ) -> Iterator[bool]:
        """The same for each pair of a user and a key, in their order.

        Pairs are taken ahead of their answers, one, two, four and so on up to a thousand, and each
        such part is answered in one consistent read, begun after its pairs were taken. Raises as
        `decide`, when the pair's turn has come.
        """
        for chunk in chunks_of(pairs):
            with self._pool.pinned() as pinned:
                asked = [(user, question_of(key, scope)) for user, key in chunk]
                verdicts = pinned.verdicts(asked)
            for (user, key), verdict in zip(chunk, verdicts, strict=True):
                if verdict is None:  # which is found out, or said, one by one
                    yield self.check(user, key, scope=scope)
                else:
                    yield verdict.allowed

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Answers about one moment, that of the beginning of the block.

        It keeps a connection of the pool, and its transaction, to the end of the block. Raises
        DatabaseError.
        """
        with self._pool.pinned() as pinned:
            snapshot = Snapshot(pinned, now=pinned.moment)
            try:
                yield snapshot
            finally:
                snapshot.end()

    def decide(self, user: str, key: str, *, scope: Scope | None = None) -> Decision:
        """The decision about a permission, with everything that was looked at.

        `scope`: what the token is limited to that stands for the user (`TokenVerdict.scope`).
        Raises NotFoundError for an unknown user or key, AmbiguousError, DatabaseError.
        """
        facts = self._pool.facts(user, key)
        if facts is not None:
            return decide(facts, key, now=_now(), scope=scope)
        return self._pool.read(
            lambda reader: answer(reader, user, key, Question(), now=_now(), scope=scope)
        )

    def check_access(
        self, user: str, action: str, resource: str | ResourceRef, *, scope: Scope | None = None
    ) -> bool:
        """Whether the user may do this to the resource. Raises as `decide_access`."""
        return self.decide_access(user, action, resource, scope=scope).allowed

    def decide_access(
        self, user: str, action: str, resource: str | ResourceRef, *, scope: Scope | None = None
    ) -> AccessDecision:
        """The decision about an action on a resource, `TYPE:ID`.

        Raises NotFoundError for an unknown user or resource, InvalidError for what can be neither a
        resource nor an action, AmbiguousError, DatabaseError.
        """
        ref = parse_resource(resource) if isinstance(resource, str) else resource
        question = AccessQuestion(require_action(action))
        return self._pool.read(
            lambda reader: answer_access(reader, user, ref, question, now=_now(), scope=scope)
        )

    def authenticate(self, text: str) -> TokenVerdict:
        """For whom a JWT or an API key stands, and if for nobody, why.

        Its use is noted once a minute, behind the answer. Raises DatabaseError.
        """
        # Under its hash, so that no credential is kept.
        name = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
        verdict = self._pool.recall(name)
        if not isinstance(verdict, TokenVerdict):
            verdict = self._authenticate(text, name)
        if verdict.is_active and verdict.token is not None:
            self._last_use.note(verdict.token, _now())
        return verdict

    def knows(self, user_id: str) -> bool:
        """Whether there is a user of exactly that id. Raises DatabaseError."""
        return self._pool.read(lambda reader: reader.tokens.holder(user_id)) is not None

    def open(self) -> None:
        """Take questions again after a `close`; a new one takes them anyway."""
        self._pool.open()

    def close(self) -> None:
        """Close every connection. A question that comes later is a DatabaseError."""
        self._last_use.close()
        self._pool.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _authenticate(self, text: str, name: str) -> TokenVerdict:
        if self._pool.url.engine == SQLITE:
            with suppress(DatabaseError), self._pool.pinned() as pinned:
                # INVARIANT: judged at the moment from which `_end_of` looks for ends. One that came
                # before it, while a connection was waited for, would be passed over otherwise.
                verdict = self._judge(pinned.reader, text, pinned.moment)
                if verdict.is_active:
                    pinned.keep_answer(name, verdict, until=_end_of(verdict, pinned))
                return verdict
        return self._pool.read(lambda reader: self._judge(reader, text, _now()))

    def _judge(self, reader: Reader, text: str, now: datetime) -> TokenVerdict:
        return authenticate(reader, text, secret=self._secret, now=now, audience=self._audience)

    def _touch(self, token: StoredToken, now: datetime) -> None:
        write_last_use(self._pool.url, token, now=now)


def _now() -> datetime:
    return datetime.now(UTC)


def _end_of(verdict: TokenVerdict, pinned: PinnedReader) -> int | None:
    """Until when an accepted credential stays so without a commit, in microseconds since 1970.

    The permission to use API keys may end with a membership.
    """
    ends: list[int | None] = []
    if verdict.user is not None:
        ends.append(pinned.first_end(verdict.user.id))
    for one in (verdict.token, verdict.claims):
        if one is not None and one.expires_at is not None:
            ends.append(microseconds_of(one.expires_at))
    return min((end for end in ends if end is not None), default=None)
