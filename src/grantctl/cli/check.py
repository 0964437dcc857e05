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
    IGNORE_ROLE,
    OPTIONAL_KEY,
    OPTIONAL_USER,
    show_decision,
    wants_words,
)
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.decision import Decision
from grantctl.render.columns import Column
from grantctl.render.decisions import verdict_word

if TYPE_CHECKING:
    from grantctl.operations.questions import BatchLine, Question

app = new_app("May this user do it?")

_ENCODING, _ERRORS = "utf-8-sig", "surrogateescape"

BATCH_COLUMNS = (
    Column("user", "User"),
    Column("permission", "Permission"),
    Column("verdict", "Verdict", is_name=True),
    Column("reason", "Reason"),
)


@command(app, "check")
def check(
    call: Call,
    user: OPTIONAL_USER = None,
    key: OPTIONAL_KEY = None,
    ignore_role: IGNORE_ROLE = False,
    every: ALL = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="only the exit code")] = False,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="FILE",
            help="answer each `user<TAB>key` or JSON line of a file, - for stdin",
        ),
    ] = None,
) -> ExitCode:
    """Whether USER has the permission KEY: exit 0 if allowed, 3 if denied, 4 if unknown."""
    question = operations.questions.Question(ignore_role=ignore_role, require_all=every)
    if batch is not None:
        if user is not None:
            raise UsageError("`--batch` takes its users and keys from the file, not from arguments")
        return _check_batch(call, batch, question, quiet=quiet)
    if user is None or key is None:
        raise UsageError("missing argument `USER` or `KEY`", hint="grantctl check USER KEY")
    with call.database.reader() as reader:
        decision = operations.questions.answer(
            reader,
            user,
            key,
            question,
            now=datetime.now(UTC),
            with_advice=not (quiet or wants_words(call)),
        )
    if not quiet:
        _show(call, decision)
    return ExitCode.OK if decision.allowed else ExitCode.NO


def _show(call: Call, decision: Decision) -> None:
    if not wants_words(call):
        show_decision(call, decision)
        return
    call.say_plainly(f"{'allowed' if decision.allowed else 'denied'}: {decision.cause}")
    for warning in decision.warnings:
        call.warn(warning.message)


def _check_batch(call: Call, source: str, question: Question, *, quiet: bool) -> ExitCode:
    has_failed = False

    def rows(lines: Iterator[BatchLine]) -> Iterator[dict[str, object]]:
        nonlocal has_failed
        for line in lines:
            has_failed = has_failed or line.error is not None
            yield _batch_record(line)

    with ExitStack() as stack:
        stream = _open_batch(source, stack)
        reader = stack.enter_context(call.database.reader())
        answers = operations.questions.answer_batch(reader, stream, question, now=datetime.now(UTC))
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
    return {"user": line.user, "permission": line.key, "verdict": verdict, "reason": reason}


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
