"""`grantctl explain`: why, and on a denial what would allow it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.asking import decision_line, decision_record, parse_asked
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
    RESOURCE,
    wants_words,
)
from grantctl.cli.token_questions import answer_warnings, answer_words, read_words, show_answer
from grantctl.cli.token_reading import TOKEN, TOKEN_FILE, is_token_given
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.decision import Decision
from grantctl.render.access_explanation import write_access_explanation
from grantctl.render.columns import Column
from grantctl.render.decisions import verdict_word
from grantctl.render.explanation import write_explanation
from grantctl.render.shell import shell_line

if TYPE_CHECKING:
    from grantctl.operations.batches import BatchLine
    from grantctl.operations.questions import Question

BATCH_COLUMNS = (
    Column("user", "User"),
    Column("permission", "Asked"),
    Column("verdict", "Verdict", is_name=True),
    Column("reason", "Reason"),
    Column("cause", "Cause"),
    Column("commands", "What would allow it", is_extra=True),
    Column("decision", "Decision", is_extra=True),
)

FIX = Annotated[
    bool,
    typer.Option(
        "--fix", help="on a denial, the smallest changes that would allow it, and whom they reach"
    ),
]

app = new_app("Why, and on a denial what would allow it.")


@command(app, "explain", assumes=True)
def explain(
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
    batch: BATCH = None,
    fix: FIX = False,
) -> ExitCode:
    """Explain whether USER, or whoever holds a token, has a permission, or may do ACTION to the
    resource TYPE:ID, as a tree; exit 0 if allowed, 3 if denied."""
    if batch is not None:
        if fix:
            raise UsageError("`--fix` is about one question, not about a batch of them")
        if user is not None or is_token_given(token, token_file):
            raise UsageError("`--batch` takes its users and keys from the file, not from arguments")
        of_permission = operations.questions.Question(ignore_role=ignore_role, require_all=every)
        of_access = AccessQuestion("", ignore_role, ignore_owner, ignore_base)
        return _explain_batch(call, batch, of_permission, of_access)
    words = read_words("explain", (user, asked, resource), token=token, token_file=token_file)
    question = parse_asked(
        words.asked,
        words.resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    if fix:
        if read_premises(call) is not None:
            raise UsageError("`--fix` names changes of what is, and assumes nothing")
        # Loaded here because no other explanation needs it.
        from grantctl.cli.fixing import explain_with_fixes

        return explain_with_fixes(call, words, question)
    answer = answer_words(call, words, question, with_advice=True)
    decision = answer.decision
    if not wants_words(call):
        show_answer(call, answer)
    elif decision is None:
        is_hypothetical = call.assumptions is not None
        call.say_plainly(decision_line(False, answer.cause, is_hypothetical=is_hypothetical))
        for warning in answer_warnings(call, answer):
            call.warn(warning)
    else:
        _write_tree(call, decision)
    return ExitCode.OK if answer.allowed else ExitCode.NO


def _write_tree(call: Call, decision: Decision | AccessDecision) -> None:
    if isinstance(decision, AccessDecision):
        write_access_explanation(sys.stdout, decision, call.style)
    else:
        write_explanation(sys.stdout, decision, call.style)


def _explain_batch(
    call: Call, source: str, question: Question, access_question: AccessQuestion
) -> ExitCode:
    """A tree a row, an empty line after each; or a row of data each, with the whole decision."""
    failures, premises = Failures(), read_premises(call)
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
            with_advice=True,
            assumptions=assumptions,
        )
        if not wants_words(call):
            call.show_rows("explanations", _records(answers, failures), BATCH_COLUMNS)
            return failures.exit_code
        for line in answers:
            failures.note(line.error)
            if line.decision is not None:
                _write_tree(call, line.decision)
            elif line.error is not None:
                call.say_plainly(f"error: {line.error.message}")
            print()
    return failures.exit_code


def _records(lines: Iterable[BatchLine], failures: Failures) -> Iterator[dict[str, object]]:
    for line in lines:
        failures.note(line.error)
        decision, row = line.decision, line.row
        record: dict[str, object] = {"user": row.user, "permission": row.asked}
        if decision is None:
            reason = None if line.error is None else line.error.message
            yield record | {"verdict": "error", "reason": reason}
            continue
        commands = [shell_line(one) for remedy in decision.remedies for one in remedy.commands]
        yield record | {
            "verdict": verdict_word(decision.allowed),
            "reason": decision.reason.value,
            "cause": decision.cause,
            "commands": commands,
            "decision": decision_record(decision),
        }
