"""`grantctl roles`: what roles mean, who holds them, which new users get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.assigning import ROLE, YES, assign
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_role
from grantctl.cli.named_users import STDIN, USERS, named_users
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.model import parse_role
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.roles import RoleRecord

app = new_app("What roles mean, who holds them, which new users get.")

COLUMNS = (
    Column("role", "Role", is_name=True),
    Column("meaning", "Meaning"),
    Column("users", "Users", justify="right"),
    Column("is_default", "Default"),
)
NEW_DEFAULT = Annotated[
    str | None,
    typer.Argument(
        metavar="ROLE",
        help="user or pending; without it, the role is shown",
        autocompletion=complete_role,
        show_default=False,
    ),
]


@command(app, "list")
def list_(call: Call) -> None:
    """List the roles: what each means, how many hold it, whether new users get it."""
    call.show_rows("roles", map(_record, operations.roles.list_roles(call.database)), COLUMNS)


@command(app, "show")
def show(
    call: Call,
    role: ROLE,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """Show what a role means, and who holds it."""
    request = page_request(limit, everything, cursor)
    detail = operations.roles.show_role(call.database, parse_role(role), request)
    holders = [
        {"id": user.id, "email": user.email, "name": user.name} for user in detail.holders.items
    ]
    call.show_record(
        "role",
        {**_record(detail.record), "holders": holders},
        name_key="role",
        next_cursor=detail.holders.next_cursor,
    )


@command(app, "assign", changes=True)
def assign_(
    call: Call, role: ROLE, users: USERS = None, stdin: STDIN = False, yes: YES = False
) -> None:
    """Give users a role; all of them or none."""
    assign(call, named_users(users, stdin=stdin), role, yes=yes)


@command(app, "default", changes=True)
def default(call: Call, role: NEW_DEFAULT = None) -> None:
    """Show or set the role that new users get; the first user becomes admin whatever it is."""
    if role is None:
        found = operations.policies.show_default_role(call.database)
        record = {"role": found.role.value, "before": None, "is_set": found.is_set}
    else:
        changed = operations.policies.set_default_role(call.database, call.intent, parse_role(role))
        record = {"role": changed.role.value, "before": changed.before, "is_set": True}
    call.show_record("default-role", record, name_key="role")
    call.say_dry_run()


def _record(record: RoleRecord) -> dict[str, object]:
    return {
        "role": record.role.value,
        "meaning": record.meaning,
        "users": record.user_count,
        "is_default": record.is_default,
    }
