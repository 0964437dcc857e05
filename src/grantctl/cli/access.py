"""`grantctl access`: everything that one user may."""

from __future__ import annotations

from datetime import UTC, datetime

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import IGNORE_ROLE, OPTIONAL_KEY, USER
from grantctl.evaluation.decision import Leaf
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


@command(app, "access")
def access(
    call: Call, user: USER, key: OPTIONAL_KEY = None, ignore_role: IGNORE_ROLE = False
) -> None:
    """List every permission, or those under KEY, with USER's verdict, what grants it, and the one
    group on which it hangs if it hangs on a single one."""
    question = operations.questions.Question(ignore_role=ignore_role)
    with call.database.reader() as reader:
        found = operations.questions.access(reader, user, question, now=datetime.now(UTC), key=key)
    call.show_rows("access", (_record(found, leaf) for leaf in found.leaves), COLUMNS)


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
