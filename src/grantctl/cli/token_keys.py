"""`grantctl tokens keys`: the keys that sign tokens; made, replaced, ended, and handed out."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from grantctl import credentials, operations
from grantctl.cli import secrets
from grantctl.cli.assigning import YES
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.config import choices_hint
from grantctl.errors import UsageError
from grantctl.render.columns import Column
from grantctl.render.json_text import indented_json

if TYPE_CHECKING:
    from grantctl.evaluation.token_facts import SigningKeyFacts

app = new_app("The keys that sign tokens.")

HMAC = "HS256"
ALGORITHMS = ("EdDSA", "ES256", "RS256", HMAC)
SECRET_VARIABLE = "GRANTCTL_SECRET_KEY_FILE"  # noqa: S105  # a variable's name
COLUMNS = (
    Column("kid", "Key", is_name=True),
    Column("algorithm", "Algorithm"),
    Column("state", "State"),
    Column("created_at", "Created"),
    Column("ended_at", "Ended"),
    Column("created_by", "Created by", is_extra=True),
)


def complete_algorithm(incomplete: str) -> list[str]:
    """The algorithms that begin so."""
    return [one for one in ALGORITHMS if one.lower().startswith(incomplete.lower())]


ALGORITHM = Annotated[
    str | None,
    typer.Option(
        "--algorithm",
        metavar="NAME",
        help="EdDSA (the default), ES256, RS256 or, for a shared secret, HS256",
        autocompletion=complete_algorithm,
        show_default=False,
    ),
]
ROTATED_ALGORITHM = Annotated[
    str | None,
    typer.Option(
        "--algorithm",
        metavar="NAME",
        help="EdDSA, ES256 or RS256; by default that of the active key",
        autocompletion=complete_algorithm,
        show_default=False,
    ),
]
KID = Annotated[
    str, typer.Argument(metavar="KID", help="the id of the key, see `list`", show_default=False)
]


@command(app, "list")
def list_(call: Call) -> None:
    """List the signing keys, the newest first: one is active, passive ones still verify."""
    call.show_rows(
        "signing-keys", map(_row, operations.signing_keys.list_keys(call.database)), COLUMNS
    )


@command(app, "generate", changes=True)
def generate(
    call: Call,
    algorithm: ALGORITHM = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FILE", help="of HS256, the new file for the secret"),
    ] = None,
    activate: Annotated[bool, typer.Option("--activate", help="sign with it from now on")] = False,
) -> None:
    """Make a signing key; it signs where no other one does, or with --activate. For HS256, make a
    secret in a new file of mode 600."""
    chosen = _parse_algorithm(algorithm or ALGORITHMS[0])
    if chosen == HMAC:
        if activate:
            raise UsageError("`--activate` goes with a signing key, not with a secret")
        _generate_secret(call, to)
        return
    if to is not None:
        raise UsageError(
            "`--to` goes with `--algorithm HS256`: other keys go to the keys folder",
            hint="another folder? GRANTCTL_KEYS=PATH",
        )
    key = operations.signing_keys.generate_key(
        call.database,
        call.intent,
        keys=call.settings.keys_folder,
        algorithm=chosen,
        activate=activate,
    )
    _show(call, key)


@command(app, "rotate", changes=True)
def rotate(call: Call, algorithm: ROTATED_ALGORITHM = None) -> None:
    """Sign with a new key from now on; what the one before signed still verifies."""
    chosen = None if algorithm is None else _parse_algorithm(algorithm, asymmetric=True)
    key = operations.signing_keys.rotate_key(
        call.database, call.intent, keys=call.settings.keys_folder, algorithm=chosen
    )
    _show(call, key)


@command(app, "retire", changes=True)
def retire(call: Call, kid: KID) -> None:
    """Let a passive key verify no more: the tokens that it signed are refused."""
    _show(call, operations.signing_keys.retire_key(call.database, call.intent, kid))


@command(app, "revoke", changes=True)
def revoke(call: Call, kid: KID, yes: YES = False) -> None:
    """Refuse all that a key signed, for ever. If it is the active one, a new one signs instead."""
    attempt = partial(operations.signing_keys.revoke_key, call.database)
    keys = call.settings.keys_folder
    if not yes and not call.is_dry_run:
        attempt(replace(call.intent, dry_run=True), kid, keys=keys)
        call.confirm(f"refuse every token that the key `{kid}` signed", is_confirmed=False)
    revoked, replacement = attempt(call.intent, kid, keys=keys)
    rows = [_row(one) for one in (revoked, replacement) if one is not None]
    call.show_rows("signing-keys", rows, COLUMNS)
    call.say_dry_run()


@command(app, "export")
def export(call: Call) -> None:
    """Print the public parts of the keys that verify, as a JWK Set (RFC 7517)."""
    print(indented_json(operations.signing_keys.export_keys(call.database), sys.stdout))


def _generate_secret(call: Call, to: str | None) -> None:
    if to is None:
        raise UsageError(
            "`--algorithm HS256` makes a secret, which needs a file: `--to FILE`",
            hint="grantctl tokens keys generate --algorithm HS256 --to FILE",
        )
    if not call.is_dry_run:
        secrets.write_private_file(to, credentials.secret.make_secret(), "secret")
    record = {"file": to, "variable": SECRET_VARIABLE, "algorithm": HMAC}
    call.show_record("secret-file", record, name_key="file")
    call.hint(f"to use it: export {SECRET_VARIABLE}={quote(to)}")
    call.say_dry_run()


def _parse_algorithm(text: str, *, asymmetric: bool = False) -> str:
    known = ALGORITHMS[:-1] if asymmetric else ALGORITHMS
    for one in known:
        if text.lower() == one.lower():
            return one
    raise UsageError(f"no algorithm `{text[:40]}`", hint=choices_hint(text, known))


def _show(call: Call, key: SigningKeyFacts) -> None:
    call.show_record("signing-key", _row(key), name_key="kid")
    call.say_dry_run()


def _row(key: SigningKeyFacts) -> dict[str, object]:
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": key.state.value,
        "created_at": key.created_at,
        "ended_at": key.ended_at,
        "created_by": key.created_by,
    }
