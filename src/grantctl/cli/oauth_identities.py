"""`grantctl oauth link` and `unlink`: which user a subject of a provider stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import USER
from grantctl.cli.user_documents import identity_row

if TYPE_CHECKING:
    from grantctl.operations.identities import IdentityChange

app = new_app("Which user a subject of a provider stands for.")

SUBJECT = Annotated[
    str,
    typer.Option(
        "--subject", metavar="TEXT", help="the subject, to the letter", show_default=False
    ),
]
ISSUER = Annotated[
    str | None,
    typer.Option("--issuer", metavar="URL", help="the provider; by default oauth.issuer"),
]


@command(app, "link", changes=True)
def link(call: Call, user: USER, subject: SUBJECT, issuer: ISSUER = None) -> None:
    """Have a subject of the provider stand for a user, who then logs in by it."""
    change = operations.identities.link_identity(
        call.database, call.intent, user, subject=subject, issuer=issuer
    )
    _show(call, change, "linked" if change.is_changed else "unchanged")


@command(app, "unlink", changes=True)
def unlink(call: Call, user: USER, subject: SUBJECT, issuer: ISSUER = None) -> None:
    """Have a subject of the provider stand for a user no more."""
    change = operations.identities.unlink_identity(
        call.database, call.intent, user, subject=subject, issuer=issuer
    )
    _show(call, change, "unlinked")


def _show(call: Call, change: IdentityChange, outcome: str) -> None:
    record = {
        "user": change.user.label,
        "outcome": outcome,
        "issuer": change.issuer,
        "subject": change.subject,
        "identities": [identity_row(one) for one in change.identities],
    }
    call.show_record("identity", record, name_key="user")
    call.say_dry_run()
