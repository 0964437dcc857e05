"""`grantctl oauth`: logins from an identity provider, tried and carried out."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import operations
from grantctl.cli import oauth_identities
from grantctl.cli.call import Call
from grantctl.cli.claims_reading import (
    CLAIMS,
    ID_TOKEN,
    LINES,
    REQUIRED_ID_TOKEN,
    SAMPLES,
    open_bytes,
    read_claims,
    read_id_token,
)
from grantctl.cli.command import command, new_app
from grantctl.cli.complete import complete_user
from grantctl.cli.oauth_documents import (
    COUNT_COLUMNS,
    LINT_COLUMNS,
    SYNC_COLUMNS,
    count_rows,
    lint_row,
    login_document,
    sync_row,
)
from grantctl.cli.oauth_identities import ISSUER
from grantctl.cli.oauth_trees import login_tree
from grantctl.cli.progress import Progress
from grantctl.cli.questions import wants_words
from grantctl.errors import ExitCode, UsageError
from grantctl.render.tree import write_tree

if TYPE_CHECKING:
    from grantctl.operations.oauth_login import Expected, LoginResult
    from grantctl.operations.oauth_sync import SyncReport

app = new_app("Logins from an identity provider: try them, carry them out, check the settings.")
app.add_typer(oauth_identities.app)

SIMULATION, LOGIN = "oauth-simulation", "oauth-login"
UNVERIFIED = "nobody vouches for this token: without a key set, anybody could have written it"

AUDIENCE = Annotated[
    str | None,
    typer.Option(
        "--audience", metavar="NAME", help="whom the token is for; by default oauth.audience"
    ),
]
JWKS = Annotated[
    str | None,
    typer.Option(
        "--jwks",
        metavar="FILE|URL",
        help="the provider's public keys; by default oauth.jwks",
        show_default=False,
    ),
]
NONCE = Annotated[
    str | None,
    typer.Option(
        "--nonce",
        metavar="TEXT",
        help="that of the login that was begun, which the token must repeat",
        show_default=False,
    ),
]
USER = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="USER",
        help="try the claims on this user, whoever they speak of",
        autocompletion=complete_user,
        show_default=False,
    ),
]


@command(app, "simulate")
def simulate(
    call: Call,
    claims: CLAIMS = None,
    id_token: ID_TOKEN = None,
    user: USER = None,
    issuer: ISSUER = None,
    audience: AUDIENCE = None,
    jwks: JWKS = None,
    nonce: NONCE = None,
) -> ExitCode:
    """Show what a login with these claims would do, and change nothing; exit 3 if it would be
    refused."""
    if (claims is None) is (id_token is None):
        raise UsageError(
            "claims or an ID token", hint="--claims FILE or --id-token FILE, - for stdin"
        )
    expected = _expected(issuer, audience, jwks, nonce)
    if claims is not None:
        if any(one is not None for one in (audience, jwks, nonce)):
            raise UsageError("`--audience`, `--jwks` and `--nonce` go with `--id-token`")
        result = operations.oauth_login.simulate_claims(
            call.database, read_claims(claims), issuer=issuer, named=user
        )
    else:
        result = operations.oauth_login.simulate_token(
            call.database,
            read_id_token(id_token or ""),
            expected,
            named=user,
        )
    return _show(call, result, SIMULATION, is_done=False)


@command(app, "login", changes=True)
def login(
    call: Call,
    id_token: REQUIRED_ID_TOKEN,
    issuer: ISSUER = None,
    audience: AUDIENCE = None,
    jwks: JWKS = None,
    nonce: NONCE = None,
) -> ExitCode:
    """Verify an ID token and log its holder in: make or update the user, the role and the
    memberships, as the settings say; exit 3 if it is refused."""
    expected = _expected(issuer, audience, jwks, nonce)
    result = operations.oauth_login.login(
        call.database, call.intent, read_id_token(id_token), expected
    )
    code = _show(call, result, LOGIN, is_done=not call.is_dry_run)
    call.say_dry_run()
    return code


@command(app, "sync", changes=True)
def sync(call: Call, file: LINES, issuer: ISSUER = None) -> ExitCode:
    """Make or update a user for each line of claims, as if everybody logged in now; all of them,
    but for those who are refused, or none."""
    with ExitStack() as stack:
        stream = open_bytes(file, stack)
        lines = stack.enter_context(operations.claims_files.open_claims_lines(stream))
        progress = stack.enter_context(Progress())
        report = operations.oauth_sync.sync(
            call.database,
            call.intent,
            lines,
            issuer=issuer,
            keep_rows=not wants_words(call),
            progress=lambda done: progress.tell("done", done),
        )
    if wants_words(call):
        call.show_rows("oauth-sync", count_rows(report), COUNT_COLUMNS)
        _tell_refused(call, report)
    else:
        call.show_rows("oauth-sync", map(sync_row, report.rows), SYNC_COLUMNS)
    call.say_dry_run()
    return ExitCode.PARTIAL if report.refused_count else ExitCode.OK


@command(app, "lint")
def lint(call: Call, claims: SAMPLES = None) -> ExitCode:
    """Look for what is amiss in the settings about the identity provider; exit 3 if something is.

    With samples of claims, also for what they show."""
    with ExitStack() as stack:
        samples = []
        if claims is not None:
            stream = open_bytes(claims, stack)
            lines = stack.enter_context(operations.claims_files.open_claims_lines(stream))
            samples = [found for _, found in lines]
        report = operations.oauth_lint_samples.lint(call.database, samples)
    call.show_rows("oauth-lint", map(lint_row, report.findings), LINT_COLUMNS)
    if not report.findings:
        call.say("nothing is amiss" if report.is_configured else "no identity provider is set up")
    return ExitCode.NO if report.findings else ExitCode.OK


def _expected(
    issuer: str | None, audience: str | None, jwks: str | None, nonce: str | None
) -> Expected:
    """What the options say of the token. One that is empty, as by a script's unset variable, must
    not mean the setting in silence.
    """
    given = {"--issuer": issuer, "--audience": audience, "--jwks": jwks, "--nonce": nonce}
    for option, value in given.items():
        if value == "":
            raise UsageError(f"`{option}` is empty", hint="leave it out to use the setting")
    return operations.oauth_login.Expected(issuer, audience, jwks, nonce)


def _show(call: Call, result: LoginResult, noun: str, *, is_done: bool) -> ExitCode:
    plan = result.plan
    warnings = [UNVERIFIED] if result.is_verified is False and plan is not None else []
    warnings += [*result.warnings, *(plan.warnings if plan is not None else ())]
    if not wants_words(call):
        call.show_record(noun, login_document(result), name_key="outcome", warnings=warnings)
    elif plan is not None:
        notes = () if noun == LOGIN else result.key_notes
        tree = login_tree(plan, warnings=warnings, notes=notes, is_done=is_done)
        write_tree(sys.stdout, tree, call.style)
        if plan.refusal is not None and plan.refusal.hint:
            call.hint(plan.refusal.hint)
    elif result.refusal is not None:
        call.say_plainly(f"invalid: {result.refusal.message}")
    return ExitCode.NO if result.is_refused else ExitCode.OK


def _tell_refused(call: Call, report: SyncReport) -> None:
    for row in report.rows:
        if row.refusal is not None:
            call.warn(f"line {row.line}: {row.refusal.message}")
    more = report.refused_count - len(report.rows)
    if more > 0:
        call.warn(f"{more} more are refused: -o ndjson tells all")
