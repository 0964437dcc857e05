"""`grantctl check --batch`: many questions, a line each, answered as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from grantctl.cli.batch_reading import Failures, open_batch_bytes, ready_lines
from grantctl.cli.call import Call
from grantctl.errors import ExitCode
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.operations.batches import BatchLine
from grantctl.operations.verdict_batches import VerdictBatch, VerdictLine
from grantctl.render.columns import Column
from grantctl.render.decisions import verdict_word
from grantctl.render.repeated_lines import RepeatedLines

if TYPE_CHECKING:
    from grantctl.operations.questions import Question

COLUMNS = (
    Column("user", "User"),
    Column("permission", "Asked"),
    Column("verdict", "Verdict", is_name=True),
    Column("reason", "Reason"),
    Column("action", "Action", is_extra=True),
    Column("resource", "Resource", is_extra=True),
)

Answers = Iterator[VerdictLine | BatchLine]


def check_batch(
    call: Call, source: str, question: Question, access_question: AccessQuestion, *, quiet: bool
) -> ExitCode:
    """Answer every row; what is ready is answered before more is waited for."""
    failures = Failures()
    with ExitStack() as stack:
        stream = open_batch_bytes(source, stack)
        batch = VerdictBatch(stack.enter_context(call.database.reader()), question, access_question)
        parts = (
            _noted(batch.answer(lines), failures)
            for lines in ready_lines(stream, before_waiting=sys.stdout.flush)
        )
        if quiet:
            for _ in chain.from_iterable(parts):
                pass
        elif RepeatedLines.can_write(sys.stdout, call.style):
            _write_lines(call, parts)
        else:
            call.show_rows("verdicts", map(_record, chain.from_iterable(parts)), COLUMNS)
    return failures.exit_code


def _noted(answers: Answers, failures: Failures) -> Answers:
    for one in answers:
        if isinstance(one, BatchLine):
            failures.note(one.error)
        yield one


def _write_lines(call: Call, parts: Iterator[Answers]) -> None:
    lines = RepeatedLines(
        sys.stdout, schema="grantctl.verdicts/v1", columns=COLUMNS, style=call.style
    )
    for answers in parts:
        texts: list[str] = []
        try:
            texts.extend(_text(lines, one) for one in answers)
        finally:  # a database that fails takes nothing back
            lines.write(texts)


def _text(lines: RepeatedLines, line: VerdictLine | BatchLine) -> str:
    if isinstance(line, BatchLine):
        return lines.whole_line(_record(line))
    return lines.line(line.user, (line.permission, line.verdict), partial(_record, line))


def _record(line: VerdictLine | BatchLine) -> dict[str, object]:
    if isinstance(line, VerdictLine):
        allowed, reason = line.verdict.allowed, line.verdict.reason.value
        return _row(line.user, line.permission, verdict_word(allowed), reason)
    row, decision, error = line.row, line.decision, line.error
    if decision is not None:
        verdict, reason = verdict_word(decision.allowed), decision.reason.value
    else:
        assert error is not None
        verdict, reason = "error", error.message
    return _row(row.user, row.asked, verdict, reason) | {
        "action": row.action,
        "resource": row.resource,
    }


def _row(user: str, asked: str, verdict: str, reason: str) -> dict[str, object]:
    return {
        "user": user,
        "permission": asked,
        "verdict": verdict,
        "reason": reason,
        "action": None,
        "resource": None,
    }
