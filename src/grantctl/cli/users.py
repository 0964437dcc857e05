"""`grantctl users`: list, make, change, approve, suspend and delete users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import unlocking, user_transfer
from grantctl.cli.assigning import (
    ADMIN_MEANING,
    MAX_LISTED,
    ROLE,
    YES,
    assign,
    show_changes,
)
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_group, complete_role, complete_user
from grantctl.cli.named_users import STDIN as USERS_STDIN
from grantctl.cli.named_users import USERS, named_users
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.cli.passwords import FILE, PROMPT, STDIN, optional_password, required_password
from grantctl.cli.questions import USER
from grantctl.cli.user_documents import (
    COLUMNS,
    DELETED_COLUMNS,
    deleted_row,
    name_key,
    user_document,
    user_row,
)
from grantctl.cli.wording import amount
from grantctl.errors import UsageError
from grantctl.model import Role, normalize_email, parse_role

if TYPE_CHECKING:
    from grantctl.operations.user_rows import UserDetail
    from grantctl.operations.users import CreatedUser, DeletedUser

app = new_app("List, make, change, approve, suspend and delete users.")

ROLE_OPTION = Annotated[
    str | None,
    typer.Option(
        "--role",
        metavar="ROLE",
        help="admin, user or pending",
        autocompletion=complete_role,
        show_default=False,
    ),
]
EMAIL = Annotated[str, typer.Argument(metavar="EMAIL", help="the e-mail address, lower-cased")]
NEW_EMAIL = Annotated[str | None, typer.Option("--email", metavar="EMAIL", help="the new address")]
NAME = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="the name that is shown", show_default=False),
]
REASSIGN_TO = Annotated[
    str | None,
    typer.Option(
        "--reassign-to",
        metavar="USER",
        help="who shall own what they own",
        autocompletion=complete_user,
    ),
]
ORPHAN = Annotated[bool, typer.Option("--orphan", help="nobody shall own what they own")]


@command(app, "list")
def list_(
    call: Call,
    role: ROLE_OPTION = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="GROUP",
            help="direct members of this group",
            autocompletion=complete_group,
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="in e-mail or name")
    ] = None,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """List users, in the order of their making."""
    page = operations.users.list_users(
        call.database,
        page_request(limit, everything, cursor),
        role=None if role is None else parse_role(role),
        group=group,
        text=text,
    )
    call.show_rows("users", map(user_row, page.items), COLUMNS, next_cursor=page.next_cursor)


@command(app, "show")
def show(call: Call, user: USER) -> None:
    """Show a user, and the groups that it is in directly."""
    _show(call, operations.users.show_user(call.database, user, now=datetime.now(UTC)))


@command(app, "create", changes=True)
def create(
    call: Call,
    email: EMAIL,
    name: NAME = None,
    role: ROLE_OPTION = None,
    prompt: PROMPT = False,
    stdin: STDIN = False,
    file: FILE = None,
    yes: YES = False,
) -> None:
    """Make a user; the first one becomes admin. Without a password unless one is handed over."""
    email, given = normalize_email(email), None if role is None else parse_role(role)
    if given is Role.ADMIN:
        call.confirm(f"{ADMIN_MEANING} `{email}`", is_confirmed=yes)
    created = operations.users.create_user(
        call.database,
        call.intent,
        email=email,
        name=name,
        role=given,
        password=optional_password(whose=email, prompt=prompt, stdin=stdin, file=file),
    )
    call.show_record(
        "user",
        user_document(created.user),
        name_key=name_key(created.user),
        warnings=_first_user_warnings(created, given),
    )
    call.say_dry_run()


@command(app, "update", changes=True)
def update(call: Call, user: USER, email: NEW_EMAIL = None, name: NAME = None) -> None:
    """Change a user's e-mail address or name."""
    if email is None and name is None:
        raise UsageError("nothing to change", hint="--email EMAIL or --name NAME")
    detail = operations.users.update_user(call.database, call.intent, user, email=email, name=name)
    _show(call, detail)
    call.say_dry_run()


