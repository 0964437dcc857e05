"""Many checks in one go, quickly: what `batches` answers, by verdicts where a row is plain.

Owns which rows are plain: a user's id or e-mail address and a permission that there is. Leaves all
others, and every error, to `batches`, whose words are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from grantctl.errors import DatabaseError, InvalidError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.evaluation.compiled import Asked, Verdict
from grantctl.operations.batches import BatchLine, BatchRow, answer_batch, read_row
from grantctl.operations.questions import Question
from grantctl.store.pinned import Pair
from grantctl.store.reader import Reader


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One answered row: of a user about a permission."""

    user: str
    permission: str
    verdict: Verdict


class VerdictBatch:
    """Answers rows, some at a time, each part by one consistent read begun after it was handed in.

    Rows that are not plain are answered one by one after that.
    """

    def __init__(self, reader: Reader, question: Question, access_question: AccessQuestion) -> None:
        """`reader` reads a database as it is, under no assumption."""
        self._reader = reader
        self._batches = reader.batches
        self._question = question
        self._access_question = access_question
        self._asked: dict[str, str | Asked] = {}

    def answer(self, lines: Sequence[tuple[int, str]]) -> Iterator[VerdictLine | BatchLine]:
        """An answer for each row, in order; `lines` with their numbers, and without their ends.

        Raises DatabaseError.
        """
        rows = [_plain_row(text) or self._read_row(number, text) for number, text in lines]
        pairs = [(row[0], self._question_of(row[1])) for row in rows if isinstance(row, tuple)]
        verdicts = iter(self._verdicts(pairs))
        for row, (_, text) in zip(rows, lines, strict=True):
            if isinstance(row, BatchLine):
                yield row if row.error is not None else self._answer_alone(text)
                continue
            verdict = next(verdicts)
            yield self._answer_alone(text) if verdict is None else VerdictLine(*row, verdict)

    def _verdicts(self, pairs: Sequence[Pair]) -> Sequence[Verdict | None]:
        try:
            return self._batches.verdicts(pairs)
        except DatabaseError:  # of one row, it may be, which the long way finds out at that row
            return [None] * len(pairs)

    def _question_of(self, key: str) -> str | Asked:
        question = self._question
        return Asked(key, question.ignore_role, question.require_all)

    def _read_row(self, number: int, text: str) -> tuple[str, str] | BatchLine:
        try:
            row = read_row(text, number)
        except InvalidError as error:
            return BatchLine(BatchRow(), None, error)
        return BatchLine(row, None, None) if row.permission is None else (row.user, row.permission)

    def _answer_alone(self, text: str) -> BatchLine:
        answers = answer_batch(
            self._reader, [text], self._question, self._access_question, now=datetime.now(UTC)
        )
        return next(answers)


def _plain_row(text: str) -> tuple[str, str] | None:
    """The user and the key of `user<TAB>permission` in ASCII; None for any other form."""
    user, _, key = text.partition("\t")
    is_plain = text.isascii() and "\t" not in key and "{" not in text
    return (user, key) if is_plain and user.strip() and key.strip() else None
