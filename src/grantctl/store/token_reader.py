"""Rows to facts about tokens and the keys that sign them: what authenticating asks.

Owns the look-ups by exact match, one statement each. Leaves the verdict to
`operations.authentication`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, NamedTuple

from grantctl.evaluation.token_facts import SigningKeyFacts, StoredToken, TokenHolder
from grantctl.store import token_queries as statements
from grantctl.store.connection import Connection, Row
from grantctl.store.references import named_rows
from grantctl.store.rows import microseconds_of
from grantctl.store.token_rows import (
    StoredPolicy,
    holder_of,
    policy_of,
    signing_key_of,
    stored_policy_of,
    token_of,
)
from grantctl.store.url import SQLITE

_TOKEN_WIDTH = 17  # columns of a token, before its hash and those of its user


class FoundToken(NamedTuple):
    """A token with the user for whom it stands, None where that one was deleted."""

    token: StoredToken
    holder: TokenHolder | None


class TokenReader:
    """Reads facts about tokens from one connection, which it does not close.

    What is looked up may come from a stranger: a text that no database could hold is not found.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, token_id: str) -> FoundToken | None:
        """The token of that id, a JWT's `jti`. Raises DatabaseError."""
        rows = self._named(statements.FOUND_BY_ID, {"token": token_id})
        return _found(rows[0]) if rows else None

    def by_key_hash(self, key_hash: str) -> FoundToken | None:
        """The token of the API key with that SHA-256, in hex. Raises DatabaseError."""
        rows = self._named(statements.FOUND_BY_KEY_HASH, {"key_hash": key_hash})
        if not rows or not compare_digest(str(rows[0][_TOKEN_WIDTH]).encode(), key_hash.encode()):
            return None
        return _found(rows[0])

    def holder(self, user_id: str) -> TokenHolder | None:
        """The user of exactly that id. Raises DatabaseError."""
        rows = self._named(statements.HOLDER_BY_ID, {"user_id": user_id})
        return holder_of(rows[0]) if rows else None

    def signing_key(self, kid: str) -> SigningKeyFacts | None:
        """The signing key of exactly that id, whatever its state. Raises DatabaseError."""
        rows = self._named(statements.SIGNING_KEY, {"kid": kid})
        return signing_key_of(rows[0]) if rows else None

    def active_signing_key(self) -> SigningKeyFacts | None:
        """The key that signs, if there is one. Raises DatabaseError."""
        rows = self._connection.rows(statements.ACTIVE_SIGNING_KEY)
        return signing_key_of(rows[0]) if rows else None

    def policies(self) -> Mapping[str, Any]:  # Any: whatever JSON holds
        """Every policy setting that somebody chose, by its key. Raises DatabaseError."""
        rows = self._connection.rows(statements.POLICIES)
        is_sqlite = self._connection.engine == SQLITE
        return {str(key): policy_of(value) if is_sqlite else value for key, value in rows}

    def policy_rows(self) -> list[StoredPolicy]:
        """The same, each with who chose it and when, however broken. Raises DatabaseError."""
        is_sqlite = self._connection.engine == SQLITE
        rows = self._connection.rows(statements.POLICY_ROWS)
        return [stored_policy_of(row, is_text=is_sqlite) for row in rows]

    def _named(self, statement: str, parameters: dict[str, str]) -> list[Row]:
        return named_rows(self._connection, statement, parameters)


def touch(connection: Connection, token: StoredToken, *, now: datetime, after: timedelta) -> None:
    """Note that a token was used, unless that was noted less than so long ago."""
    values = {
        "pk": token.pk,
        "now": microseconds_of(now),
        "before": microseconds_of(now - after),
    }
    connection.run(statements.NOTE_USE, values)


def _found(row: Row) -> FoundToken:
    return FoundToken(token_of(row[:_TOKEN_WIDTH]), holder_of(row[_TOKEN_WIDTH + 1 :]))
