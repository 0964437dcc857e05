"""`grantctl tokens verify` and `inspect`: what a token is worth, and what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grantctl import credentials
from grantctl.cli.call import Call
from grantctl.cli.command import command, new_app
from grantctl.cli.questions import wants_words
from grantctl.cli.token_reading import FILE, SOURCE, read_token
from grantctl.cli.token_verdicts import introspection_record, judge_token, verdict_words
from grantctl.errors import DatabaseError, ExitCode, GrantctlError

if TYPE_CHECKING:
    from grantctl.credentials.inspection import Inspection
    from grantctl.operations.authentication import TokenVerdict

app = new_app("What a token is worth, and what it says of itself.")

UNVERIFIED = "UNVERIFIED: this is what the token says of itself, and nobody vouches for it"


@command(app, "verify")
def verify(call: Call, source: SOURCE = None, file: FILE = None) -> ExitCode:
    """Whether a JWT or an API key is accepted, from stdin, a file or a prompt: exit 0 or 3."""
    text = read_token(source, file)
    with call.database.reader() as reader:
        verdict = judge_token(reader, text, now=datetime.now(UTC))
    if wants_words(call):
        call.say_plainly(verdict_words(verdict))
    else:
        record = introspection_record(verdict, call.style)
        call.show_record("introspection", record, name_key="active")
    return ExitCode.OK if verdict.is_active else ExitCode.NO


@command(app, "inspect")
def inspect_(call: Call, source: SOURCE = None, file: FILE = None) -> ExitCode:
    """Decode a token without vouching for it, and say why it would be refused; exit 3 where there
    is nothing to decode."""
    text = read_token(source, file)
    found = credentials.inspection.inspect(text)
    record = {
        "verified": False,
        "kind": found["kind"],
        "header": found["header"],
        "claims": found["claims"],
        **_judgement(call, text, found),
    }
    if wants_words(call):
        call.say_plainly(UNVERIFIED)
        del record["verified"]
    call.show_record("token-inspection", record, name_key="kind")
    is_nothing = found["kind"] == "other" and not (found["header"] or found["claims"])
    return ExitCode.NO if is_nothing else ExitCode.OK


def _judgement(call: Call, text: str, found: Inspection) -> dict[str, object]:
    """Whether it would be accepted, and why not: by its form, else by what the database says.

    `accepted` is None where neither is known.
    """
    if found["would_fail"] is not None:
        return {"accepted": False, "reason": found["would_fail"].value, "message": found["message"]}
    try:
        verdict = _verdict(call, text)
    except GrantctlError as error:
        problem = "the database was not asked" if isinstance(error, DatabaseError) else "not judged"
        return {"accepted": None, "reason": None, "message": f"{problem}: {error.message}"}
    message = verdict.refusal.message if verdict.refusal else "it is valid"
    return {"accepted": verdict.is_active, "reason": verdict.reason.value, "message": message}


def _verdict(call: Call, text: str) -> TokenVerdict:
    with call.database.reader() as reader:
        return judge_token(reader, text, now=datetime.now(UTC))
