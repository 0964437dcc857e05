"""`grantctl groups`: groups, their members and their parents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import group_impact, member_transfer, members
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_group
from grantctl.cli.group_impact import deletion_words, move_words
from grantctl.cli.members import GROUP
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.cli.wording import amount, some
from grantctl.errors import UsageError
from grantctl.render.columns import Column
from grantctl.render.groups import groups_value, path_value
from grantctl.render.style import Style

if TYPE_CHECKING:
    from grantctl.operations.groups import DeletedGroup, GroupChange, GroupDetail, ListedGroup

app = new_app("Groups, their members and their parents.")

COLUMNS = (
    Column("name", "Group", is_name=True),
    Column("parent", "Parent"),
    Column("members", "Members", justify="right"),
    Column("effective_members", "With those below", justify="right"),
    Column("description", "Description"),
    Column("id", "Id", is_extra=True),
    Column("path", "Path", is_extra=True),
    Column("created_at", "Created", is_extra=True),
    Column("updated_at", "Updated", is_extra=True),
)
DELETED_COLUMNS = (
    Column("name", "Deleted group", is_name=True),
    Column("memberships", "Memberships", justify="right"),
    Column("flags", "Flags", justify="right"),
    Column("grants", "Grants", justify="right"),
    Column("children", "Now at the top level"),
    Column("id", "Id", is_extra=True),
)
NAME = Annotated[str, typer.Argument(metavar="NAME", help="of the new group", show_default=False)]
PARENT = Annotated[
    str | None,
    typer.Option(
        "--parent",
        metavar="GROUP",
        help="the group above: its permissions hold for the members too",
        autocompletion=complete_group,
    ),
]
GROUPS = Annotated[
    list[str],
    typer.Argument(
        metavar="GROUP...",
        help="id or unique name",
        autocompletion=complete_group,
        show_default=False,
    ),
]
YES = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]


@command(app, "list")
def list_(
    call: Call,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="in name or description")
    ] = None,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """List groups with their parents and how many members they have."""
    page = operations.groups.list_groups(
        call.database,
        page_request(limit, everything, cursor),
        now=datetime.now(UTC),
        text=text,
    )
    rows = (_listed(one, call.style) for one in page.items)
    call.show_rows("groups", rows, COLUMNS, next_cursor=page.next_cursor)


@command(app, "show")
def show(call: Call, group: GROUP) -> None:
    """Show a group: where it lies, who is in it, what it sets."""
    detail = operations.groups.show_group(call.database, group, now=datetime.now(UTC))
    call.show_record("group", _detail(detail, call.style), name_key="name")


@command(app, "create", changes=True)
def create(
    call: Call,
    name: NAME,
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="what for")
    ] = "",
    parent: PARENT = None,
) -> None:
    """Make a group, at the top level or below another one."""
    made = operations.groups.create_group(
        call.database, call.intent, name=name, description=description, parent=parent
    )
    _show_change(call, made)


@command(app, "update", changes=True)
def update(
    call: Call,
    group: GROUP,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="the new one")] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="the new one")
    ] = None,
) -> None:
    """Change a group's name or description."""
    if name is None and description is None:
        raise UsageError("nothing to change", hint="--name NAME or --description TEXT")
    changed = operations.groups.update_group(
        call.database, call.intent, group, name=name, description=description
    )
    _show_change(call, changed)


@command(app, "move", changes=True)
def move(
    call: Call,
    group: GROUP,
    parent: PARENT = None,
    root: Annotated[bool, typer.Option("--root", help="to the top level")] = False,
) -> None:
    """Put a group below another one, or at the top level."""
    if (parent is None) != root:
        raise UsageError("say where to: `--parent GROUP` or `--root`, and not both")
    said = move_words(call, group, parent)
    moved = operations.groups.move_group(call.database, call.intent, group, parent)
    former_path = path_value(moved.former_path, call.style)
    _show_change(call, moved, warnings=said, former_path=former_path)


@command(app, "delete", changes=True)
def delete(call: Call, groups: GROUPS, yes: YES = False) -> None:
    """Delete groups with all they have and are granted. Those below them come to the top level."""
    said: list[str] = []
    if not yes or call.is_dry_run:
        plan = operations.groups.plan_deletion(call.database, groups)
        words = deletion_words(call, plan)
        if call.is_dry_run:
            said = [words]
        else:
            call.confirm(f"{_deletion_question(plan)} ({words})", is_confirmed=False)
        groups = [one.id for one in plan]  # what was confirmed, whatever has the names by now
    deleted = operations.groups.delete_groups(call.database, call.intent, groups)
    rows = (_deleted(one, call.style) for one in deleted)
    call.show_rows("groups-deleted", rows, DELETED_COLUMNS, warnings=said)
    call.say_dry_run()


app.add_typer(members.app)
app.add_typer(group_impact.app)
app.add_typer(member_transfer.app)


def _listed(listed: ListedGroup, style: Style) -> dict[str, object]:
    group = listed.group
    return {
        "name": group.name,
        "parent": None if group.parent is None else group.parent.name,
        "members": listed.members.direct,
        "effective_members": listed.members.effective,
        "description": group.description,
        "id": group.id,
        "path": path_value(group.path, style),
        "created_at": group.created_at,
        "updated_at": group.updated_at,
    }


def _detail(detail: GroupDetail, style: Style) -> dict[str, object]:
    group = detail.group
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "path": path_value(group.path, style),
        "children": groups_value(detail.children, style),
        "members": detail.members.direct,
        "effective_members": detail.members.effective,
        "expired_members": detail.expired_count,
        "permissions": dict(detail.flags),
        "created_at": group.created_at,
        "updated_at": group.updated_at,
    }


def _show_change(
    call: Call, change: GroupChange, *, warnings: Sequence[str] = (), **more: object
) -> None:
    group = change.group
    record = {
        "outcome": change.outcome.value,
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "path": path_value(group.path, call.style),
        **more,
        "created_at": group.created_at,
        "updated_at": group.updated_at,
    }
    call.show_record("group-change", record, name_key="name", warnings=warnings)
    call.say_dry_run()


def _deleted(deleted: DeletedGroup, style: Style) -> dict[str, object]:
    return {
        "name": deleted.name,
        "memberships": deleted.member_count,
        "flags": deleted.flag_count,
        "grants": len(deleted.grants),
        "children": groups_value(deleted.children, style),
        "id": deleted.id,
    }


def _deletion_question(plan: Sequence[DeletedGroup]) -> str:
    children = [child.name for one in plan for child in one.children]
    memberships = amount(sum(one.member_count for one in plan), "membership")
    flags = amount(sum(one.flag_count for one in plan), "flag")
    grants = amount(sum(len(one.grants) for one in plan), "grant")
    names = some([one.name for one in plan])
    question = f"delete {names} with {memberships}, {flags} and {grants}"
    if not children:
        return question
    return f"{question}, bringing {some(children)} to the top level"
