"""`grantctl access`: everything that one user may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_action, complete_resource_type
from grantctl.cli.questions import IGNORE_BASE, IGNORE_OWNER, IGNORE_ROLE, OPTIONAL_KEY, USER
from grantctl.errors import UsageError
from grantctl.evaluation.access_decision import AccessQuestion, state_of
from grantctl.evaluation.decision import Leaf
from grantctl.model import require_action
from grantctl.operations.access_questions import ReachedResource
from grantctl.operations.questions import Access
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text, verdict_word

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


@command(app, "access")
def access(
    call: Call,
    user: USER,
    key: OPTIONAL_KEY = None,
    type_: TYPE = None,
    action: ACTION = None,
    ignore_role: IGNORE_ROLE = False,
    ignore_owner: IGNORE_OWNER = False,
    ignore_base: IGNORE_BASE = False,
) -> None:
    """List every permission, or those under KEY, with USER's verdict, what grants it, and the one
    group on which it hangs if it hangs on a single one. With --type, list what USER may do to the
    resources of that type instead, and through what."""
    now = datetime.now(UTC)
    if type_ is not None:
        if key is not None:
            raise UsageError("`--type` asks for resources, `KEY` for permissions: not both")
        asked = AccessQuestion(
            operations.access_questions.ANY if action is None else require_action(action),
            ignore_role,
            ignore_owner,
            ignore_base,
        )
        with call.database.reader() as reader:
            reached = operations.access_questions.reachable(reader, user, type_, asked, now=now)
            call.show_rows("reachable", map(_reached_record, reached), RESOURCE_COLUMNS)
        return
    if action is not None or ignore_owner or ignore_base:
        raise UsageError(
            "`--action`, `--ignore-owner` and `--ignore-base` go with `--type`",
            hint="grantctl access USER --type model",
        )
    question = operations.questions.Question(ignore_role=ignore_role)
    with call.database.reader() as reader:
        found = operations.questions.access(reader, user, question, now=now, key=key)
    call.show_rows("access", (_record(found, leaf) for leaf in found.leaves), COLUMNS)


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
