"""`grantctl groups add`, `remove` and `members`: who is in a group."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_group
from grantctl.cli.named_users import STDIN, USERS, named_users
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.cli.times import parse_moment
from grantctl.render.columns import Column
from grantctl.render.groups import path_value
from grantctl.render.style import Style

if TYPE_CHECKING:
    from grantctl.operations.memberships import MemberRecord, MembersChanged

app = new_app("Who is in a group.")

COLUMNS = (
    Column("user", "User", is_name=True),
    Column("name", "Name"),
    Column("role", "Role"),
    Column("source", "Source"),
    Column("via", "Via"),
    Column("expires_at", "Expires"),
    Column("is_expired", "Expired"),
    Column("added_by", "Added by", is_extra=True),
    Column("added_at", "Added", is_extra=True),
    Column("id", "Id", is_extra=True),
    Column("email", "E-mail", is_extra=True),
)
CHANGE_COLUMNS = (
    Column("user", "User", is_name=True),
    Column("outcome", "Outcome"),
    Column("expires_at", "Expires"),
    Column("group", "Group", is_extra=True),
    Column("id", "Id", is_extra=True),
)
GROUP = Annotated[
    str,
    typer.Argument(
        metavar="GROUP",
        help="id or unique name",
        autocompletion=complete_group,
        show_default=False,
    ),
]


@command(app, "add", changes=True)
def add(
    call: Call,
    group: GROUP,
    users: USERS = None,
    stdin: STDIN = False,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="WHEN", help="a date, a time, or a duration like 90d"),
    ] = None,
) -> None:
    """Add users to a group. All of them or none; whoever is in it already stays."""
    expires_at = None if expires is None else parse_moment(expires, datetime.now(UTC))
    changed = operations.memberships.add_members(
        call.database, call.intent, group, named_users(users, stdin=stdin), expires_at=expires_at
    )
    _show_changes(call, changed)


@command(app, "remove", changes=True)
def remove(call: Call, group: GROUP, users: USERS = None, stdin: STDIN = False) -> None:
    """Remove users from a group. All of them or none; whoever is not in it is left alone."""
    changed = operations.memberships.remove_members(
        call.database, call.intent, group, named_users(users, stdin=stdin)
    )
    _show_changes(call, changed)


@command(app, "members")
def members(
    call: Call,
    group: GROUP,
    inherited: Annotated[
        bool, typer.Option("--inherited", help="those of the groups below it too")
    ] = False,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """List a group's members, and until when they are. Expired ones too."""
    page = operations.memberships.list_members(
        call.database,
        group,
        page_request(limit, everything, cursor),
        now=datetime.now(UTC),
        inherited=inherited,
    )
    rows = (_member(one, call.style) for one in page.items)
    call.show_rows("group-members", rows, COLUMNS, next_cursor=page.next_cursor)


def _member(member: MemberRecord, style: Style) -> dict[str, object]:
    user, membership = member.user, member.membership
    return {
        "user": user.label,
        "name": user.name,
        "role": user.role.value,
        "source": membership.source.value,
        "via": path_value(member.via, style),
        "expires_at": membership.expires_at,
        "is_expired": member.is_expired,
        "added_by": membership.added_by,
        "added_at": membership.added_at,
        "id": user.id,
        "email": user.email,
    }


def _show_changes(call: Call, changed: MembersChanged) -> None:
    rows = (
        {
            "user": one.user.label,
            "outcome": one.outcome.value,
            "expires_at": one.expires_at,
            "group": changed.group.name,
            "id": one.user.id,
        }
        for one in changed.members
    )
    call.show_rows("member-changes", rows, CHANGE_COLUMNS)
    call.say_dry_run()
