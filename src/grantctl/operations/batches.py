"""Many questions in one go: a row each, answered in their order.

Owns what a row may look like. Leaves each answer to `questions` and `access_questions`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from grantctl.errors import AmbiguousError, GrantctlError, InvalidError, NotFoundError
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.decision import Decision
from grantctl.model import parse_resource, require_action
from grantctl.operations.access_questions import answer_access
from grantctl.operations.questions import Question, answer
from grantctl.store.reader import Reader

_EXAMPLE = 'e.g. {"user": "ada@example.com", "permission": "chat.controls"}'


@dataclass(frozen=True, slots=True)
class BatchRow:
    """What a row asks: of a user about a permission, or about an action on a resource."""

    user: str = ""
    permission: str | None = None
    action: str | None = None
    resource: str | None = None

    @property
    def asked(self) -> str:
        """The permission, or the action and the resource."""
        return self.permission or " ".join(filter(None, (self.action, self.resource)))


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One answered row of a batch; `error` where it could not be answered."""

    row: BatchRow
    decision: Decision | AccessDecision | None
    error: GrantctlError | None


def answer_batch(
    reader: Reader,
    lines: Iterable[str],
    question: Question,
    access_question: AccessQuestion,
    *,
    now: datetime,
    with_advice: bool = False,
) -> Iterator[BatchLine]:
    """An answer for each row, in order; `access_question` is asked with the row's own action.

    A row is `user<TAB>permission`, `user<TAB>action<TAB>type:id`, or a JSON object of these. Empty
    lines are passed over. A row that cannot be answered is answered with its error. Each row sees
    the database as it is then. Raises DatabaseError, which no other row would escape.
    """
    for number, text in batch_lines(lines):
        row = BatchRow()
        try:
            row = _row(text, number)
            decision = _answer(
                reader, row, question, access_question, now=now, with_advice=with_advice
            )
            yield BatchLine(row, decision, None)
        except (NotFoundError, AmbiguousError, InvalidError) as error:
            yield BatchLine(row, None, error)


def batch_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, numbered from 1, without their ends."""
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if text.strip():
            yield number, text


def _answer(
    reader: Reader,
    row: BatchRow,
    question: Question,
    access_question: AccessQuestion,
    *,
    now: datetime,
    with_advice: bool,
) -> Decision | AccessDecision:
    if row.permission is not None:
        return answer(reader, row.user, row.permission, question, now=now, with_advice=with_advice)
    asked = AccessQuestion(
        require_action(row.action or ""),
        access_question.ignore_role,
        access_question.ignore_owner,
        access_question.ignore_base,
    )
    ref = parse_resource(row.resource or "")
    return answer_access(reader, row.user, ref, asked, now=now, with_advice=with_advice)


def _row(text: str, number: int) -> BatchRow:
    """What a line asks. Raises InvalidError."""
    if any("\udc80" <= character <= "\udcff" for character in text):
        raise InvalidError(f"line {number} is not UTF-8")
    if text.lstrip().startswith("{"):
        return _json_row(text, number)
    parts = text.split("\t")
    if not all(part.strip() for part in parts) or len(parts) not in (2, 3):
        raise InvalidError(
            f"line {number} is neither `user<TAB>permission` nor `user<TAB>action<TAB>type:id`"
        )
    if len(parts) == 2:
        return BatchRow(parts[0], permission=parts[1])
    return BatchRow(parts[0], action=parts[1], resource=parts[2])


def _json_row(text: str, number: int) -> BatchRow:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidError(f"line {number} is not JSON") from None
    user, key = row.get("user"), row.get("permission", row.get("key"))
    action, resource = row.get("action"), row.get("resource")
    if not isinstance(user, str):
        raise InvalidError(f"line {number} lacks `user`", hint=_EXAMPLE)
    if isinstance(key, str) and action is None and resource is None:
        return BatchRow(user, permission=key)
    if key is None and isinstance(action, str) and isinstance(resource, str):
        return BatchRow(user, action=action, resource=resource)
    raise InvalidError(
        f"line {number} has neither `permission`, nor `action` and `resource`", hint=_EXAMPLE
    )


def read_row(text: str, number: int) -> BatchRow:
    """What a line of that number asks, which has no end any more. Raises InvalidError."""
    return _row(text, number)
