"""What an import makes of API keys, and of the tokens of users whose role it changes.

Owns the matching of a key with what is here: by its hash. A key that is here already is left as it
is, so that one that was revoked or replaced here does not come to life again.
"""

from __future__ import annotations

from collections.abc import Mapping

from grantctl.evaluation.token_facts import TokenSource
from grantctl.interop.directory import ForeignApiKey
from grantctl.model import Role
from grantctl.operations.import_state import Taking, Tally, microseconds
from grantctl.operations.token_settings import read_token_settings
from grantctl.store import directory_queries as queries
from grantctl.store.token_reader import TokenReader

NAME = "Open WebUI"

_ID_PREFIX = "owui-"
_ID_DIGITS = 24


def take_api_keys(taking: Taking, users: Mapping[str, int]) -> None:
    """The API keys of the source, each for its user here."""
    known: dict[str, str] = dict(taking.connection.rows(queries.API_KEYS))
    foreign = {one.key_hash: one for one in taking.directory.api_keys}
    new = [
        _values(taking, one, users[one.user_id])
        for one in foreign.values()
        if one.key_hash not in known
    ]
    taking.connection.run_many(queries.INSERT_API_KEY, new)
    imported = {one for one, source in known.items() if source == TokenSource.OPENWEBUI}
    taking.tallies["api keys"] = Tally(
        created=len(new),
        unchanged=len(foreign) - len(new),
        only_here=len(imported - foreign.keys()),
    )


def _values(taking: Taking, one: ForeignApiKey, user: int) -> dict[str, object]:
    return {
        "id": f"{_ID_PREFIX}{one.key_hash[:_ID_DIGITS]}",
        "user_pk": user,
        "user_id": one.user_id,
        "name": NAME,
        "key_hash": one.key_hash,
        "key_hint": one.hint,
        "source": TokenSource.OPENWEBUI.value,
        "issued_at": microseconds(one.created_at),
        "issued_by": taking.actor,
        "expires_at": None if one.expires_at is None else microseconds(one.expires_at),
    }


def roles_by_user(taking: Taking) -> dict[int, str]:
    """The role of every user, before users are taken."""
    return {pk: role for pk, role in taking.connection.rows(queries.USER_ROLES)}  # noqa: C416


def end_tokens_of_changed(taking: Taking, before: Mapping[int, str]) -> None:
    """End the tokens of users whose role is another one now, as a command that changes it does."""
    if not before or not taking.tallies["users"].updated:
        return
    settings = read_token_settings(TokenReader(taking.connection))
    ended = []
    for pk, role in taking.connection.rows(queries.USER_ROLES):
        is_suspended = role == Role.PENDING
        if before.get(pk, role) != role and (is_suspended or settings.revoke_on_role_change):
            what = "its user was suspended" if is_suspended else "its user was given another role"
            ended.append(
                {
                    "user": pk,
                    "now": taking.now,
                    "actor": taking.actor,
                    "reason": f"{what} by an import",
                    "api_keys": is_suspended,
                }
            )
    taking.connection.run_many(queries.CUT_TOKENS, ended)
    taking.connection.run_many(queries.END_TOKENS, ended)
