"""`grantctl resources`: resources, their owners, and who may read or write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import access_grants, resource_deletion, resource_transfer
from grantctl.cli.bulk_changes import RESOURCES, YES, change_selected
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_resource, complete_resource_type, complete_user
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.cli.resource_documents import (
    COLUMNS,
    OWNER_COLUMNS,
    change_document,
    owner_row,
    resource_document,
    resource_row,
)
from grantctl.cli.wording import some
from grantctl.config import choices_hint
from grantctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grantctl.evaluation.access_decision import AccessState
    from grantctl.operations.resources import ResourceChange

app = new_app("Resources, their owners, and who may read or write them.")

STATES = ("public", "private", "restricted")


def complete_state(incomplete: str) -> list[str]:
    """What a resource's access may be, of those that begin so."""
    return [state for state in STATES if state.startswith(incomplete)]


RESOURCE = Annotated[
    str,
    typer.Argument(
        metavar="TYPE:ID",
        help="e.g. model:gpt-4o",
        autocompletion=complete_resource,
        show_default=False,
    ),
]
NAME = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="the name that is shown", show_default=False),
]
OWNER = Annotated[
    str | None,
    typer.Option("--owner", metavar="USER", help="whose it is", autocompletion=complete_user),
]
BASE = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="TYPE:ID",
        help="what it is made of, e.g. a preset's model",
        autocompletion=complete_resource,
    ),
]


@command(app, "list")
def list_(
    call: Call,
    type: Annotated[
        str | None,
        typer.Option(
            "--type", metavar="TYPE", help="of this type", autocompletion=complete_resource_type
        ),
    ] = None,
    owner: OWNER = None,
    access: Annotated[
        str | None,
        typer.Option(
            "--access",
            metavar="ACCESS",
            help="public, private or restricted",
            autocompletion=complete_state,
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="in id or name")
    ] = None,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """List resources: whose they are, and whether they are public, private or restricted."""
    page = operations.resources.list_resources(
        call.database,
        page_request(limit, everything, cursor),
        type=type,
        owner=owner,
        state=None if access is None else _parse_state(access),
        text=text,
    )
    rows = map(resource_row, page.items)
    call.show_rows("resources", rows, COLUMNS, next_cursor=page.next_cursor)


@command(app, "show")
def show(call: Call, resource: RESOURCE) -> None:
    """Show a resource: its owner, its base, every grant, and what is made of it."""
    detail = operations.resources.show_resource(call.database, resource)
    call.show_record("resource", resource_document(detail), name_key="resource")


@command(app, "create", changes=True)
def create(
    call: Call,
    resource: RESOURCE,
    name: NAME = None,
    owner: OWNER = None,
    base: BASE = None,
    public: Annotated[bool, typer.Option("--public", help="everyone may read it")] = False,
) -> None:
    """Make a resource; it is private until it is granted or published."""
    made = operations.resources.create_resource(
        call.database,
        call.intent,
        resource,
        name=name,
        owner=owner,
        base=base,
        is_public=public,
    )
    warnings = []
    if made.resolved:
        names = some([str(ref) for ref in made.resolved])
        warnings.append(f"{names} had no base, and got it back: `{made.resource.ref}`")
    document = change_document("created", made.resource)
    call.show_record("resource-change", document, name_key="resource", warnings=warnings)
    call.say_dry_run()


@command(app, "update", changes=True)
def update(
    call: Call,
    resource: RESOURCE,
    name: NAME = None,
    base: BASE = None,
    no_base: Annotated[bool, typer.Option("--no-base", help="it is made of nothing else")] = False,
) -> None:
    """Change a resource's name, or what it is made of."""
    if name is None and base is None and not no_base:
        raise UsageError("nothing to change", hint="--name NAME, --base TYPE:ID or --no-base")
    if base is not None and no_base:
        raise UsageError("say one of the two: `--base TYPE:ID` or `--no-base`")
    changed = operations.resources.update_resource(
        call.database, call.intent, resource, name=name, base=base, no_base=no_base
    )
    outcome = "updated" if changed.is_changed else "unchanged"
    document = change_document(outcome, changed.after)
    call.show_record("resource-change", document, name_key="resource")
    call.say_dry_run()


@command(app, "set-owner", changes=True)
def set_owner(
    call: Call,
    resource: RESOURCES,
    user: Annotated[
        str | None,
        typer.Argument(
            metavar="USER",
            help="id, e-mail or unique name",
            autocompletion=complete_user,
            show_default=False,
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="nobody owns it")] = False,
    yes: YES = False,
) -> None:
    """Say whose a resource is; the owner may do everything with it."""
    if (user is None) != none:
        raise UsageError("say whose: `USER` or `--none`, and not both")
    changes = change_selected(
        call,
        [resource],
        yes=yes,
        attempt=lambda intent, wanted: operations.resources.set_owner(
            call.database, intent, wanted, user
        ),
        question=_owner_question,
    )
    call.show_rows("resource-owners", map(owner_row, changes), OWNER_COLUMNS)
    call.say_dry_run()


app.add_typer(resource_deletion.app)
app.add_typer(access_grants.app)
app.add_typer(resource_transfer.app)


def _parse_state(text: str) -> AccessState:
    if text not in STATES:
        raise UsageError(f"no access `{text[:80]}`", hint=choices_hint(text, STATES))
    return operations.resources.AccessState(text)


def _owner_question(resources: str, changes: Sequence[ResourceChange]) -> str:
    owner = changes[0].after.owner
    return f"let {'nobody' if owner is None else f'`{owner}`'} own {resources}"
