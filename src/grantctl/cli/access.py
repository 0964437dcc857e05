"""`grantctl access`: everything that one user may."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import plain_line
from grantctl.cli.access_difference import DIFF, show_difference
from grantctl.cli.access_rows import (
    BATCH_COLUMNS,
    COLUMNS,
    RESOURCE_BATCH_COLUMNS,
    RESOURCE_COLUMNS,
    access_record,
    line_records,
    reached_record,
)
from grantctl.cli.assuming import assumed, read_premises
from grantctl.cli.batch_reading import Failures, open_batch
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app, typer_option
from grantctl.cli.complete import complete_action, complete_resource_type
from grantctl.cli.matrix import FORCE, HTML, LIMIT, MATRIX, MatrixOptions, show_matrix
from grantctl.cli.name_lists import wants_names, write_names
from grantctl.cli.questions import (
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_KEY,
    OPTIONAL_USER,
)
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessQuestion
from grantctl.model import require_action

if TYPE_CHECKING:
    from grantctl.operations.questions import Question

app = new_app("Everything that one user may.")

TYPE = Annotated[str | None, typer_option(plain_line.TYPE, autocompletion=complete_resource_type)]
ACTION = Annotated[str | None, typer_option(plain_line.ACTION, autocompletion=complete_action)]
BATCH = Annotated[
    str | None,
    typer.Option("--batch", metavar="FILE", help="of each user of a file, one a line, - for stdin"),
]


@command(app, "access", assumes=True)
def access(
    call: Call,
    user: OPTIONAL_USER = None,
    key: OPTIONAL_KEY = None,
    type_: TYPE = None,
    action: ACTION = None,
    diff: DIFF = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    batch: BATCH = None,
    matrix: MATRIX = None,
    html: HTML = None,
    force: FORCE = False,
    limit: LIMIT = None,
) -> ExitCode:
    """List every permission, or those under KEY, with USER's verdict, what grants it, and the one
    group on which it hangs if it hangs on a single one. With --type, list what USER may do to the
    resources of that type instead, and through what. With --diff, list where USER and another
    differ, and what makes the difference; what is assumed is then assumed of the other. With
    --matrix, show all members of a group at once, without USER."""
    of_many = MatrixOptions(matrix, html, force, limit)
    if of_many.is_asked:
        _require_members_alone(call, has_more=bool(batch or diff or key))
        key, user = user, None
    if batch is not None and diff is not None:
        raise UsageError("`--diff` compares two users: it does not go with `--batch`")
    if batch is not None and key is not None:
        raise UsageError("`--batch` takes its users from the file, not from arguments")
    key, user = (user, None) if batch is not None else (key, user)
    if user is None and batch is None and not of_many.is_asked:
        raise UsageError("missing argument `USER`", hint="grantctl access USER")
    _require_type(type_, key, needs_type=action is not None or ignore_owner or ignore_base)
    asked = AccessQuestion(
        operations.access_questions.ANY if action is None else require_action(action),
        ignore_role,
        ignore_owner,
        ignore_base,
    )
    question = operations.questions.Question(ignore_role=ignore_role)
    if of_many.is_asked:
        return show_matrix(call, of_many, key=key, type_=type_, question=question, asked=asked)
    if batch is not None:
        return _access_batch(call, batch, question, asked, key=key, type_=type_)
    assert user is not None
    if diff is None:
        _show_access(call, user, question, asked, key=key, type_=type_)
    else:
        show_difference(call, (user, diff), question, asked, key=key, type_=type_)
    return ExitCode.OK


def _require_members_alone(call: Call, *, has_more: bool) -> None:
    """Raise UsageError for what does not go with a matrix."""
    if has_more:
        raise UsageError("`--matrix` takes its users from the group, and a KEY at most")
    if read_premises(call) is not None:
        raise UsageError(
            "`--matrix` shows what is, and assumes nothing",
            hint="assume it of one user: grantctl access USER",
        )


def _require_type(type_: str | None, key: str | None, *, needs_type: bool) -> None:
    """Raise UsageError for options that go with the other kind of question."""
    if type_ is None and needs_type:
        raise UsageError(
            "`--action`, `--ignore-owner` and `--ignore-base` go with `--type`",
            hint="grantctl access USER --type model",
        )
    if type_ is not None and key is not None:
        raise UsageError("`--type` asks for resources, `KEY` for permissions: not both")


def _show_access(
    call: Call,
    user: str,
    question: Question,
    asked: AccessQuestion,
    *,
    key: str | None,
    type_: str | None,
) -> None:
    now, premises = datetime.now(UTC), read_premises(call)
    with call.database.reader() as reader, assumed(call, reader, premises) as assumptions:
        if type_ is not None and wants_names(call.style) and assumptions is None:
            write_names(
                operations.access_questions.names_of_reachable(reader, user, type_, asked, now=now)
            )
            return
        if type_ is not None:
            reached = operations.access_questions.reachable(
                reader, user, type_, asked, now=now, assumptions=assumptions
            )
            call.show_rows("reachable", map(reached_record, reached), RESOURCE_COLUMNS)
            return
        found = operations.questions.access(
            reader, user, question, now=now, key=key, assumptions=assumptions
        )
    call.show_rows("access", (access_record(found, leaf) for leaf in found.leaves), COLUMNS)


def _access_batch(
    call: Call,
    source: str,
    question: Question,
    asked: AccessQuestion,
    *,
    key: str | None,
    type_: str | None,
) -> ExitCode:
    failures, now, premises = Failures(), datetime.now(UTC), read_premises(call)
    with ExitStack() as stack:
        stream = open_batch(source, stack)
        reader = stack.enter_context(call.database.reader())
        assumptions = stack.enter_context(assumed(call, reader, premises))
        batches = operations.list_batches
        if type_ is None:
            lines = batches.access_batch(
                reader, stream, question, now=now, key=key, assumptions=assumptions
            )
            call.show_rows("access-of-many", line_records(lines, failures), BATCH_COLUMNS)
        else:
            lines = batches.reachable_batch(
                reader, stream, type_, asked, now=now, assumptions=assumptions
            )
            records = line_records(lines, failures)
            call.show_rows("reachable-of-many", records, RESOURCE_BATCH_COLUMNS)
    return failures.exit_code
