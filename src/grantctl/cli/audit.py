"""`grantctl audit`: who changed what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.audit import AuditEvent

app = new_app("Who changed what, and when.")

COLUMNS = (
    Column("number", "No.", is_name=True, justify="right"),
    Column("at", "When"),
    Column("actor", "Who"),
    Column("action", "What"),
    Column("object_type", "Type", is_extra=True),
    Column("object", "Object"),
    Column("object_id", "Id", is_extra=True),
    Column("reason", "Why"),
    Column("before", "Before", is_extra=True),
    Column("after", "After", is_extra=True),
)


@command(app, "list")
def list_(
    call: Call,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="of this actor")] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="ACTION", help="e.g. user or user.create")
    ] = None,
    object_id: Annotated[
        str | None, typer.Option("--object", metavar="ID", help="of this object")
    ] = None,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """List changes, the newest first."""
    page = operations.audit.list_events(
        call.database,
        page_request(limit, everything, cursor),
        actor=by,
        action=action,
        object_id=object_id,
    )
    call.show_rows("audit-events", map(_record, page.items), COLUMNS, next_cursor=page.next_cursor)


@command(app, "show")
def show(
    call: Call, number: Annotated[int, typer.Argument(metavar="NUMBER", help="of audit list")]
) -> None:
    """Show one change with what was before and after."""
    event = operations.audit.show_event(call.database, number)
    call.show_record("audit-event", _record(event), name_key="number")


def _record(event: AuditEvent) -> dict[str, object]:
    return {column.key: getattr(event, column.key) for column in COLUMNS}
