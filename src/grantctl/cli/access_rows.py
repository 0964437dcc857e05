"""The rows of `grantctl access`: columns and records, of permissions and of resources.

Owns what is printed of each. Leaves what is asked to `access`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from grantctl import operations
from grantctl.evaluation.access_decision import state_of
from grantctl.render.columns import Column
from grantctl.render.decisions import path_text, verdict_word

if TYPE_CHECKING:
    from grantctl.cli.batch_reading import Failures
    from grantctl.evaluation.decision import Leaf
    from grantctl.operations.access_questions import ReachedResource
    from grantctl.operations.list_batches import AccessLine
    from grantctl.operations.questions import Access

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


def line_records(lines: Iterable[AccessLine], failures: Failures) -> Iterator[dict[str, object]]:
    """The rows of many users, each with the user that was named."""
    for line in lines:
        failures.note(line.error)
        user: dict[str, object] = {"user": line.user}
        if line.error is not None:
            said = line.error.message
            yield user | {"verdict": "error", "through": said, "action": "error", "via": said}
        elif isinstance(line.found, operations.questions.Access):
            for leaf in line.found.leaves:
                yield user | access_record(line.found, leaf)
        elif line.found is not None:
            yield user | reached_record(line.found)


def reached_record(reached: ReachedResource) -> dict[str, object]:
    """Something that a user may do to a resource, and through what."""
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


def access_record(found: Access, leaf: Leaf) -> dict[str, object]:
    """One permission of a user, and what grants it."""
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
