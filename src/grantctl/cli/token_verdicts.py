"""What a token comes to, for the operator's own terminal.

Owns where the secret of HS256 tokens is looked for, and that a question marks no token as used.
Leaves the verdict to `operations.authentication`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from grantctl import credentials, operations
from grantctl.render.style import Format, Style

if TYPE_CHECKING:
    from grantctl.operations.authentication import TokenVerdict
    from grantctl.store.reader import Reader

KINDS = {
    "jwt": "an access token",
    "api_key": "an API key",
    "openwebui": "a session token of Open WebUI",
}

MEMBERS = (
    *("active", "sub", "username", "scope", "token_type", "kind", "iss", "aud", "iat", "nbf"),
    *("exp", "jti", "name", "reason", "message"),
)


def judge_token(reader: Reader, text: str, *, now: datetime) -> TokenVerdict:
    """The verdict on a JWT or an API key.

    Raises DatabaseError; InvalidError and GuardError for a secret that may not be used.
    """
    is_api_key = credentials.api_keys.looks_like_api_key(text)
    secret = None if is_api_key else credentials.secret.load_secret(os.environ)
    return operations.authentication.authenticate(reader, text, secret=secret, now=now)


def introspect(verdict: TokenVerdict) -> dict[str, Any]:  # Any: JSON
    """The verdict in the words of RFC 7662, with the reason and its message."""
    return operations.authentication.introspection(verdict, full=True)


def introspection_record(verdict: TokenVerdict, style: Style) -> dict[str, Any]:
    """The same for printing: where fields are chosen or stand in columns, those that a refused
    token has not are there with nothing in them, so that no field is missing on some days.
    """
    found = introspect(verdict)
    is_open = style.format in (Format.JSON, Format.YAML, Format.NDJSON) and not style.fields
    return found if is_open else {**dict.fromkeys(MEMBERS), **found}


def verdict_words(verdict: TokenVerdict) -> str:
    """The verdict in a line: `valid: …`, with whom the token stands for, or `invalid: …`."""
    if verdict.refusal is not None:
        return f"invalid: {verdict.refusal.message}"
    found, user = introspect(verdict), verdict.user
    assert user is not None
    what = KINDS[found["kind"]]
    limit = f", limited to {verdict.scope}" if verdict.scope else ""
    end = f"until {moment_text(found['exp'])}" if "exp" in found else "without end"
    return f"valid: {what} of {user.label} ({user.role}){limit}, {end}"


def moment_text(seconds: int) -> str:
    """Seconds since 1970 as a person reads them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
