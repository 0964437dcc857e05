"""`grantctl tokens revoke` and `prune`: ending tokens, and forgetting those that ended long ago."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import credentials, operations
from grantctl.cli.assigning import YES
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_user
from grantctl.cli.leaked_text import read_leaked
from grantctl.cli.token_options import parse_length
from grantctl.cli.token_reading import read_token
from grantctl.cli.wording import amount
from grantctl.errors import NotFoundError, UsageError
from grantctl.render.columns import Column
from grantctl.render.masking import looks_like_credential

if TYPE_CHECKING:
    from grantctl.operations.tokens import RevokedToken

app = new_app("Ending tokens.")

COLUMNS = (
    Column("id", "Id", is_name=True),
    Column("kind", "Kind"),
    Column("name", "Name"),
    Column("outcome", "Outcome"),
    Column("user_id", "User id", is_extra=True),
    Column("hint", "Begins with", is_extra=True),
    Column("revoked_at", "Revoked", is_extra=True),
    Column("revoked_by", "Revoked by", is_extra=True),
    Column("revoke_reason", "Why", is_extra=True),
)
MAX_IDS = 10_000
WAYS = "say which: ids, `--token -`, `--leaked FILE` or `--all-of USER`"


@command(app, "revoke", changes=True)
def revoke(
    call: Call,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="ids of tokens and API keys")
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="only if the tokens of these ids are this user's",
            autocompletion=complete_user,
        ),
    ] = None,
    all_of: Annotated[
        str | None,
        typer.Option(
            "--all-of",
            metavar="USER",
            help="every token and API key of this user",
            autocompletion=complete_user,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="-", help="the token that stdin holds: always `-`"),
    ] = None,
    leaked: Annotated[
        str | None,
        typer.Option(
            "--leaked",
            metavar="FILE",
            help="every token and API key in a text, e.g. a log; - for stdin",
        ),
    ] = None,
    yes: YES = False,
) -> None:
    """Revoke tokens and API keys for good; all of them or none. Revoking twice is no error."""
    if sum((bool(ids), all_of is not None, token is not None, leaked is not None)) != 1:
        raise UsageError(
            WAYS if not ids else f"one way at a time; {WAYS}", hint="grantctl tokens revoke --help"
        )
    if user is not None and not ids:
        raise UsageError(
            "`--user` goes with ids, which must be that user's",
            hint="for every token of a user: --all-of USER",
        )
    if all_of is not None:
        _revoke_all(call, all_of, yes=yes)
    elif leaked is not None:
        _revoke_leaked(call, leaked)
    elif token is not None:
        text = read_token(token, None)
        _show(call, [_revoke_text(call, text)])
    else:
        wanted = _named(call, ids or [], user)
        _show(call, operations.tokens.revoke_tokens(call.database, call.intent, wanted))


@command(app, "prune", changes=True)
def prune(
    call: Call,
    before: Annotated[
        str,
        typer.Option("--before", metavar="LENGTH", help="those that expired longer ago than this"),
    ] = "30d",
) -> None:
    """Forget tokens that expired long ago. One that never expires is never forgotten."""
    count = operations.tokens.prune_tokens(
        call.database, call.intent, older_than=parse_length(before, "--before")
    )
    call.show_record("tokens-pruned", {"count": count}, name_key="count")
    call.say_dry_run()


def _revoke_text(call: Call, text: str) -> RevokedToken:
    """Revoke the token of that text; the secret vouches for sessions of Open WebUI."""
    is_api_key = credentials.api_keys.looks_like_api_key(text)
    secret = None if is_api_key else credentials.secret.load_secret(os.environ)
    return operations.tokens.revoke_text(call.database, call.intent, text, secret=secret)


def _revoke_all(call: Call, user: str, *, yes: bool) -> None:
    if not yes and not call.is_dry_run:
        tried = replace(call.intent, dry_run=True)
        planned = operations.tokens.revoke_all(call.database, tried, user)
        many = amount(planned.count, "token")
        call.confirm(
            f"revoke every token and API key of `{planned.user}` ({many} in force)",
            is_confirmed=False,
        )
    done = operations.tokens.revoke_all(call.database, call.intent, user)
    record = {"user": done.user, "count": done.count, "revoked_at": done.revoked_at}
    call.show_record("user-tokens-revoked", record, name_key="user")
    call.say_dry_run()


def _revoke_leaked(call: Call, source: str) -> None:
    report = operations.tokens.revoke_leaked(call.database, call.intent, read_leaked(source))
    warnings = []
    if report.unknown_count:
        count = report.unknown_count
        are = "one in the text is" if count == 1 else f"{count} in the text are"
        warnings.append(f"{are} not known here")
    _show(call, report.tokens, warnings)


def _named(call: Call, ids: Sequence[str], user: str | None) -> list[str]:
    """The ids, if they may all be meant. Raises NotFoundError for one of another user."""
    if any(map(looks_like_credential, ids)):
        raise UsageError(
            "a token is never taken from the command line, where others may see it",
            hint="`--token -` reads it from stdin",
        )
    if len(ids) > MAX_IDS:
        raise UsageError(f"one command takes {MAX_IDS} ids at most", hint="split the list")
    if user is not None:
        owner = operations.users.show_user(call.database, user, now=datetime.now(UTC)).user
        for one in ids:
            if operations.tokens.show_token(call.database, one).token.user_id != owner.id:
                raise NotFoundError(
                    f"`{owner.label}` has no token `{one}`",
                    hint=f"grantctl tokens list --user {quote(owner.label)}",
                )
    return list(ids)


def _show(call: Call, revoked: Iterable[RevokedToken], warnings: Sequence[str] = ()) -> None:
    call.show_rows("revoked-tokens", map(_row, revoked), COLUMNS, warnings=warnings)
    call.say_dry_run()


def _row(revoked: RevokedToken) -> dict[str, object]:
    token = revoked.token
    return {
        "id": token.id,
        "kind": token.kind.value,
        "name": token.name or None,
        "outcome": "unchanged" if revoked.was_revoked else "revoked",
        "user_id": token.user_id,
        "hint": token.hint,
        "revoked_at": token.revoked_at,
        "revoked_by": token.revoked_by,
        "revoke_reason": token.revoke_reason,
    }
