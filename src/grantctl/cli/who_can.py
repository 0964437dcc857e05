"""`grantctl who-can`: who has a permission or may do something to a resource, and through what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from time import time_ns
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.asking import parse_asked
from grantctl.cli.assuming import assumed, read_premises
from grantctl.cli.batch_reading import Failures, open_batch
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.name_lists import wants_names, write_names
from grantctl.cli.questions import (
    ALL,
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_ASKED,
    RESOURCE,
)
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessQuestion, Reach
from grantctl.evaluation.compiled import Asked
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text

if TYPE_CHECKING:
    from grantctl.operations.list_batches import SubjectLine
    from grantctl.operations.questions import Question, Subject

app = new_app("Who has a permission or may do something to a resource, and through what.")

COLUMNS = (
    Column("user", "User", is_name=True),
    Column("through", "Through"),
    Column("paths", "Path"),
    Column("id", "Id", is_extra=True),
    Column("name", "Name", is_extra=True),
    Column("role", "Role", is_extra=True),
)
ACCESS_COLUMNS = (
    Column("user", "User", is_name=True),
    Column("via", "Via"),
    Column("paths", "Path"),
    Column("id", "Id", is_extra=True),
    Column("name", "Name", is_extra=True),
    Column("role", "Role", is_extra=True),
)

BATCH_COLUMNS = (Column("asked", "Asked"), *ACCESS_COLUMNS)
BATCH = Annotated[
    str | None,
    typer.Option(
        "--batch",
        metavar="FILE",
        help="answer each `key` or `action<TAB>type:id` line of a file, - for stdin",
    ),
]


@command(app, "who-can", assumes=True)
def who_can(
    call: Call,
    asked: OPTIONAL_ASKED = None,
    resource: RESOURCE = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    every: ALL = False,
    batch: BATCH = None,
) -> ExitCode:
    """List every user who has the permission KEY, or may do ACTION to the resource TYPE:ID, and
    through what: role, owner, groups, everyone, the default. What is assumed of a user is
    assumed of each."""
    if batch is not None:
        if asked is not None:
            raise UsageError("`--batch` takes its questions from the file, not from arguments")
        of_permission = operations.questions.Question(ignore_role=ignore_role, require_all=every)
        of_access = AccessQuestion("", ignore_role, ignore_owner, ignore_base)
        return _who_can_batch(call, batch, of_permission, of_access)
    if asked is None:
        raise UsageError(
            "missing argument `KEY|ACTION`",
            hint="grantctl who-can KEY, or grantctl who-can ACTION TYPE:ID",
        )
    question = parse_asked(
        asked,
        resource,
        ignore_role=ignore_role,
        ignore_owner=ignore_owner,
        ignore_base=ignore_base,
        require_all=every,
    )
    now, premises = datetime.now(UTC), read_premises(call)
    with call.database.reader() as reader, assumed(call, reader, premises) as assumptions:
        is_short = wants_names(call.style) and assumptions is None
        if question.ref is not None and question.access is not None:
            if is_short:
                ask = operations.access_questions.names_with_access
                write_names(ask(reader, question.ref, question.access, now=now))
                return ExitCode.OK
            reaches = operations.access_questions.who_has_access(
                reader, question.ref, question.access, now=now, assumptions=assumptions
            )
            call.show_rows("access-subjects", map(_reach_record, reaches), ACCESS_COLUMNS)
        elif question.key is not None and question.permission is not None:
            if is_short and not every:
                asked_of_all = Asked(question.key, ignore_role)
                write_names(reader.names_of_permitted(asked_of_all, now=time_ns() // 1000))
                return ExitCode.OK
            subjects = operations.questions.who_can(
                reader, question.key, question.permission, now=now, assumptions=assumptions
            )
            call.show_rows("subjects", map(_record, subjects), COLUMNS)
    return ExitCode.OK


def _who_can_batch(
    call: Call, source: str, question: Question, access_question: AccessQuestion
) -> ExitCode:
    failures, premises = Failures(), read_premises(call)
    with ExitStack() as stack:
        stream = open_batch(source, stack)
        reader = stack.enter_context(call.database.reader())
        assumptions = stack.enter_context(assumed(call, reader, premises))
        lines = operations.list_batches.who_can_batch(
            reader,
            stream,
            question,
            access_question,
            now=datetime.now(UTC),
            assumptions=assumptions,
        )
        call.show_rows("subjects-of-many", _line_records(lines, failures), BATCH_COLUMNS)
    return failures.exit_code


def _line_records(lines: Iterable[SubjectLine], failures: Failures) -> Iterator[dict[str, object]]:
    for line in lines:
        failures.note(line.error)
        record: dict[str, object] = {"asked": line.asked}
        if isinstance(line.subject, Reach):
            yield record | _reach_record(line.subject)
        elif line.subject is not None:
            found = _record(line.subject)
            yield record | found | {"via": found["through"]}
        elif line.error is not None:
            yield record | {"via": "error", "paths": line.error.message}


def _record(subject: Subject) -> dict[str, object]:
    user = subject.user
    return {
        "user": user.label,
        "through": subject.through,
        "paths": [path_text(held.path) for held in subject.groups],
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
    }


def _reach_record(reach: Reach) -> dict[str, object]:
    user = reach.user
    return {
        "user": user.label,
        "via": reach.via,
        "paths": [path_text(held.path) for held in reach.groups],
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
    }
