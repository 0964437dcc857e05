"""`grantctl tokens`: issue, verify, list and revoke tokens and API keys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import credentials, operations
from grantctl.cli import api_keys, token_inspection, token_keys, token_revocation
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_user
from grantctl.cli.paging import CURSOR, EVERYTHING, LIMIT, page_request
from grantctl.cli.questions import USER
from grantctl.cli.token_documents import COLUMNS, token_row
from grantctl.cli.token_options import ID, NAME, SCOPE, parse_length, show_issued
from grantctl.config import choices_hint
from grantctl.errors import UsageError
from grantctl.evaluation.token_facts import TokenKind

if TYPE_CHECKING:
    from grantctl.operations.token_rows import TokenState

app = new_app("Issue, verify, list and revoke tokens and API keys; the keys that sign them.")

KINDS = tuple(kind.value for kind in TokenKind)
STATES = ("active", "expired", "revoked")


def complete_kind(incomplete: str) -> list[str]:
    """Kinds of tokens that begin so."""
    return [kind for kind in KINDS if kind.startswith(incomplete)]


def complete_state(incomplete: str) -> list[str]:
    """States of tokens that begin so."""
    return [state for state in STATES if state.startswith(incomplete)]


@command(app, "issue", changes=True)
def issue(
    call: Call,
    user: USER,
    ttl: Annotated[
        str | None,
        typer.Option(
            "--ttl",
            metavar="LENGTH",
            help="how long it lives, e.g. 30m or 4w; by default tokens.default_ttl",
        ),
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(
            "--audience", metavar="NAME", help="whom it is for; by default tokens.audience"
        ),
    ] = None,
    scope: SCOPE = None,
    name: NAME = None,
) -> None:
    """Issue a token (a JWT) for a user, and print it alone: it is kept nowhere."""
    issued = operations.tokens.issue_token(
        call.database,
        call.intent,
        user,
        secret=credentials.secret.load_secret(os.environ),
        keys=call.settings.keys_folder,
        ttl=None if ttl is None else parse_length(ttl, "--ttl"),
        name=name or "",
        scope=scope,
        audience=audience,
    )
    show_issued(call, issued)


@command(app, "list")
def list_(
    call: Call,
    user: Annotated[
        str | None,
        typer.Option(
            "--user", metavar="USER", help="those of this user", autocompletion=complete_user
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="jwt or api_key", autocompletion=complete_kind),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="active, expired or revoked",
            autocompletion=complete_state,
        ),
    ] = None,
    limit: LIMIT = 100,
    everything: EVERYTHING = False,
    cursor: CURSOR = None,
) -> None:
    """List tokens and API keys, in the order of their issue."""
    page = operations.tokens.list_tokens(
        call.database,
        page_request(limit, everything, cursor),
        user=user,
        kind=None if kind is None else _parse_kind(kind),
        state=None if state is None else _parse_state(state),
    )
    call.show_rows("tokens", map(token_row, page.items), COLUMNS, next_cursor=page.next_cursor)


@command(app, "show")
def show(call: Call, token_id: ID) -> None:
    """Show a token or an API key: whose it is, what it is limited to, and what became of it."""
    record = operations.tokens.show_token(call.database, token_id)
    call.show_record("token", token_row(record), name_key="id")


app.add_typer(api_keys.app)
app.add_typer(token_inspection.app)
app.add_typer(token_revocation.app)
app.add_typer(token_keys.app, name="keys")


def _parse_kind(text: str) -> TokenKind:
    if text not in KINDS:
        raise UsageError(f"no kind of token `{text[:40]}`", hint=choices_hint(text, KINDS))
    return TokenKind(text)


def _parse_state(text: str) -> TokenState:
    if text not in STATES:
        raise UsageError(f"no state of a token `{text[:40]}`", hint=choices_hint(text, STATES))
    return operations.tokens.TokenState(text)
