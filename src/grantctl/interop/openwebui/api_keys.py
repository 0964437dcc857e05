"""The API keys of a database.

Owns both places in which they are kept, and which keys are taken. A key is hashed as soon as it is
read: neither a finding nor the directory ever holds one.

Open WebUI never looks at a key's `expires_at`. It is kept here, and so it counts: whoever wrote it
meant it, and a list that says "expired" of a key that works would be a lie. A finding tells of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from grantctl.credentials.api_keys import OPENWEBUI_PREFIX, hash_api_key, hint, key_problem
from grantctl.interop.directory import ForeignApiKey
from grantctl.interop.openwebui.findings import Findings, Subject, quoted
from grantctl.interop.openwebui.layout import Layout
from grantctl.interop.openwebui.values import (
    MendedText,
    as_moment,
    as_text,
    created_at,
    is_known,
)
from grantctl.store.connection import Connection

_TYPE = "api key"
_HINTED_LENGTH = 19  # of a shorter key, four characters would be too much of it
_FULL_LENGTH = 35  # `sk-` and 32 hexadecimal digits, as Open WebUI makes them


def read_api_keys(
    connection: Connection, layout: Layout, users: Collection[str], findings: Findings
) -> tuple[ForeignApiKey, ...]:
    """Every key that Open WebUI would accept of a user of these, those made first at the head."""
    if layout.api_keys_query is None:
        return ()
    found: list[ForeignApiKey] = []
    for user_id, key, expires_at, moment in connection.stream(layout.api_keys_query):
        owner, text = as_text(user_id) or "", as_text(key)
        if not text:
            continue  # nobody can name it
        subject = findings.about(_TYPE, owner)
        problem = _problem(owner, text, users)
        if problem:
            subject.rejected(f"{problem}: left out")
            continue
        if len(text) < _FULL_LENGTH:
            subject.adapted("it is shorter than those that Open WebUI makes: replace it soon")
        found.append(
            ForeignApiKey(
                user_id=owner,
                key_hash=hash_api_key(text),
                hint=hint(text) if len(text) >= _HINTED_LENGTH else f"{OPENWEBUI_PREFIX}…",
                created_at=created_at(moment, subject),
                expires_at=_end(expires_at, subject),
            )
        )
    return _each_once(found, findings)


def _problem(owner: str, text: str, users: Collection[str]) -> str | None:
    if not is_known(owner, users):
        return f"there is no user {quoted(owner)}"
    if isinstance(text, MendedText):
        return "its bytes are not UTF-8"
    if not text.startswith(OPENWEBUI_PREFIX):
        return f"it does not begin with `{OPENWEBUI_PREFIX}`, so Open WebUI refuses it"
    return "it holds characters that no request can" if key_problem(text) else None


def _end(value: object, subject: Subject) -> datetime | None:
    if value is None:
        return None
    moment = as_moment(value)
    if moment is None:
        subject.adapted("the time of its end makes no sense: kept without one")
    else:
        subject.adapted(
            f"its end, {moment:%Y-%m-%d %H:%M} UTC, counts here; Open WebUI takes no notice of it"
        )
    return moment


def _each_once(found: list[ForeignApiKey], findings: Findings) -> tuple[ForeignApiKey, ...]:
    kept: dict[str, ForeignApiKey] = {}
    for one in sorted(found, key=lambda one: (one.created_at, one.user_id, one.key_hash)):
        first = kept.setdefault(one.key_hash, one)
        if first is not one:
            findings.about(_TYPE, one.user_id).rejected(
                f"user {quoted(first.user_id)} has the same key, made before: left out"
            )
    return tuple(kept.values())
