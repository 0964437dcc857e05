"""`grantctl resources grant`, `revoke`, `publish`, `restrict`: who may do what with resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.bulk_changes import RESOURCES, YES, change_selected
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_action, complete_group, complete_user
from grantctl.cli.resource_documents import (
    ACCESS_COLUMNS,
    GRANT_COLUMNS,
    access_row,
    grant_row,
    principal_name,
)
from grantctl.cli.resource_impact import (
    grant_words,
    publish_words,
    restrict_words,
    revoke_words,
)
from grantctl.cli.wording import some
from grantctl.errors import UsageError
from grantctl.model import PrincipalType

if TYPE_CHECKING:
    from grantctl.operations.access_grants import GrantsChanged, Principals
    from grantctl.operations.resources import ResourceChange

app = new_app("Who may do what with resources.")

MAX_NAMED_PRINCIPALS = 5
ACTION = Annotated[
    str,
    typer.Argument(
        metavar="ACTION",
        help="read, write or another one",
        autocompletion=complete_action,
        show_default=False,
    ),
]
OPTIONAL_ACTION = Annotated[
    str | None,
    typer.Argument(
        metavar="ACTION",
        help="read, write or another one; with --dangling alone, every one",
        autocompletion=complete_action,
        show_default=False,
    ),
]
USERS = Annotated[
    list[str] | None,
    typer.Option(
        "--user",
        metavar="USER",
        help="this user; may be given more than once",
        autocompletion=complete_user,
    ),
]
GROUPS = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="GROUP",
        help="this group; may be given more than once",
        autocompletion=complete_group,
    ),
]
EVERYONE = Annotated[bool, typer.Option("--everyone", help="every user that is not pending")]


@command(app, "grant", changes=True)
def grant(
    call: Call,
    resource: RESOURCES,
    action: ACTION,
    users: USERS = None,
    groups: GROUPS = None,
    everyone: EVERYONE = False,
    yes: YES = False,
) -> None:
    """Let users, groups or everyone do something with a resource."""
    principals = _principals(users, groups, everyone)
    if not principals:
        raise UsageError(
            "say to whom: `--user USER`, `--group GROUP` or `--everyone`",
            hint="grantctl resources grant model:gpt-4o read --group staff",
        )
    changed = change_selected(
        call,
        [resource],
        yes=yes,
        attempt=lambda intent, wanted: operations.access_grants.grant(
            call.database, intent, wanted, action, principals
        ),
        question=lambda names, tried: (
            f"grant `{action}` on {names}, to {_whom(tried)} ({grant_words(call, tried)})"
        ),
    )
    _show_grants(call, changed, [*_grant_warnings(changed)])


@command(app, "revoke", changes=True)
def revoke(
    call: Call,
    resource: RESOURCES,
    action: OPTIONAL_ACTION = None,
    users: USERS = None,
    groups: GROUPS = None,
    everyone: EVERYONE = False,
    dangling: Annotated[
        bool, typer.Option("--dangling", help="users and groups that do not exist")
    ] = False,
    yes: YES = False,
) -> None:
    """Take back what a resource grants to users, groups or everyone."""
    principals = _principals(users, groups, everyone)
    if not principals and not dangling:
        raise UsageError(
            "say from whom: `--user USER`, `--group GROUP`, `--everyone` or `--dangling`",
            hint="grantctl resources revoke model:gpt-4o read --group staff",
        )
    if principals and action is None:
        raise UsageError("missing argument `ACTION`", hint="only --dangling alone takes every one")
    changed = change_selected(
        call,
        [resource],
        yes=yes,
        attempt=lambda intent, wanted: operations.access_grants.revoke(
            call.database, intent, wanted, action, principals, dangling=dangling
        ),
        question=lambda names, tried: (
            f"revoke {f'`{action}`' if action else 'every action'} on {names}, "
            f"from {_whom(tried)} ({revoke_words(call, tried)})"
        ),
    )
    _show_grants(call, changed, [*_revoke_warnings(changed, action)])


@command(app, "publish", changes=True)
def publish(call: Call, resource: RESOURCES, yes: YES = False) -> None:
    """Let everyone read a resource; what is granted already stays."""
    changes = change_selected(
        call,
        [resource],
        yes=yes,
        attempt=lambda intent, wanted: operations.access_grants.publish(
            call.database, intent, wanted
        ),
        question=lambda names, tried: f"let everyone read {names} ({publish_words(call, tried)})",
    )
    kept = [str(one.after.ref) for one in changes if one.is_changed and one.after.grant_count]
    warnings = [f"{some(kept)}: restricted as before, and everyone may read"] if kept else []
    _show_access(call, changes, "published", warnings)


@command(app, "restrict", changes=True)
def restrict(
    call: Call,
    resource: RESOURCES,
    private: Annotated[
        bool, typer.Option("--private", help="take every grant away, not only everyone's")
    ] = False,
    yes: YES = False,
) -> None:
    """Take a resource away from everyone; users and groups keep what they are granted."""
    whom = "everybody but its owner" if private else "everyone"
    changes = change_selected(
        call,
        [resource],
        yes=yes,
        attempt=lambda intent, wanted: operations.access_grants.restrict(
            call.database, intent, wanted, private=private
        ),
        question=lambda names, tried: (
            f"take from {whom} {names} ({restrict_words(call, tried, private=private)})"
        ),
    )
    _show_access(call, changes, "restricted", [])


def _principals(users: list[str] | None, groups: list[str] | None, everyone: bool) -> Principals:
    return operations.access_grants.Principals(tuple(users or ()), tuple(groups or ()), everyone)


def _show_grants(call: Call, changed: GrantsChanged, warnings: list[str]) -> None:
    rows = map(grant_row, changed.grants)
    call.show_rows("grant-changes", rows, GRANT_COLUMNS, warnings=warnings)
    call.say_dry_run()


def _show_access(
    call: Call, changes: Sequence[ResourceChange], outcome: str, warnings: list[str]
) -> None:
    rows = (access_row(change, outcome) for change in changes)
    call.show_rows("access-changes", rows, ACCESS_COLUMNS, warnings=warnings)
    call.say_dry_run()


def _whom(changed: GrantsChanged) -> str:
    """The principals for a question: `group ‘staff’, everyone`."""
    grants = dict.fromkeys(
        (one.grant.principal_type, principal_name(one.grant)) for one in changed.grants
    )
    names = [
        name if type_ is PrincipalType.EVERYONE else f"{type_.value} `{name}`"
        for type_, name in grants
    ]
    more = len(names) - MAX_NAMED_PRINCIPALS
    shown = ", ".join(names[:MAX_NAMED_PRINCIPALS]) or "nobody"
    return f"{shown} and {more} more" if more > 0 else shown


def _grant_warnings(changed: GrantsChanged) -> Iterator[str]:
    public = [one for one in changed.resources if one.before.state.value == "public"]
    opened = [str(one.after.ref) for one in public if one.is_changed]
    if opened:
        yield f"{some(opened)}: no more public but restricted, and everyone may still read"
    implied = [str(one.after.ref) for one in public if not one.is_changed]
    if implied:
        yield f"{some(implied)}: public, so everyone may read already"


def _revoke_warnings(changed: GrantsChanged, action: str | None) -> Iterator[str]:
    public = [str(one.after.ref) for one in changed.resources if one.after.state.value == "public"]
    if public:
        yield f"{some(public)}: public, so everyone may read: grantctl resources restrict RESOURCE"
    if changed.still_allowed:
        first, *others = changed.still_allowed
        more = f", and so may {len(others)} more" if others else ""
        yield f"`{first.user}` may still `{action}` `{first.ref}`: {first.reason}{more}"