@command(app, "approve", changes=True)
def approve(call: Call, users: USERS = None, stdin: USERS_STDIN = False) -> None:
    """Let pending users in, with the role user; who has another role keeps it."""
    names = named_users(users, stdin=stdin)
    show_changes(call, operations.roles.approve_users(call.database, call.intent, names))


@command(app, "suspend", changes=True)
def suspend(call: Call, users: USERS = None, stdin: USERS_STDIN = False) -> None:
    """Shut users out by the role pending; all of them or none."""
    assign(call, named_users(users, stdin=stdin), Role.PENDING, yes=True)
    call.hint("who is pending is denied everything, until: grantctl users approve USER")


@command(app, "set-role", changes=True)
def set_role(call: Call, user: USER, role: ROLE, yes: YES = False) -> None:
    """Give a user a role."""
    assign(call, [user], role, yes=yes)


@command(app, "set-password", changes=True)
def set_password(
    call: Call,
    user: USER,
    prompt: PROMPT = False,
    stdin: STDIN = False,
    file: FILE = None,
) -> None:
    """Give a user a password: from a prompt, stdin or a file, never as an argument."""
    found = operations.users.show_user(call.database, user, now=datetime.now(UTC)).user
    password = required_password(whose=found.label, prompt=prompt, stdin=stdin, file=file)
    detail = operations.users.set_password(call.database, call.intent, found.id, password)
    _show(call, detail)
    call.say_dry_run()


@command(app, "delete", changes=True)
def delete(
    call: Call,
    users: USERS = None,
    stdin: USERS_STDIN = False,
    reassign_to: REASSIGN_TO = None,
    orphan: ORPHAN = False,
    yes: YES = False,
) -> None:
    """Delete users with their memberships and grants; all of them or none."""
    if orphan and reassign_to is not None:
        raise UsageError("say one of the two: `--reassign-to USER` or `--orphan`")
    names: Sequence[str] = named_users(users, stdin=stdin)
    attempt = partial(
        operations.users.delete_users, call.database, reassign_to=reassign_to, orphan=orphan
    )
    if not yes and not call.is_dry_run:
        planned = attempt(replace(call.intent, dry_run=True), names)
        call.confirm(_deletion_question(planned), is_confirmed=False)
        names = [one.user.id for one in planned]  # what was confirmed, whoever has the names by now
    deleted = attempt(call.intent, names)
    call.show_rows("users-deleted", map(deleted_row, deleted), DELETED_COLUMNS)
    call.say_dry_run()


app.add_typer(user_transfer.app)
app.add_typer(unlocking.app)


def _deletion_question(planned: Sequence[DeletedUser]) -> str:
    parts = [f"`{one.user.label}` with {_belongings([one])}" for one in planned[:MAX_LISTED]]
    rest = planned[MAX_LISTED:]
    if rest:
        parts.append(f"{len(rest)} more with {_belongings(rest)}")
    question = f"delete {', '.join(parts)}"
    owned = sum(len(one.owned) for one in planned)
    if not owned:
        return question
    heir = next(filter(None, (one.new_owner for one in planned)), None)
    if heir is None:
        return f"{question}, leaving {amount(owned, 'resource')} without an owner"
    return f"{question}, handing {amount(owned, 'resource')} over to `{heir.label}`"


def _belongings(deleted: Sequence[DeletedUser]) -> str:
    memberships = amount(sum(one.membership_count for one in deleted), "membership")
    return f"{memberships} and {amount(sum(len(one.grants) for one in deleted), 'grant')}"


def _first_user_warnings(created: CreatedUser, asked: Role | None) -> list[str]:
    if not created.is_first:
        return []
    instead = "" if asked in (None, Role.ADMIN) else f", not `{asked}`"
    return [f"`{created.user.label}` is the first user, so it became `admin`{instead}"]


def _show(call: Call, detail: UserDetail) -> None:
    document = user_document(detail.user, detail.memberships, detail.identities)
    call.show_record("user", document, name_key=name_key(detail.user))
