"""`grantctl whoami`: whom a token stands for; without one, as whom changes are recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import wants_words
from grantctl.cli.token_reading import TOKEN, TOKEN_FILE, is_token_given, read_token
from grantctl.cli.token_verdicts import introspect, judge_token, verdict_words
from grantctl.errors import ExitCode
from grantctl.evaluation.rules import held_groups
from grantctl.store.masked_url import mask_password

if TYPE_CHECKING:
    from grantctl.evaluation.decision import HeldGroup
    from grantctl.operations.authentication import TokenVerdict

app = new_app("Whom a token stands for; without one, as whom changes are recorded.")


@command(app, "whoami")
def whoami(call: Call, token: TOKEN = None, token_file: TOKEN_FILE = None) -> ExitCode:
    """Say who holds a token, with role, groups, scope and expiry; exit 3 if it is not accepted.
    Without a token, say as whom this process changes which database."""
    if not is_token_given(token, token_file):
        _show_actor(call)
        return ExitCode.OK
    text, now = read_token(token, token_file, option="--token-file"), datetime.now(UTC)
    held: tuple[HeldGroup, ...] = ()
    with call.database.reader() as reader:
        verdict = judge_token(reader, text, now=now)
        if verdict.user is not None:
            held = held_groups(reader.access_facts(verdict.user.id), now)
    if not verdict.is_active and wants_words(call):
        call.say_plainly(verdict_words(verdict))
        return ExitCode.NO
    call.show_record("whoami", _record(verdict, held), name_key="user")
    return ExitCode.OK if verdict.is_active else ExitCode.NO


def _show_actor(call: Call) -> None:
    setting = call.settings.database
    actor = call.settings.actor
    record = {
        "actor": call.actor,
        "actor_from": actor.origin if actor.value else "the operating system",
        "database": mask_password(setting.value),
        "database_from": setting.origin,
    }
    call.show_record("actor", record, name_key="actor")


def _record(verdict: TokenVerdict, held: tuple[HeldGroup, ...]) -> dict[str, object]:
    """The holder and its token; the same members where it is refused, with nothing in them."""
    found, user = introspect(verdict), verdict.user
    return {
        "user": user.label if user else None,
        "id": user.id if user else None,
        "name": user.name if user else None,
        "role": user.role.value if user else None,
        "groups": [one.group.name for one in held],
        "active": found["active"],
        "reason": found["reason"],
        "message": found["message"],
        "kind": found.get("kind"),
        "token": found.get("jti"),
        "token_name": found.get("name"),
        "scope": found.get("scope"),
        "issued_at": _moment(found.get("iat")),
        "expires_at": _moment(found.get("exp")),
    }


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
