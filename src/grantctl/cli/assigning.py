"""Giving roles: what `users approve|suspend|set-role` and `roles assign` share.

Owns the question before somebody becomes admin, and how changes of role are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.complete import complete_role
from grantctl.model import Role, parse_role
from grantctl.render.columns import Column

if TYPE_CHECKING:
    from grantctl.operations.roles import RoleChange

ROLE = Annotated[
    str,
    typer.Argument(
        metavar="ROLE",
        help="admin, user or pending",
        autocompletion=complete_role,
        show_default=False,
    ),
]
YES = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]

CHANGE_COLUMNS = (
    Column("user", "User", is_name=True),
    Column("before", "Before"),
    Column("role", "Role"),
    Column("id", "Id", is_extra=True),
    Column("email", "E-mail", is_extra=True),
    Column("name", "Name", is_extra=True),
)
ADMIN_MEANING = "give the admin role, which is allowed everything, to"
MAX_LISTED = 5


def assign(call: Call, users: Sequence[str], role: str, *, yes: bool) -> None:
    """Give users a role and show what that changed; ask before one becomes admin."""
    wanted = parse_role(role)
    if wanted is Role.ADMIN and not yes and not call.is_dry_run:
        users = _confirmed_admins(call, users)
    changes = operations.roles.set_role(call.database, call.intent, users, wanted)
    show_changes(call, changes)


def _confirmed_admins(call: Call, users: Sequence[str]) -> list[str]:
    """The ids of these users, once it is confirmed that those who are not admin shall be."""
    tried = replace(call.intent, dry_run=True)
    planned = operations.roles.set_role(call.database, tried, users, Role.ADMIN)
    new = [change.user.label for change in planned if change.is_changed]
    if new:
        call.confirm(f"{ADMIN_MEANING} {listed(new)}", is_confirmed=False)
    return [change.user.id for change in planned]


def show_changes(call: Call, changes: Sequence[RoleChange]) -> None:
    """Print what became of each user; who kept the role is warned of."""
    kept = [change.user for change in changes if not change.is_changed]
    warnings = [f"`{user.label}` is `{user.role}` already" for user in kept[:MAX_LISTED]]
    if len(kept) > MAX_LISTED:
        warnings.append(f"so are {len(kept) - MAX_LISTED} more")
    call.show_rows("role-changes", map(_record, changes), CHANGE_COLUMNS, warnings=warnings)
    call.say_dry_run()


def listed(labels: Sequence[str]) -> str:
    """The labels for a question: all of a few, of many how many more there are."""
    names = ", ".join(f"`{label}`" for label in labels[:MAX_LISTED])
    more = len(labels) - MAX_LISTED
    return f"{names} and {more} more" if more > 0 else names


def _record(change: RoleChange) -> dict[str, object]:
    user = change.user
    return {
        "user": user.label,
        "before": change.before.value,
        "role": user.role.value,
        "id": user.id,
        "email": user.email,
        "name": user.name,
    }
