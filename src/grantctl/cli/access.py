"""`grantctl access`: everything that one user may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.assuming import assumed, read_premises
from grantctl.cli.batch_reading import Failures, open_batch
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_action, complete_resource_type
from grantctl.cli.questions import (
    IGNORE_BASE,
    IGNORE_OWNER,
    IGNORE_ROLE,
    OPTIONAL_KEY,
    OPTIONAL_USER,
)
from grantctl.errors import ExitCode, UsageError
from grantctl.evaluation.access_decision import AccessQuestion, state_of
from grantctl.evaluation.decision import Leaf
from grantctl.model import require_action
from grantctl.operations.access_questions import ReachedResource
from grantctl.operations.questions import Access
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text, verdict_word

if TYPE_CHECKING:
    from grantctl.operations.list_batches import AccessLine
    from grantctl.operations.questions import Question

app = new_app("Everything that one user may.")

COLUMNS = (
    Column("permission", "Permission", is_name=True),
    Column("verdict", "Verdict"),
    Column("through", "Through"),
    Column("hangs_on", "Hangs on"),
    Column("default", "Default", is_extra=True),
    Column("true_in", "True in", is_extra=True),
    Column("false_in", "False in", is_extra=True),
)


RESOURCE_COLUMNS = (
    Column("resource", "Resource", is_name=True),
    Column("action", "Action"),
    Column("via", "Via"),
    Column("paths", "Path"),
    Column("name", "Name"),
    Column("type", "Type", is_extra=True),
    Column("id", "Id", is_extra=True),
    Column("state", "State", is_extra=True),
)
BATCH_COLUMNS = (Column("user", "User"), *COLUMNS)
RESOURCE_BATCH_COLUMNS = (Column("user", "User"), *RESOURCE_COLUMNS)
TYPE = Annotated[
    str | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="of the resources of this type, * for all",
        autocompletion=complete_resource_type,
    ),
]
ACTION = Annotated[
    str | None,
    typer.Option(
        "--action",
        metavar="ACTION",
        help="with --type, only this action",
        autocompletion=complete_action,
    ),
]


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
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
    batch: BATCH = None,
) -> ExitCode:
    """List every permission, or those under KEY, with USER's verdict, what grants it, and the one
    group on which it hangs if it hangs on a single one. With --type, list what USER may do to the
    resources of that type instead, and through what."""
    if batch is not None and key is not None:
        raise UsageError("`--batch` takes its users from the file, not from arguments")
    key, user = (user, None) if batch is not None else (key, user)
    if user is None and batch is None:
        raise UsageError("missing argument `USER`", hint="grantctl access USER")
    if type_ is None and (action is not None or ignore_owner or ignore_base):
        raise UsageError(
            "`--action`, `--ignore-owner` and `--ignore-base` go with `--type`",
            hint="grantctl access USER --type model",
        )
    if type_ is not None and key is not None:
        raise UsageError("`--type` asks for resources, `KEY` for permissions: not both")
    asked = AccessQuestion(
        operations.access_questions.ANY if action is None else require_action(action),
        ignore_role,
        ignore_owner,
        ignore_base,
    )
    question = operations.questions.Question(ignore_role=ignore_role)
    if batch is not None:
        return _access_batch(call, batch, question, asked, key=key, type_=type_)
    assert user is not None
    now, premises = datetime.now(UTC), read_premises(call)
    with call.database.reader() as reader, assumed(call, reader, premises) as assumptions:
        if type_ is not None:
            reached = operations.access_questions.reachable(
                reader, user, type_, asked, now=now, assumptions=assumptions
            )
            call.show_rows("reachable", map(_reached_record, reached), RESOURCE_COLUMNS)
            return ExitCode.OK
        found = operations.questions.access(
            reader, user, question, now=now, key=key, assumptions=assumptions
        )
    call.show_rows("access", (_record(found, leaf) for leaf in found.leaves), COLUMNS)
    return ExitCode.OK


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
            call.show_rows("access-of-many", _line_records(lines, failures), BATCH_COLUMNS)
        else:
            lines = batches.reachable_batch(
                reader, stream, type_, asked, now=now, assumptions=assumptions
            )
            records = _line_records(lines, failures)
            call.show_rows("reachable-of-many", records, RESOURCE_BATCH_COLUMNS)
    return failures.exit_code


def _line_records(lines: Iterable[AccessLine], failures: Failures) -> Iterator[dict[str, object]]:
    for line in lines:
        failures.note(line.error)
        user: dict[str, object] = {"user": line.user}
        if line.error is not None:
            said = line.error.message
            yield user | {"verdict": "error", "through": said, "action": "error", "via": said}
        elif isinstance(line.found, Access):
            for leaf in line.found.leaves:
                yield user | _record(line.found, leaf)
        elif line.found is not None:
            yield user | _reached_record(line.found)


def _reached_record(reached: ReachedResource) -> dict[str, object]:
    resource, reach = reached.resource, reached.reach
    return {
        "resource": str(resource.ref),
        "action": reached.action,
        "via": reach.via,
        "paths": [path_text(held.path) for held in reach.groups],
        "name": resource.name,
        "type": resource.ref.type,
        "id": resource.ref.id,
        "state": state_of(resource).value,
    }


def _record(found: Access, leaf: Leaf) -> dict[str, object]:
    only = leaf.only_group if found.allowed_by_role is None else None
    return {
        "permission": leaf.permission.key,
        "verdict": verdict_word(found.is_allowed(leaf)),
        "through": _through(found, leaf),
        "hangs_on": None if only is None else only.group.name,
        "default": leaf.permission.default,
        "true_in": [path_text(held.path) for held in leaf.granting],
        "false_in": [flag.held.group.name for flag in leaf.flags if flag.value is False],
    }


def _through(found: Access, leaf: Leaf) -> list[str]:
    if found.allowed_by_role is not None:
        return [f"role {found.user.role.value}"]
    groups = [path_text(held.path) for held in leaf.granting]
    return [f"group {path}" for path in groups] + ["default"] * leaf.permission.default
