"""Questions about whoever holds a token, in place of a user.

Owns how the arguments are read where a token stands for the user, and the document of a question
that ends with the token: the same members as a decision has, so that scripts find them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grantctl.cli.asking import (
    Asked,
    answer_asked,
    decision_noun,
    decision_record,
    decision_warnings,
)
from grantctl.cli.assuming import assumed, read_premises
from grantctl.cli.call import Call
from grantctl.cli.token_reading import is_token_given, read_token
from grantctl.cli.token_verdicts import introspect, judge_token
from grantctl.errors import UsageError
from grantctl.evaluation.access_decision import AccessDecision
from grantctl.evaluation.decision import Decision
from grantctl.render.decisions import Document, verdict_word

if TYPE_CHECKING:
    from grantctl.operations.authentication import TokenVerdict

Decide = Callable[..., Decision | AccessDecision]  # as `answer_asked`

REASON = "token"
NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Words:
    """The arguments of a question: a user, or the text of a token; what is asked; of what."""

    user: str | None
    token: str | None
    asked: str
    resource: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """`verdict` is that on the token, if one stands for the user. `decision` is None where the
    token is not accepted.
    """

    asked: Asked
    decided_at: datetime
    decision: Decision | AccessDecision | None
    verdict: TokenVerdict | None = None

    @property
    def allowed(self) -> bool:
        return self.decision is not None and self.decision.allowed

    @property
    def cause(self) -> str:
        """Why, in one line."""
        if self.decision is not None:
            return self.decision.cause
        assert self.verdict is not None
        assert self.verdict.refusal is not None
        return f"the token is not accepted: {self.verdict.refusal.message}"


def read_words(
    command: str,
    arguments: Sequence[str | None],
    *,
    token: str | None,
    token_file: str | None,
) -> Words:
    """What the arguments USER, KEY or ACTION, TYPE:ID mean; with a token there is no USER.

    Raises UsageError where one is missing or too many, and as `read_token` does.
    """
    hint = f"grantctl {command} --help"
    user, asked, resource = arguments
    if not is_token_given(token, token_file):
        if user is None or asked is None:
            missing = "USER" if user is None else "KEY|ACTION"
            raise UsageError(f"missing argument `{missing}`", hint=hint)
        return Words(user, None, asked, resource)
    if user is None:
        raise UsageError("missing argument `KEY|ACTION`", hint=hint)
    if resource is not None:
        raise UsageError(
            "the token stands for the user, so there is an argument too many", hint=hint
        )
    text = read_token(token, token_file, option="--token-file")
    return Words(None, text, user, asked)


def answer_words(
    call: Call, words: Words, asked: Asked, *, with_advice: bool, decide: Decide = answer_asked
) -> Answer:
    """The answer as of now, or as it would be under the call's assumptions, as `decide` gives it.

    Raises UsageError, NotFoundError, AmbiguousError, InvalidError, DatabaseError.
    """
    now, premises = datetime.now(UTC), read_premises(call)
    with call.database.reader() as reader, assumed(call, reader, premises) as assumptions:
        if words.user is not None:
            decision = decide(
                reader,
                words.user,
                asked,
                now=now,
                with_advice=with_advice,
                assumptions=assumptions,
            )
            return Answer(asked, decision.decided_at, decision)
        assert words.token is not None
        if assumptions is None:
            verdict = judge_token(reader, words.token, now=now)
        else:
            now = assumptions.moment(now)
            verdict = judge_token(reader.assuming(assumptions), words.token, now=now)
        if verdict.user is None or not verdict.is_active:
            return Answer(asked, now, None, verdict)
        decision = decide(
            reader,
            verdict.user.id,
            asked,
            now=now,
            with_advice=with_advice,
            scope=verdict.scope,
            assumptions=assumptions,
        )
        return Answer(asked, now, decision, verdict)


def answer_warnings(call: Call, answer: Answer) -> list[str]:
    """What its reader should know besides, that it is hypothetical first."""
    if answer.decision is not None:
        return decision_warnings(answer.decision)
    return [] if call.assumptions is None else [call.assumptions.headline]


def show_answer(call: Call, answer: Answer, *, more: Mapping[str, object] = NOTHING) -> None:
    """Print the whole answer in the format that was asked for, with what more belongs to it."""
    decision, warnings = answer.decision, []
    if decision is None:
        record = _refusal_record(answer)
    else:
        record, warnings = decision_record(decision), decision_warnings(decision)
    if answer.verdict is not None:
        record["token"] = introspect(answer.verdict)
    record |= more
    noun = decision_noun(answer.asked)
    call.show_record(noun, record, name_key="verdict", warnings=warnings)


def _refusal_record(answer: Answer) -> Document:
    """A denial for which no permission was looked at."""
    asked = answer.asked
    step = {"rule": REASON, "verdict": False, "detail": answer.cause}
    record: Document = {
        "allowed": False,
        "verdict": verdict_word(False),
        "reason": REASON,
        "cause": answer.cause,
        "user": None,
        **_question_members(asked),
        "scope": None,
        "decided_at": answer.decided_at,
        "steps": [step],
    }
    if asked.ref is None:
        record |= {"leaves": [], "expired": []}
    else:
        record |= {"hops": [], "broken_base": None, "is_cyclic": False, "expired": []}
    return record | {"remedies": [], "notices": []}


def _question_members(asked: Asked) -> Document:
    if asked.ref is not None:
        assert asked.access is not None
        return {
            "action": asked.access.action,
            "resource": str(asked.ref),
            "kind": "resource",
            "ignores_role": asked.access.ignore_role,
            "ignores_owner": asked.access.ignore_owner,
            "ignores_base": asked.access.ignore_base,
        }
    assert asked.permission is not None
    return {
        "permission": asked.key,
        "kind": None,  # a permission or a category: nobody has looked
        "asks_all": asked.permission.require_all,
        "ignores_role": asked.permission.ignore_role,
    }
