"""`grantctl check`: may this user do it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import (
    ALL,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_ASKED,
    OPTIONAL_USER,
    RESOURCE,
    answer_asked,
    parse_asked,
    show_decision,
    wants_words,
)
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessDecision, AccessQuestion
from grantctl.evaluation.decision import Decision
from grantctl.render.columns import Column
from grantctl.render.decisions import verdict_word

if TYPE_CHECKING:
    from grantctl.operations.batches import BatchLine
    from grantctl.operations.questions import Question

app = new_app("May this user do it?")

_ENCODING, _ERRORS = "utf-8-sig", "surrogateescape"

BATCH_COLUMNS = (
    Column("user", "User"),
    Column("permission", "Asked"),
    Column("verdict", "Verdict", is_name=True),
    Column("reason", "Reason"),
    Column("action", "Action", is_extra=True),
    Column("resource", "Resource", is_extra=True),
)


@command(app, "check")
def check(
    call: Call,
    user: OPTIONAL_USER = None,
    asked: OPTIONAL_ASKED = None,
    resource: RESOURCE = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="only the exit code")] = False,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="FILE",
            help="answer each `user<TAB>key`, `user<TAB>action<TAB>type:id` or JSON line of a "
            "file, - for stdin",
        ),
    ] = None,
) -> ExitCode:
    """Whether USER has the permission KEY, or may do ACTION to the resource TYPE:ID: exit 0 if
    allowed, 3 if denied, 4 if unknown."""
    if batch is not None:
        if user is not None:
            raise UsageError("`--batch` takes its users and keys from the file, not from arguments")
        question = operations.questions.Question(ignore_role=ignore_role, require_all=every)
        access_question = AccessQuestion("", ignore_role, ignore_owner, ignore_base)
        return _check_batch(call, batch, question, access_question, quiet=quiet)
    if user is None or asked is None:
        raise UsageError(
            "missing argument `USER` or `KEY`",
            hint="grantctl check USER KEY, or grantctl check USER ACTION TYPE:ID",
        )
    whole = parse_asked(
        asked,
        resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    with call.database.reader() as reader:
        with_advice = not (quiet or wants_words(call))
        decision = answer_asked(reader, user, whole, with_advice=with_advice)
    if not quiet:
        _show(call, decision)
    return ExitCode.OK if decision.allowed else ExitCode.NO


def _show(call: Call, decision: Decision | AccessDecision) -> None:
    if not wants_words(call):
        show_decision(call, decision)
        return
    call.say_plainly(f"{'allowed' if decision.allowed else 'denied'}: {decision.cause}")
    for warning in decision.warnings:
        call.warn(warning.message)


def _check_batch(
    call: Call, source: str, question: Question, access_question: AccessQuestion, *, quiet: bool
) -> ExitCode:
    has_failed = False

    def rows(lines: Iterator[BatchLine]) -> Iterator[dict[str, object]]:
        nonlocal has_failed
        for line in lines:
            has_failed = has_failed or line.error is not None
            yield _batch_record(line)

    with ExitStack() as stack:
        stream = _open_batch(source, stack)
        reader = stack.enter_context(call.database.reader())
        answers = operations.batches.answer_batch(
            reader, stream, question, access_question, now=datetime.now(UTC)
        )
        if quiet:
            for _ in rows(answers):
                pass
        else:
            call.show_rows("verdicts", rows(answers), BATCH_COLUMNS)
    return ExitCode.PARTIAL if has_failed else ExitCode.OK


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


def _open_batch(source: str, stack: ExitStack) -> TextIO:
    """The batch's lines, undecodable bytes kept as surrogates so that their rows fail alone."""
    if source == "-":
        assert isinstance(sys.stdin, TextIOWrapper)
        sys.stdin.reconfigure(encoding=_ENCODING, errors=_ERRORS, newline="\n")
        return sys.stdin
    try:
        file = Path(source).open(encoding=_ENCODING, errors=_ERRORS, newline="\n")  # noqa: SIM115
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"`{source}` cannot be read: {reason}") from None
    return stack.enter_context(file)
