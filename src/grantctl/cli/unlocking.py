"""`grantctl users unlock`: forget failed logins, so that a locked address may try again."""

from __future__ import annotations

from grantctl import operations
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import USER

app = new_app("Forget failed logins.")


@command(app, "unlock", changes=True)
def unlock(call: Call, user: USER) -> None:
    """Forget a user's failed logins, or those of an address that nobody has."""
    had_failures = operations.logins.clear_failures(call.database, call.intent, user)
    outcome = "unlocked" if had_failures else "unchanged"
    call.show_record("user-unlocked", {"user": user, "outcome": outcome}, name_key="user")
    call.say_dry_run()
