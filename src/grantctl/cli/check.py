"""`grantctl check`: may this user do it?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.cli.asking import decision_line, parse_asked
from grantctl.cli.assuming import assumed, read_premises
from grantctl.cli.batch_reading import Failures, open_batch
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import (
    ALL,
    BATCH,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_ASKED,
    OPTIONAL_USER,
    QUIET,
    RESOURCE,
    wants_words,
)
from grantctl.cli.token_questions import (
    Answer,
    answer_warnings,
    answer_words,
    read_words,
    show_answer,
)
from grantctl.cli.token_reading import TOKEN, TOKEN_FILE, is_token_given
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.render.columns import Column
from grantctl.render.decisions import verdict_word

if TYPE_CHECKING:
    from grantctl.operations.batches import BatchLine
    from grantctl.operations.questions import Question

app = new_app("May this user do it?")

BATCH_COLUMNS = (
    Column("user", "User"),
    Column("permission", "Asked"),
    Column("verdict", "Verdict", is_name=True),
    Column("reason", "Reason"),
    Column("action", "Action", is_extra=True),
    Column("resource", "Resource", is_extra=True),
)


@command(app, "check", assumes=True)
def check(
    call: Call,
    user: OPTIONAL_USER = None,
    asked: OPTIONAL_ASKED = None,
    resource: RESOURCE = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
    token: TOKEN = None,
    token_file: TOKEN_FILE = None,
    quiet: QUIET = False,
    batch: BATCH = None,
) -> ExitCode:
    """Whether USER, or whoever holds a token, has the permission KEY, or may do ACTION to the
    resource TYPE:ID: exit 0 if allowed, 3 if denied, 4 if unknown."""
    if batch is not None:
        if user is not None or is_token_given(token, token_file):
            raise UsageError("`--batch` takes its users and keys from the file, not from arguments")
        of_permission = operations.questions.Question(ignore_role=ignore_role, require_all=every)
        of_access = AccessQuestion("", ignore_role, ignore_owner, ignore_base)
        return _check_batch(call, batch, of_permission, of_access, quiet=quiet)
    words = read_words("check", (user, asked, resource), token=token, token_file=token_file)
    question = parse_asked(
        words.asked,
        words.resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    with_advice = not (quiet or wants_words(call))
    answer = answer_words(call, words, question, with_advice=with_advice)
    if not quiet:
        _show(call, answer)
    return ExitCode.OK if answer.allowed else ExitCode.NO


def _show(call: Call, answer: Answer) -> None:
    if not wants_words(call):
        show_answer(call, answer)
        return
    is_hypothetical = call.assumptions is not None
    call.say_plainly(decision_line(answer.allowed, answer.cause, is_hypothetical=is_hypothetical))
    for warning in answer_warnings(call, answer):
        call.warn(warning)


def _check_batch(
    call: Call, source: str, question: Question, access_question: AccessQuestion, *, quiet: bool
) -> ExitCode:
    failures, premises = Failures(), read_premises(call)

    def rows(lines: Iterator[BatchLine]) -> Iterator[dict[str, object]]:
        for line in lines:
            failures.note(line.error)
            yield _batch_record(line)

    with ExitStack() as stack:
        stream = open_batch(source, stack)
        reader = stack.enter_context(call.database.reader())
        assumptions = stack.enter_context(assumed(call, reader, premises))
        answers = operations.batches.answer_batch(
            reader,
            stream,
            question,
            access_question,
            now=datetime.now(UTC),
            assumptions=assumptions,
        )
        if quiet:
            for _ in rows(answers):
                pass
        else:
            call.show_rows("verdicts", rows(answers), BATCH_COLUMNS)
    return failures.exit_code


def _batch_record(line: BatchLine) -> dict[str, object]:
    decision, error = line.decision, line.error
    if decision is None:
        assert error is not None
        verdict, reason = "error", error.message
    else:
        verdict, reason = verdict_word(decision.allowed), decision.reason.value
    row = line.row
    return {
        "user": row.user,
        "permission": row.asked,
        "verdict": verdict,
        "reason": reason,
        "action": row.action,
        "resource": row.resource,
    }
