"""`grantctl login`: exchange a password for a token that lives shortly."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from grantctl import credentials, operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.passwords import FILE, STDIN, known_password
from grantctl.cli.token_options import SCOPE, show_issued

app = new_app("Exchange a password for a token that lives shortly.")

EMAIL = Annotated[
    str, typer.Argument(metavar="EMAIL", help="the e-mail address", show_default=False)
]


@command(app, "login")
def login(
    call: Call, email: EMAIL, stdin: STDIN = False, file: FILE = None, scope: SCOPE = None
) -> None:
    """Ask for the password of a user and print a token alone, which lives for `login.ttl`. Whatever
    is wrong, it says the same, with exit code 3."""
    password = known_password(whose=email, stdin=stdin, file=file)
    done = operations.logins.login(
        call.database,
        call.intent,
        email,
        password,
        secret=credentials.secret.load_secret(os.environ),
        keys=call.settings.keys_folder,
        scope=scope,
    )
    show_issued(call, done.issued)
