"""`grantctl permissions`: the catalogue, and what groups and defaults set."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import permission_impact
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_assignment, complete_permission
from grantctl.cli.flag_changes import (
    DEFAULT,
    GROUP,
    parse_assignments,
    require_scope,
    show_flag_changes,
)
from grantctl.cli.impact_words import gain_and_loss
from grantctl.cli.questions import KEY, wants_words
from grantctl.evaluation.facts import Permission
from grantctl.render.columns import Column
from grantctl.render.permissions import permission_tree
from grantctl.render.tree import write_tree

if TYPE_CHECKING:
    from grantctl.operations.catalogue import PermissionRecord

app = new_app("The catalogue of permissions, and what groups and defaults set.")

COLUMNS = (
    Column("key", "Permission", is_name=True),
    Column("default", "Default"),
    Column("true_in", "True in", justify="right"),
    Column("false_in", "False in", justify="right"),
    Column("restricts", "Restricts"),
    Column("gated_by", "Gated by"),
    Column("description", "Description"),
)
YES = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
CATEGORY = Annotated[
    str | None,
    typer.Argument(
        metavar="KEY", help="only this key or category", autocompletion=complete_permission
    ),
]


@command(app, "list")
def list_(call: Call, key: CATEGORY = None) -> None:
    """List permissions with their defaults and how many groups set them."""
    found = operations.catalogue.list_permissions(call.database, key)
    call.show_rows("permissions", map(_record, found), COLUMNS)


@command(app, "tree")
def tree(call: Call, key: CATEGORY = None) -> None:
    """Show the permissions as a tree of categories, with their defaults."""
    found = operations.catalogue.list_permissions(call.database, key)
    if wants_words(call):
        root = permission_tree([record.permission for record in found])
        write_tree(sys.stdout, root, call.style)
    else:
        call.show_rows("permissions", map(_record, found), COLUMNS)


@command(app, "show")
def show(call: Call, key: KEY) -> None:
    """Show a permission: its default, its gate, and every group that sets it."""
    detail = operations.catalogue.show_permission(call.database, key)
    record = _record(detail.record) | {
        "gates": detail.gates,
        "groups": [
            {
                "group": group.name,
                "id": group.id,
                "value": group.allowed,
                "members": group.member_count,
            }
            for group in detail.groups
        ],
    }
    call.show_record("permission", record, name_key="key")


@command(app, "set", changes=True)
def set_(
    call: Call,
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE...",
            help="a permission or category and true or false",
            autocompletion=complete_assignment,
        ),
    ],
    group: GROUP = None,
    default: DEFAULT = False,
) -> None:
    """Set permissions, for a group or as the default; a category sets all that lie under it."""
    require_scope(group, default)
    wanted = parse_assignments(values)
    show_flag_changes(call, operations.flags.set_flags(call.database, call.intent, group, wanted))


@command(app, "unset", changes=True)
def unset(
    call: Call,
    keys: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY...",
            help="a permission or category",
            autocompletion=complete_permission,
        ),
    ],
    group: GROUP = None,
    default: DEFAULT = False,
) -> None:
    """Take back what a group sets; with --default, what a new database has."""
    require_scope(group, default)
    show_flag_changes(call, operations.flags.unset_flags(call.database, call.intent, group, keys))


@command(app, "define", changes=True)
def define(
    call: Call,
    key: Annotated[str, typer.Argument(metavar="KEY", help="the new permission")],
    default: Annotated[bool, typer.Option("--default/--no-default", help="its default")] = False,
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="what for")
    ] = "",
    restricts: Annotated[
        bool, typer.Option("--restricts", help="where it is true, the user may do less")
    ] = False,
    gated_by: Annotated[
        str | None,
        typer.Option(
            "--gated-by",
            metavar="KEY",
            help="the permission without which it is useless",
            autocompletion=complete_permission,
        ),
    ] = None,
) -> None:
    """Add a permission to the catalogue."""
    permission = Permission(key, default, description, restricts, gated_by)
    defined = operations.catalogue.define_permission(call.database, call.intent, permission)
    record = operations.catalogue.PermissionRecord(defined, 0, 0)
    call.show_record("permission", _record(record), name_key="key")
    call.say_dry_run()


@command(app, "undefine", changes=True)
def undefine(call: Call, key: KEY, yes: YES = False) -> None:
    """Take a permission out of the catalogue, and out of every group that sets it."""
    detail = operations.catalogue.show_permission(call.database, key)
    count = len(detail.groups)
    setting = f"{count} group sets" if count == 1 else f"{count} groups set"
    said: list[str] = []
    if not yes or call.is_dry_run:
        with call.database.reader() as reader:
            lost = operations.impact.undefining_impact(reader, key, now=datetime.now(UTC), first=0)
        words = gain_and_loss(lost.gained_count, lost.lost_count)
        if call.is_dry_run:
            said = [words]
        else:
            call.confirm(f"undefine `{key}`, which {setting} ({words})", is_confirmed=False)
    gone = operations.catalogue.undefine_permission(call.database, call.intent, key)
    record = {"key": key, "groups": gone.group_count, "ungated": gone.ungated}
    call.show_record("permission-undefined", record, name_key="key", warnings=said)
    call.say_dry_run()


app.add_typer(permission_impact.app)


def _record(record: PermissionRecord) -> dict[str, object]:
    permission = record.permission
    return {
        "key": permission.key,
        "default": permission.default,
        "true_in": record.true_count,
        "false_in": record.false_count,
        "restricts": permission.restricts,
        "gated_by": permission.gated_by,
        "description": permission.description,
    }
