"""`grantctl resources delete`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.bulk_changes import YES, change_selected, named_resources
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_resource
from grantctl.cli.resource_documents import DELETED_COLUMNS, deleted_row
from grantctl.cli.wording import amount, some

if TYPE_CHECKING:
    from grantctl.operations.resources import DeletedResource

app = new_app("Deleting resources.")


@command(app, "delete", changes=True)
def delete(
    call: Call,
    resources: Annotated[
        list[str],
        typer.Argument(
            metavar="RESOURCE...",
            help="TYPE:ID, or a pattern like model:gpt-*",
            autocompletion=complete_resource,
            show_default=False,
        ),
    ],
    leave_missing: Annotated[
        bool,
        typer.Option("--leave-missing", help="even if other resources are made of it"),
    ] = False,
    yes: YES = False,
) -> None:
    """Delete resources with their grants; all of them or none."""
    deleted = change_selected(
        call,
        resources,
        yes=yes,
        always=True,
        attempt=lambda intent, wanted: operations.resources.delete_resources(
            call.database, intent, wanted, leave_missing=leave_missing
        ),
        question=_deletion_question,
    )
    warnings = []
    left = _left_without_base(deleted)
    if left:
        warnings.append(f"{some(left)} without a base: denied to everybody but admins")
    rows = map(deleted_row, deleted)
    call.show_rows("resources-deleted", rows, DELETED_COLUMNS, warnings=warnings)
    call.say_dry_run()


def _deletion_question(_: str, deleted: Sequence[DeletedResource]) -> str:
    grants = amount(sum(one.resource.grant_count for one in deleted), "grant")
    question = f"delete {named_resources([one.resource.ref for one in deleted])} with {grants}"
    left = _left_without_base(deleted)
    if not left:
        return question
    return f"{question}, leaving {some(left)} without a base, denied to everybody but admins"


def _left_without_base(deleted: Sequence[DeletedResource]) -> list[str]:
    return [str(ref) for one in deleted for ref in one.dependents]
