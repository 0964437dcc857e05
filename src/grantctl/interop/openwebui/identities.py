"""By which subjects identity providers name the users of a database.

Owns both forms in which that is kept. A subject is taken exactly as it is: Open WebUI compares it
exactly on Postgres, and up to 0.8 by a pattern on SQLite, which is not copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grantctl.errors import InvalidError
from grantctl.interop.directory import ForeignIdentity, ForeignUser
from grantctl.interop.openwebui import queries
from grantctl.interop.openwebui.findings import Findings, Subject, quoted
from grantctl.interop.openwebui.layout import Layout
from grantctl.interop.openwebui.trees import spelled
from grantctl.interop.openwebui.values import (
    MalformedError,
    MendedText,
    as_text,
    is_known,
    load_json,
)
from grantctl.model import MAX_ID_LENGTH, MAX_NAME_LENGTH, require_text
from grantctl.store.connection import Connection

_TYPE = "identity"


def read_identities(
    connection: Connection, layout: Layout, users: Sequence[ForeignUser], findings: Findings
) -> tuple[ForeignIdentity, ...]:
    """Every subject of a user of these; one that several have is that of the first of them."""
    if layout.identities_query is None:
        return ()
    kept: dict[str, str] = {}
    by_id = {user.id for user in users}
    for user_id, value in connection.stream(layout.identities_query):
        owner, text = as_text(user_id) or "", as_text(value)
        if text and is_known(owner, by_id):
            kept[owner] = text
    found: dict[tuple[str, str], ForeignIdentity] = {}
    for user in users:
        if user.id in kept:
            _take(user.id, _subjects(layout, kept[user.id], user.id, findings), found, findings)
    return tuple(found.values())


def _take(
    user_id: str,
    subjects: Iterator[tuple[str, object]],
    found: dict[tuple[str, str], ForeignIdentity],
    findings: Findings,
) -> None:
    about = findings.about(_TYPE, user_id)
    for provider, value in subjects:
        subject = str(value) if type(value) is int else value
        problem = _problem(provider, subject)
        if problem or not isinstance(subject, str):
            about.rejected(f"{problem}: left out")
            continue
        first = found.setdefault((provider, subject), ForeignIdentity(user_id, provider, subject))
        if first.user_id != user_id:
            about.rejected(
                f"{quoted(subject)} of {quoted(provider)} is the subject of user "
                f"{quoted(first.user_id)}, who was created first: left out"
            )


def _subjects(
    layout: Layout, text: str, user_id: str, findings: Findings
) -> Iterator[tuple[str, object]]:
    """Provider and subject, of whatever JSON that is."""
    about = findings.about(_TYPE, user_id)
    if layout.identities_query == queries.IDENTITIES_IN_ONE_TEXT:
        provider, at, subject = text.partition("@")
        if isinstance(text, MendedText) or not at:
            about.rejected("what is stored is not `provider@subject`: left out")
        else:
            yield provider, subject
        return
    try:
        providers = load_json(text)
    except MalformedError as error:
        about.rejected(f"what is stored {error}: left out")
        return
    if providers is not None and not isinstance(providers, dict):
        about.rejected(f"what is stored is {spelled(providers)}, no object: left out")
        return
    for provider, kept in sorted((providers or {}).items()):  # jsonb keeps no order
        yield from _subject_of(provider, kept, about)


def _subject_of(provider: str, kept: object, about: Subject) -> Iterator[tuple[str, object]]:
    if isinstance(kept, dict) and "sub" in kept:
        yield provider, kept["sub"]
    else:
        about.rejected(f"there is no subject of {quoted(provider)}: left out")


def _problem(provider: str, subject: object) -> str | None:
    if not isinstance(subject, str):
        return f"its subject of {quoted(provider)} is {spelled(subject)}, no text"
    try:
        require_text(provider, what="its provider", longest=MAX_NAME_LENGTH)
        require_text(subject, what="its subject", longest=MAX_ID_LENGTH)
    except InvalidError as error:
        return error.message
    return None
